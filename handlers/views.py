"""What handlers show: rooms, people and messages as the actor may see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.errors import not_found
from domain.model import Message, Room, RoomStatus, Snapshot, Step, place_of
from domain.ports import RoomChange, RoomQuery, Span
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
    """Who of the rooms' people is there; who lost a room is no longer seen from it."""
    people = {
        one.user_id
        for room in rooms
        for one in room.participants
        if one.is_active and not one.is_blocked
    }
    return await ctx.presence.present(people | {ctx.actor.user_id}, ctx.now)


async def own_view(ctx: Context, room_id: str) -> RoomView:
    """The room as the actor sees it."""
    return (await outlook(ctx, room_id)).own()


@dataclass(frozen=True, slots=True)
class Outlook:
    """A room and who is there, read before a change.

    It shows what becomes of the room without reading again: nothing may wait between a write and
    its telling, or an older state would be told after a newer one.
    """

    snapshot: Snapshot
    present: dict[str, Presence]
    now: datetime

    def after(self, change: RoomChange) -> Outlook:
        """The room as the change left it."""
        room = at(change.room, self.now)
        return replace(self, snapshot=replace(self.snapshot, room=room, rev=change.rev))

    def own(self) -> RoomView:
        """As the actor sees it."""
        return room_view(self.snapshot, self.present, self.now)

    def shared(self) -> RoomView:
        """As an event tells it to everybody."""
        return shared_room_view(self.snapshot, self.present, self.now)


async def outlook(ctx: Context, room_id: str, newcomers: Iterable[str] = ()) -> Outlook:
    """The room as it is, and whether those are there who are about to come in."""
    snapshot = await snapshot_of(ctx, room_id)
    present = await present_in(ctx, (snapshot.room,))
    coming = [one for one in newcomers if one not in present]
    if coming:
        present = present | await ctx.presence.present(coming, ctx.now)
    return Outlook(snapshot, present, ctx.now)


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
