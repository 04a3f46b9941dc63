"""Catching up: exactly what a client has missed, after any break."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, model_validator

from domain.audience import clearance
from domain.errors import ChatError, not_found
from domain.model import Message
from domain.permissions import Action, authorize
from domain.rooms import at
from domain.views import RoomView

from .operation import Context, Outcome, operation
from .requests import Id, Request, Sequence
from .views import filled, own_view

SYNC_PAGE = 100
"""Messages in one answer of ``room.sync``, over all its rooms."""
SYNC_TEXT = 200_000
"""Characters in one answer after which the rooms that follow wait for the next."""


class Position(Request):
    """How much of a room the client knows: new messages up to, and changes up to."""

    room_id: Id
    after_seq: Sequence
    after_rev: Sequence


class SyncRooms(Request):
    rooms: Annotated[list[Position], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _each_once(self) -> SyncRooms:
        if len({one.room_id for one in self.rooms}) < len(self.rooms):
            raise ValueError("name each room once")
        return self


@dataclass(frozen=True, slots=True)
class Missed:
    """What one room's client has missed: changed messages by ``rev``, then new ones by ``seq``.

    Apply them, then stand at ``after_seq`` and ``after_rev``; while ``limited``, ask again from
    there. ``error`` instead of the rest: the room is not (any longer) yours.
    """

    room_id: str
    room: RoomView | None = None
    messages: list[Message] | None = None
    after_seq: int | None = None
    after_rev: int | None = None
    limited: bool = False
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Caught:
    rooms: list[Missed]


@operation(
    "room.sync",
    example={"rooms": [{"room_id": "r1", "after_seq": 117, "after_rev": 4}]},
)
async def sync(ctx: Context, ask: SyncRooms) -> Outcome[Caught]:
    """What was missed since a known position, room by room: exactly that, page by page.

    Right after any break, however long: it reads the log and needs nothing of the connection. A
    room that is not the actor's is answered with its ``error``, the others are answered all the
    same. What is too much for one answer is ``limited``: a room may have to wait for the next.
    """
    found: list[Missed] = []
    messages, text = SYNC_PAGE, SYNC_TEXT
    for known in ask.rooms:
        one = await _missed(ctx, known, messages if text > 0 else 0)
        found.append(one)
        messages -= len(one.messages or ())
        text -= sum(len(message.content) for message in one.messages or ())
    return Outcome(Caught(found))


async def _missed(ctx: Context, known: Position, limit: int) -> Missed:
    try:
        room = await ctx.store.find_room(known.room_id)
        if room is None:
            raise not_found("room")
        room = at(room, ctx.now)
        authorize(ctx.actor, Action.READ, room, ctx.now)
        view = await own_view(ctx, room.id)
        if limit < 1:
            return Missed(room.id, view, [], known.after_seq, known.after_rev, limited=True)
        changes = await ctx.store.changes(
            room.id, clearance(ctx.actor, room), known.after_seq, known.after_rev, limit
        )
    except ChatError as refusal:
        return Missed(known.room_id, error=refusal.body())
    return Missed(
        room.id,
        view,
        filled(changes.messages, room, changes.steps),
        changes.after_seq,
        changes.after_rev,
        changes.limited,
    )
