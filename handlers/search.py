"""Finding messages by their words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from domain.messages import clean_text
from domain.model import Message, MessageType, Step
from domain.ports import SearchQuery

from .operation import Context, Outcome, operation, route
from .requests import Cursor, Id, PageSize, Request, Time
from .views import filled


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


async def _with_its_receipts(ctx: Context, message: Message, steps: list[Step]) -> Message:
    room = await ctx.store.find_room(message.room_id)
    return message if room is None else filled([message], room, steps)[0]
