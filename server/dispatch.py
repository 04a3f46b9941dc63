"""The one path from what was asked to what is answered, for sockets and REST alike.

Validate, load the room, authorize, slow down, do, tell. It never raises: every failure becomes a
``ChatError`` with a code from the table, and what nobody foresaw becomes ``internal`` and a log
line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError

from domain.errors import ChatError, FieldError, not_found
from domain.model import Actor, Room
from domain.permissions import authorize
from domain.ports import Connection, PresenceBoard, Store
from domain.rooms import at
from handlers import OPERATIONS, Context, Operation
from handlers.requests import OrderRequest, Request, RoomRequest

from .clock import new_id, now
from .fanout import Fanout
from .limits import RateLimits

log = structlog.get_logger("dispatch")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: a result, or the refusal."""

    result: Any = None
    error: ChatError | None = None


class Dispatch:
    """Carries out operations on one store, board, set of limits and fan-out."""

    def __init__(
        self, store: Store, presence: PresenceBoard, limits: RateLimits, fanout: Fanout
    ) -> None:
        self._store = store
        self._presence = presence
        self._limits = limits
        self._fanout = fanout

    async def __call__(
        self,
        operation: Operation,
        payload: Any,
        actor: Actor,
        connection: Connection | None = None,
        *,
        strict: bool | None = None,
    ) -> Answer:
        """Do one operation. ``strict=False`` reads numbers from text, as queries have them."""
        request = _Call(operation, actor, new_id())
        try:
            result = await self._do(request, payload, connection, strict=strict)
        except ChatError as refusal:
            request.refused(refusal)
            return Answer(error=refusal)
        except ValidationError as wrong:
            return Answer(error=refusal_of(wrong))
        except Exception:
            log.exception("failed", **request.named())
            noted = f"Something went wrong here; it is noted as {request.id}."
            return Answer(error=ChatError("internal", noted))
        return Answer(result)

    async def _do(
        self, call: _Call, payload: Any, connection: Connection | None, *, strict: bool | None
    ) -> Any:
        operation, actor = call.operation, call.actor
        ask = operation.request.model_validate(payload, strict=strict)
        moment = now()
        if operation.on_room:
            call.room = at(await self._room(ask), moment)
        if operation.action is not None:
            authorize(actor, operation.action, call.room, moment)
        self._limits.spend(operation, actor, call.room)
        context = Context(
            actor, connection, call.id, moment, self._store, self._presence, call.room
        )
        result, events = await operation.handler(context, ask)
        # No await between the write and this: events leave in the order of the log.
        self._fanout.publish(events)
        if operation.audited:
            asked = ask.model_dump(exclude_none=True, include=AUDITED)
            log.info("done", **call.named(), asked=asked)
        return result

    async def _room(self, ask: Request) -> Room:
        """The room the request is about; what cannot be one is answered as what is not there."""
        room: Room | None = None
        if isinstance(ask, OrderRequest):
            room = await self._store.find_room(room_id=ask.room_id, order_id=ask.order_id)
        elif isinstance(ask, RoomRequest):
            place = ask.place()
            room = await self._store.find_room(room_id=place) if place else None
        if room is None:
            raise not_found("room")
        return room


@dataclass(slots=True)
class _Call:
    """One operation under way, as the log names it."""

    operation: Operation
    actor: Actor
    id: str
    room: Room | None = None

    def named(self) -> dict[str, str | None]:
        return {
            "operation": self.operation.name,
            "request": self.id,
            "user": self.actor.user_id,
            "room": None if self.room is None else self.room.id,
        }

    def refused(self, refusal: ChatError) -> None:
        """Note what an operator wants to know of: a store out of reach, a door tried in vain."""
        if refusal.code == "unavailable":
            log.warning("unavailable", **self.named())
        elif refusal.code in ("not_found", "forbidden", "blocked"):
            log.info("refused", code=refusal.code, **self.named())


AUDITED = {"user_id", "participant_id", "message_id", "until", "reason", "order_id"}
"""Fields of a request that the record of a moderating act keeps; never what was said."""


def find_operation(name: Any) -> Operation:
    """The operation of that name; ``unknown_operation`` lists none, the catalogue does."""
    found = OPERATIONS.get(name) if isinstance(name, str) else None
    if found is None:
        raise ChatError("unknown_operation", "There is no such operation: see /api/asyncapi.json.")
    return found


def refusal_of(wrong: ValidationError) -> ChatError:
    """What was wrong with the request, field by field, without repeating what was sent."""
    details = tuple(
        FieldError(
            ".".join(str(part) for part in error["loc"])[:120] or "request",
            error["msg"].removeprefix("Value error, "),
        )
        for error in wrong.errors(include_url=False, include_context=False, include_input=False)[
            :20
        ]
    )
    first = details[0]
    return ChatError("invalid", f"{first.field}: {first.message}", details)
