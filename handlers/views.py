"""What handlers show: rooms, people and messages as the actor may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.errors import not_found
from domain.model import Message, Room, RoomStatus, Snapshot, Step, place_of
from domain.ports import RoomQuery, Span
from domain.receipts import with_receipts
from domain.rooms import at
from domain.views import Presence, RoomView, room_view, shared_room_view

from .operation import Context

_ANY_STATUS: tuple[RoomStatus, ...] = ("open", "closed", "archived")


async def snapshot_of(ctx: Context, room_id: str) -> Snapshot:
    """The room's state of this moment; the right to see it has been checked."""
    query = RoomQuery(ctx.viewer, ids=(room_id,), statuses=_ANY_STATUS, limit=1)
    [found] = (await ctx.store.rooms(query)).rooms
    return replace(found, room=at(found.room, ctx.now))


async def present_in(ctx: Context, rooms: Iterable[Room]) -> dict[str, Presence]:
    people = {one.user_id for room in rooms for one in room.participants}
    return await ctx.presence.present(people | {ctx.actor.user_id}, ctx.now)


async def own_view(ctx: Context, room_id: str) -> RoomView:
    """The room as the actor sees it."""
    snapshot = await snapshot_of(ctx, room_id)
    return room_view(snapshot, await present_in(ctx, (snapshot.room,)), ctx.now)


async def both_views(ctx: Context, room_id: str) -> tuple[RoomView, RoomView]:
    """The room as the actor sees it, and as an event tells it to everybody."""
    snapshot = await snapshot_of(ctx, room_id)
    present = await present_in(ctx, (snapshot.room,))
    return room_view(snapshot, present, ctx.now), shared_room_view(snapshot, present, ctx.now)


async def message_seen(ctx: Context, message_id: str) -> Message:
    """The message in the room, if the actor may see it; ``not_found`` otherwise."""
    place = place_of(message_id)
    if place is None or place[0] != ctx.room.id:
        raise not_found("message")
    span = Span(ctx.room.id, ctx.level, limit=1, after=place[1] - 1)
    page = await ctx.store.messages(span)
    if not page.messages or page.messages[0].seq != place[1]:
        raise not_found("message")
    return filled(page.messages, ctx.room, page.steps)[0]


def filled(messages: Sequence[Message], room: Room, steps: Iterable[Step]) -> list[Message]:
    """The messages with who has them and who read them."""
    return with_receipts(messages, room, steps)
