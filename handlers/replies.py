"""Answering a message, and reading what was answered to it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.events import MessageSent
from domain.messages import thread_root_of
from domain.model import Message, message_id
from domain.permissions import Action
from domain.ports import Span

from .messages import Saying, Sent, place
from .operation import Context, Outcome, operation, route
from .requests import OnMessage, PageSize, Sequence
from .views import filled, message_seen


class ReplyMessage(OnMessage, Saying):
    pass


class ReadThread(OnMessage):
    after_seq: Sequence = 0
    limit: PageSize = 100


@dataclass(frozen=True, slots=True)
class Thread:
    """The message that started it, and the answers by ``seq``; ``more``: ask after the last one."""

    root: Message
    messages: list[Message]
    more: bool


@operation(
    "message.reply",
    action=Action.SUBMIT,
    routes=(route("POST /api/chat-messages/{message_id}/reply/", "message", creates=True),),
    emits=(MessageSent,),
    limit="send",
    ordered=True,
    example={"message_id": "r1-7", "client_id": "c2", "type": "text", "content": "Yes, soon."},
)
async def reply(ctx: Context, ask: ReplyMessage) -> Outcome[Sent]:
    """Answer a message. Without ``audience`` it reaches no further than what it answers."""
    return await place(ctx, ask, await message_seen(ctx, ask.message_id))


@operation(
    "message.thread",
    action=Action.READ,
    routes=(route("GET /api/chat-messages/{message_id}/thread/"),),
    example={"message_id": "r1-7"},
)
async def thread(ctx: Context, ask: ReadThread) -> Outcome[Thread]:
    """The thread a message belongs to: its first message and all answers the actor may see."""
    asked = await message_seen(ctx, ask.message_id)
    start = thread_root_of(asked)
    root = asked if start == asked.seq else await message_seen(ctx, message_id(ctx.room.id, start))
    span = Span(ctx.room.id, ctx.level, ask.limit, after=ask.after_seq, thread_root=start)
    page = await ctx.store.messages(span)
    return Outcome(Thread(root, filled(page.messages, ctx.room, page.steps), page.more))
