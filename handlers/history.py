"""Reading a room's log, backwards and forwards."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import model_validator

from domain.errors import invalid
from domain.model import Message
from domain.permissions import Action
from domain.ports import Span

from .operation import Context, Outcome, operation, route
from .requests import Cursor, InRoom, PageSize, Sequence
from .views import filled


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
