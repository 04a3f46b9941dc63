"""Reading the log: backwards, forwards, what was missed, and by its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from domain.audience import clearance
from domain.errors import ChatError, invalid, not_found
from domain.messages import clean_text
from domain.model import Message, MessageType
from domain.permissions import Action, authorize
from domain.ports import SearchQuery, Span
from domain.rooms import at
from domain.views import RoomView

from .operation import Context, Outcome, operation, route
from .requests import Cursor, Id, InRoom, PageSize, Request, Sequence, Time
from .views import filled, own_view

SYNC_PAGE = 100
"""Messages per room in one answer of ``room.sync``."""


class ReadHistory(InRoom):
    """``cursor`` is the ``next`` of the answer before; it stands instead of the numbers."""

    before_seq: Sequence | None = None
    after_seq: Sequence | None = None
    cursor: Cursor | None = None
    limit: PageSize = 50

    @model_validator(mode="after")
    def _one_direction(self) -> ReadHistory:
        if sum(one is not None for one in (self.before_seq, self.after_seq, self.cursor)) > 1:
            raise ValueError("name one of before_seq, after_seq and cursor")
        return self

    def bounds(self) -> tuple[int | None, int | None]:
        """Before which number, or after which."""
        if self.cursor is None:
            return self.before_seq, self.after_seq
        direction, number = self.cursor[0], self.cursor[1:]
        if direction not in "ba" or not (
            number.isascii() and number.isdigit() and len(number) < 11
        ):
            raise invalid("cursor", "is not one that this list gave")
        return (int(number), None) if direction == "b" else (None, int(number))


@dataclass(frozen=True, slots=True)
class History:
    """Messages by ``seq``; ``more`` in the direction asked, and ``next`` to ask for it."""

    messages: list[Message]
    more: bool
    next: str | None


class Position(Request):
    """How much of a room the client knows: new messages up to, and changes up to."""

    room_id: Id
    after_seq: Sequence
    after_rev: Sequence


class SyncRooms(Request):
    rooms: Annotated[list[Position], Field(min_length=1, max_length=100)]


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


class SearchMessages(Request):
    """``query`` is words, all of which must occur; the last one may be a beginning."""

    query: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    room_id: Id | None = None
    sender_id: Id | None = None
    type: MessageType | None = None
    since: Time | None = None
    until: Time | None = None
    limit: PageSize = 50
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Found:
    messages: list[Message]
    next: str | None


@operation(
    "message.history",
    action=Action.READ,
    routes=(route("GET /api/chat-rooms/{room_id}/messages/", "messages", lists=True),),
    example={"room_id": "r1", "before_seq": 120, "limit": 50},
)
async def history(ctx: Context, ask: ReadHistory) -> Outcome[History]:
    """A part of a room's messages, ascending by ``seq``: the newest, before, or after a number."""
    before, after = ask.bounds()
    page = await ctx.store.messages(Span(ctx.room.id, ctx.level, ask.limit, before, after))
    messages = filled(page.messages, ctx.room, page.steps)
    following = None
    if page.more and messages:
        following = f"b{messages[0].seq}" if after is None else f"a{messages[-1].seq}"
    return Outcome(History(messages, page.more, following))


@operation(
    "room.sync",
    example={"rooms": [{"room_id": "r1", "after_seq": 117, "after_rev": 4}]},
)
async def sync(ctx: Context, ask: SyncRooms) -> Outcome[Caught]:
    """What was missed since a known position, room by room: exactly that, page by page.

    Right after any break, however long: it reads the log and needs nothing of the connection. A
    room that is not the actor's is answered with its ``error``, the others are answered all the
    same.
    """
    return Outcome(Caught([await _missed(ctx, one) for one in ask.rooms]))


async def _missed(ctx: Context, known: Position) -> Missed:
    try:
        room = await ctx.store.find_room(known.room_id)
        if room is None:
            raise not_found("room")
        room = at(room, ctx.now)
        authorize(ctx.actor, Action.READ, room, ctx.now)
        view = await own_view(ctx, room.id)
        changes = await ctx.store.changes(
            room.id, clearance(ctx.actor, room), known.after_seq, known.after_rev, SYNC_PAGE
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


@operation(
    "message.search",
    routes=(route("POST /api/chat-messages/search/", "messages", lists=True),),
    example={"query": "insulin pen", "limit": 20},
)
async def search(ctx: Context, ask: SearchMessages) -> Outcome[Found]:
    """Messages by their words, newest first, in the rooms one takes part in (staff: in all).

    What one may not see is not found, nor what was deleted.
    """
    words = tuple(clean_text(ask.query, field="query").split())
    page = await ctx.store.search(
        SearchQuery(
            viewer=ctx.viewer,
            words=words,
            room_id=ask.room_id,
            sender_id=ask.sender_id,
            type=ask.type,
            since=ask.since,
            until=ask.until,
            limit=ask.limit,
            cursor=ask.cursor,
        )
    )
    found = [await _with_its_receipts(ctx, message, page.steps) for message in page.messages]
    return Outcome(Found(found, page.next))


async def _with_its_receipts(ctx: Context, message: Message, steps: list[Any]) -> Message:
    room = await ctx.store.find_room(message.room_id)
    return message if room is None else filled([message], room, steps)[0]
