"""The one path from what was asked to what is answered, for sockets and REST alike.

Validate, load the room, authorize, slow down, do, tell. It never raises: every failure becomes a
``ChatError`` with a code from the table, and what nobody foresaw becomes ``internal`` and a log
line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from domain.errors import ChatError, FieldError, not_found
from domain.events import Event
from domain.model import Actor, Room
from domain.permissions import authorize
from domain.ports import Connection, PresenceBoard, Store
from domain.rooms import at
from handlers import OPERATIONS, Context, Operation
from handlers.requests import OrderRequest, Request, RoomRequest

from .clock import new_id, now

log = structlog.get_logger("dispatch")


class Limits(Protocol):
    def spend(self, operation: Operation, actor: Actor, room: Room | None) -> None: ...


class Teller(Protocol):
    def publish(self, events: Iterable[Event]) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: a result, or the refusal."""

    result: Any = None
    error: ChatError | None = None


class Dispatch:
    """Carries out operations on one store, board, set of limits and fan-out."""

    def __init__(
        self, store: Store, presence: PresenceBoard, limits: Limits, fanout: Teller
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
        request_id = new_id()
        room: Room | None = None
        try:
            ask = operation.request.model_validate(payload, strict=strict)
            moment = now()
            if operation.on_room:
                room = at(await self._room(ask), moment)
            if operation.action is not None:
                authorize(actor, operation.action, room, moment)
            self._limits.spend(operation, actor, room)
            context = Context(
                actor, connection, request_id, moment, self._store, self._presence, room
            )
            result, events = await operation.handler(context, ask)
            # No await between the write and this: events leave in the order of the log.
            self._fanout.publish(events)
        except ChatError as refusal:
            self._note(operation, actor, room, request_id, refusal)
            return Answer(error=refusal)
        except ValidationError as wrong:
            return Answer(error=refusal_of(wrong))
        except Exception:
            log.exception(
                "failed", operation=operation.name, request=request_id, user=actor.user_id
            )
            return Answer(
                error=ChatError(
                    "internal", f"Something went wrong here; it is noted as {request_id}."
                )
            )
        if operation.audited:
            log.info(
                "done",
                operation=operation.name,
                request=request_id,
                user=actor.user_id,
                room=None if room is None else room.id,
                asked=ask.model_dump(exclude_none=True, include=AUDITED),
            )
        return Answer(result)

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

    def _note(
        self,
        operation: Operation,
        actor: Actor,
        room: Room | None,
        request_id: str,
        refusal: ChatError,
    ) -> None:
        if refusal.code == "unavailable":
            log.warning("unavailable", operation=operation.name, request=request_id)
        elif refusal.code in ("not_found", "forbidden", "blocked"):
            log.info(
                "refused",
                operation=operation.name,
                code=refusal.code,
                request=request_id,
                user=actor.user_id,
                room=None if room is None else room.id,
            )


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
