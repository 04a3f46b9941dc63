"""Saying how far one has got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.events import ReceiptUpdated
from domain.model import Mark
from domain.permissions import Action, hears

from .operation import Context, Outcome, operation, route
from .requests import InRoom, OnMessage, Sequence
from .views import message_seen, snapshot_of


class MarkUpTo(InRoom):
    seq: Sequence


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything up to ``delivered_seq`` reached the person, up to ``read_seq`` they read."""

    room_id: str
    user_id: str
    delivered_seq: int
    read_seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Marked:
    receipt: Receipt
    unread: int


@operation(
    "message.delivered",
    action=Action.READ,
    emits=(ReceiptUpdated,),
    example={"room_id": "r1", "seq": 120},
)
async def delivered(ctx: Context, ask: MarkUpTo) -> Outcome[Marked]:
    """Everything in the room up to ``seq`` has reached this person. It never moves back."""
    return await _mark(ctx, Mark(delivered_seq=ask.seq))


@operation(
    "message.read",
    action=Action.READ,
    emits=(ReceiptUpdated,),
    example={"room_id": "r1", "seq": 120},
)
async def read(ctx: Context, ask: MarkUpTo) -> Outcome[Marked]:
    """Everything in the room up to ``seq`` was read by this person. It never moves back."""
    return await _mark(ctx, Mark(read_seq=ask.seq))


@operation(
    "message.read_one",
    action=Action.READ,
    routes=(route("POST /api/chat-messages/{message_id}/mark-read/"),),
    emits=(ReceiptUpdated,),
    example={"message_id": "r1-7"},
)
async def read_one(ctx: Context, ask: OnMessage) -> Outcome[Marked]:
    """This message and everything before it was read by this person."""
    message = await message_seen(ctx, ask.message_id)
    return await _mark(ctx, Mark(read_seq=message.seq))


async def _mark(ctx: Context, wanted: Mark) -> Outcome[Marked]:
    user_id = ctx.actor.user_id
    mark, moved = await ctx.store.mark(ctx.room.id, user_id, wanted, ctx.now)
    unread = (await snapshot_of(ctx, ctx.room.id)).unread
    receipt = Receipt(ctx.room.id, user_id, mark.delivered_seq, mark.read_seq, ctx.now)
    # Support looking into a room is not part of it: nobody waits for them to have read.
    if not moved or not hears(ctx.actor, ctx.room):
        return Outcome(Marked(receipt, unread))
    told = ReceiptUpdated(ctx.room.id, user_id, mark.delivered_seq, mark.read_seq, ctx.now)
    return Outcome(Marked(receipt, unread), (told,))
