"""A room's life from open to archived, and back."""

from __future__ import annotations

from domain.events import RoomChanged
from domain.permissions import Action
from domain.rooms import RoomRule, archived, closed, reopened

from .operation import Context, Outcome, operation, route
from .requests import InRoom, Reason
from .rooms import OneRoom
from .views import outlook


class EndRoom(InRoom):
    reason: Reason | None = None


@operation(
    "room.close",
    action=Action.MANAGE,
    routes=(route("POST /api/chat-rooms/{room_id}/close/", "room"),),
    emits=(RoomChanged,),
    ordered=True,
    example={"room_id": "r1", "reason": "delivered"},
)
async def close(ctx: Context, ask: EndRoom) -> Outcome[OneRoom]:  # noqa: ARG001 # the reason is for the log
    """Make a room read-only."""
    return await _change(ctx, lambda room: closed(room, ctx.now))


@operation(
    "room.reopen",
    action=Action.REOPEN,
    routes=(route("POST /api/chat-rooms/{room_id}/reopen/", "room"),),
    emits=(RoomChanged,),
    ordered=True,
    example={"room_id": "r1"},
)
async def reopen(ctx: Context, ask: EndRoom) -> Outcome[OneRoom]:  # noqa: ARG001 # the reason is for the log
    """Open a closed or archived room again; only support and admin."""
    return await _change(ctx, reopened)


@operation(
    "room.archive",
    action=Action.MANAGE,
    routes=(route("POST /api/chat-rooms/{room_id}/archive/", "room"),),
    emits=(RoomChanged,),
    ordered=True,
    example={"room_id": "r1"},
)
async def archive(ctx: Context, ask: EndRoom) -> Outcome[OneRoom]:  # noqa: ARG001 # the reason is for the log
    """Make a room read-only and take it out of the lists."""
    return await _change(ctx, lambda room: archived(room, ctx.now))


async def _change(ctx: Context, rule: RoomRule) -> Outcome[OneRoom]:
    before = await outlook(ctx, ctx.room.id)
    change = await ctx.store.change_room(ctx.room.id, rule)
    now = before.after(change)
    return Outcome(OneRoom(now.own()), (RoomChanged(now.shared()),) if change.changed else ())
