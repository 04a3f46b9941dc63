"""Saying something, changing it, taking it back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from domain.errors import ChatError, invalid
from domain.events import MessageDeleted, MessageEdited, MessageSent
from domain.messages import Wording, clean_text, deleted, draft_message, edited
from domain.model import Audience, Message
from domain.permissions import Action, authorize
from domain.rooms import at

from .operation import Context, Outcome, operation, route
from .requests import Id, InRoom, OnMessage, Reason, Request
from .views import message_seen

SendableType = Literal["text", "image", "file"]


class Saying(Request):
    """What is said, wherever it is said.

    ``client_id`` is made once by the client and kept over all its repeats: it names this message
    for ever. ``attachments`` takes the ids of uploaded files.
    """

    client_id: Id
    type: SendableType = "text"
    content: str
    attachments: Annotated[list[Id], Field(max_length=5, default_factory=list)]
    audience: Audience | None = None

    def wording(self) -> Wording:
        if self.attachments:
            raise invalid("attachments", "there is no uploaded file with this id")
        return Wording(self.client_id, self.type, clean_text(self.content), self.audience)


class SendMessage(InRoom, Saying):
    reply_to: Id | None = None


class EditMessage(OnMessage):
    content: str


class DeleteMessage(OnMessage):
    """``reason`` is shown with the tombstone, to everybody who saw the message."""

    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """``duplicate``: this ``client_id`` had been sent before; this is that first message."""

    message: Message
    duplicate: bool


@dataclass(frozen=True, slots=True)
class OneMessage:
    message: Message


@operation(
    "message.send",
    action=Action.SUBMIT,
    routes=(route("POST /api/chat-messages/", "message", creates=True),),
    emits=(MessageSent,),
    limit="send",
    ordered=True,
    example={"room_id": "r1", "client_id": "c1", "type": "text", "content": "Is it on its way?"},
)
async def send(ctx: Context, ask: SendMessage) -> Outcome[Sent]:
    """Say something in a room.

    Acknowledged once it is stored durably. Repeating it with the same ``client_id`` returns the
    first message with ``duplicate: true``; another content under that id is a ``conflict``. The
    sender's own marks move up to the message.
    """
    answered = None if ask.reply_to is None else await message_seen(ctx, ask.reply_to)
    return await place(ctx, ask, answered)


async def place(ctx: Context, ask: Saying, answered: Message | None) -> Outcome[Sent]:
    """Put what is said at the end of the room's log, as an answer if it is one."""
    draft = draft_message(ctx.room, ctx.actor, ctx.now, ask.wording(), answered)
    hindrance = await _hindrance(ctx, answered)
    message, duplicate = await ctx.store.append(draft, hindrance)
    if duplicate:
        return Outcome(Sent(await message_seen(ctx, message.id), duplicate=True))
    return Outcome(Sent(message, duplicate=False), (MessageSent(ctx.room.id, message),))


async def _hindrance(ctx: Context, answered: Message | None) -> ChatError | None:
    """Why nothing new can be said just now; a repeat of what was said is no matter of that."""
    room = ctx.room
    if answered is not None:
        # Reading it took a while, in which the room may have changed.
        room = at(await ctx.store.find_room(room.id) or room, ctx.now)
    try:
        authorize(ctx.actor, Action.SEND, room, ctx.now)
    except ChatError as refusal:
        return refusal
    if answered is not None and answered.is_deleted:
        return ChatError("conflict", "The message you answer was deleted.")
    return None


@operation(
    "message.get",
    action=Action.READ,
    routes=(route("GET /api/chat-messages/{message_id}/", "message"),),
    example={"message_id": "r1-7"},
)
async def get(ctx: Context, ask: OnMessage) -> Outcome[OneMessage]:
    """One message, with the time at which each recipient had it and read it."""
    return Outcome(OneMessage(await message_seen(ctx, ask.message_id)))


@operation(
    "message.edit",
    action=Action.SEND,
    routes=(
        route("PUT /api/chat-messages/{message_id}/", "message"),
        route("POST /api/chat-messages/{message_id}/edit/", "message"),
    ),
    emits=(MessageEdited,),
    limit="send",
    ordered=True,
    example={"message_id": "r1-7", "content": "Is it on its way yet?"},
)
async def edit(ctx: Context, ask: EditMessage) -> Outcome[OneMessage]:
    """Change the text of a message of one's own, within 15 minutes of sending it."""
    seen = await message_seen(ctx, ask.message_id)
    content = clean_text(ask.content)
    message = await ctx.store.change_message(
        ctx.room.id, seen.seq, lambda old: edited(old, ctx.actor, content, ctx.now)
    )
    told = () if message.rev == seen.rev else (MessageEdited(ctx.room.id, message),)
    return Outcome(OneMessage(_as_seen(message, seen)), told)


@operation(
    "message.delete",
    action=Action.RETRACT,
    routes=(
        route("DELETE /api/chat-messages/{message_id}/", "message"),
        route("POST /api/chat-messages/{message_id}/delete/", "message"),
    ),
    emits=(MessageDeleted,),
    ordered=True,
    example={"message_id": "r1-7", "reason": "wrong order"},
)
async def delete(ctx: Context, ask: DeleteMessage) -> Outcome[OneMessage]:
    """Take a message back: one's own within 15 minutes, any as support.

    Its text is gone for everybody, in search as well; a tombstone keeps its number.
    """
    seen = await message_seen(ctx, ask.message_id)
    message = await ctx.store.change_message(
        ctx.room.id, seen.seq, lambda old: deleted(old, ctx.actor, ask.reason, ctx.now)
    )
    told = () if message.rev == seen.rev else (MessageDeleted(ctx.room.id, message),)
    return Outcome(OneMessage(_as_seen(message, seen)), told)


def _as_seen(message: Message, seen: Message) -> Message:
    """The changed message with what the actor saw of its answers and receipts."""
    return replace(
        message,
        reply_count=seen.reply_count,
        status=seen.status,
        delivered_to=seen.delivered_to,
        read_by=seen.read_by,
    )
