"""Making the room of an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from domain.events import Event, ParticipantChanged, RoomOpened
from domain.model import MAX_PARTICIPANTS, ParticipantRole, Snapshot
from domain.permissions import Action
from domain.rooms import Person, open_room, with_people
from domain.views import RoomView

from .operation import Context, Outcome, operation, route
from .requests import Id, Metadata, Name, Request
from .views import Outlook, outlook


class CreateRoom(Request):
    order_id: Id
    order_number: Name | None = None
    max_participants: Annotated[int, Field(ge=2, le=100)] = MAX_PARTICIPANTS
    metadata: Metadata = Field(default_factory=dict)


class Invited(Request):
    user_id: Id
    role: ParticipantRole
    name: Name


class OpenRoom(CreateRoom):
    participants: Annotated[list[Invited], Field(max_length=100, default_factory=list)]


@dataclass(frozen=True, slots=True)
class Opened:
    """``duplicate``: the order had its room already, and that is the one."""

    room: RoomView
    duplicate: bool


@operation(
    "room.create",
    action=Action.CREATE,
    routes=(route("POST /api/chat-rooms/", "room", creates=True),),
    emits=(RoomOpened,),
    example={"order_id": "o1", "order_number": "A-1001"},
)
async def create(ctx: Context, ask: CreateRoom) -> Outcome[Opened]:
    """Make the room of an order, without anybody in it. Asked again: the room there is."""
    return await _open(ctx, ask, [])


@operation(
    "room.open",
    action=Action.CREATE,
    routes=(route("POST /api/chat-rooms/create-with-participants/", "room", creates=True),),
    emits=(RoomOpened, ParticipantChanged),
    example={
        "order_id": "o1",
        "order_number": "A-1001",
        "participants": [{"user_id": "u1", "role": "customer", "name": "Asha"}],
    },
)
async def open_with_people(ctx: Context, ask: OpenRoom) -> Outcome[Opened]:
    """Make the room of an order with the people of the order in it.

    Asked again it returns the room there is, with missing participants added.
    """
    people = [Person(one.user_id, one.role, one.name) for one in ask.participants]
    return await _open(ctx, ask, people)


async def _open(ctx: Context, ask: CreateRoom, people: list[Person]) -> Outcome[Opened]:
    wanted = open_room(
        ctx.request_id,
        ask.order_id,
        ctx.now,
        order_number=ask.order_number,
        max_participants=ask.max_participants,
        metadata=ask.metadata,
    )
    wanted = with_people(wanted, people, ctx.now)
    invited = [one.user_id for one in people]
    present = await ctx.presence.present(invited, ctx.now)
    room, made = await ctx.store.open_room(wanted)
    if made:
        fresh = Snapshot(room, 0, 0, room.created_at, {}, None, 0)
        seen = Outlook(fresh, present, ctx.now)
        return Outcome(Opened(seen.own(), duplicate=False), (RoomOpened(seen.shared()),))
    return await _add_missing(ctx, room.id, people, await outlook(ctx, room.id, invited))


async def _add_missing(
    ctx: Context, room_id: str, people: list[Person], before: Outlook
) -> Outcome[Opened]:
    change = await ctx.store.change_room(room_id, lambda room: with_people(room, people, ctx.now))
    seen = before.after(change)
    shared = seen.shared()
    inside = {one.user_id for one in change.before.active}
    added = [one for one in shared.participants if one.is_active and one.user_id not in inside]
    told = (ParticipantChanged(room_id, one, "added") for one in added)
    events: tuple[Event, ...] = (RoomOpened(shared), *told) if added else ()
    return Outcome(Opened(seen.own(), duplicate=True), events)
