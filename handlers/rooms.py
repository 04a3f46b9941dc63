"""Finding rooms, entering them, and their life from open to archived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from domain.events import RoomChanged, RoomOpened
from domain.model import MAX_PARTICIPANTS, Message, ParticipantRole, RoomStatus
from domain.permissions import Action
from domain.ports import RoomQuery, Span
from domain.rooms import Person, RoomRule, archived, closed, open_room, reopened, with_people
from domain.views import Presence, RoomView, room_view

from .operation import Context, Outcome, operation, route
from .requests import (
    Cursor,
    Id,
    InRoom,
    Metadata,
    Name,
    OrderRequest,
    PageSize,
    Reason,
    Request,
)
from .views import both_views, filled, own_view, present_in, snapshot_of


class ListRooms(Request):
    """``q`` is the beginning of an order number or id, or part of a participant's name."""

    status: RoomStatus | None = None
    unread: bool = False
    q: Name | None = None
    limit: PageSize = 50
    cursor: Cursor | None = None


class EnterRoom(OrderRequest):
    limit: PageSize = 50


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


class EndRoom(InRoom):
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Rooms:
    rooms: list[RoomView]
    next: str | None


@dataclass(frozen=True, slots=True)
class OneRoom:
    room: RoomView


@dataclass(frozen=True, slots=True)
class Opened:
    """``duplicate``: the order had its room already, and that is the one."""

    room: RoomView
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """The room, its newest messages by ``seq``, and who is there."""

    room: RoomView
    messages: list[Message]
    present: list[Presence]


@operation(
    "room.list",
    routes=(route("GET /api/chat-rooms/", "rooms", lists=True),),
    example={"status": "open", "unread": True, "q": "A-10", "limit": 20},
)
async def list_rooms(ctx: Context, ask: ListRooms) -> Outcome[Rooms]:
    """The rooms one takes part in (staff: all), latest activity first.

    Archived rooms are there only when asked for with ``status``.
    """
    query = RoomQuery(
        viewer=ctx.viewer,
        statuses=(ask.status,) if ask.status else ("open", "closed"),
        unread=ask.unread,
        text=ask.q,
        limit=ask.limit,
        cursor=ask.cursor,
    )
    page = await ctx.store.rooms(query)
    present = await present_in(ctx, (one.room for one in page.rooms))
    return Outcome(Rooms([room_view(one, present, ctx.now) for one in page.rooms], page.next))


@operation(
    "room.get",
    action=Action.VIEW,
    routes=(route("GET /api/chat-rooms/{room_id}/", "room"),),
    example={"room_id": "r1"},
)
async def get(ctx: Context, ask: InRoom) -> Outcome[OneRoom]:
    """One room as the actor sees it."""
    return Outcome(OneRoom(await own_view(ctx, ask.room_id)))


@operation(
    "room.join",
    action=Action.READ,
    example={"order_id": "o1", "limit": 50},
)
async def join(ctx: Context, ask: EnterRoom) -> Outcome[Entered]:
    """Enter a room: hear what happens there from now on, and get its newest messages.

    Participants hear their rooms anyway; staff hear the rooms they joined, on this connection.
    """
    # Hear first and read after: what happens in between comes twice rather than never.
    ctx.live.watch(ctx.room.id, ctx.level)
    page = await ctx.store.messages(Span(ctx.room.id, ctx.level, ask.limit))
    snapshot = await snapshot_of(ctx, ctx.room.id)
    present = await present_in(ctx, (snapshot.room,))
    return Outcome(
        Entered(
            room_view(snapshot, present, ctx.now),
            filled(page.messages, snapshot.room, page.steps),
            list(present.values()),
        )
    )


@operation(
    "room.leave",
    action=Action.READ,
    example={"room_id": "r1"},
)
async def leave(ctx: Context, ask: EnterRoom) -> Outcome[Entered]:  # noqa: ARG001 # the shape of join
    """Stop hearing a room that was joined on this connection.

    Participants stay in the room and hear it on; to leave it for good, ``participant.leave``.
    """
    ctx.live.unwatch(ctx.room.id)
    return Outcome(Entered(await own_view(ctx, ctx.room.id), [], []))


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
    emits=(RoomOpened,),
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
    room, made = await ctx.store.open_room(with_people(wanted, people, ctx.now))
    changed = made
    if not made and people:
        change = await ctx.store.change_room(room.id, lambda now: with_people(now, people, ctx.now))
        changed = change.changed
    own, shared = await both_views(ctx, room.id)
    return Outcome(Opened(own, not made), (RoomOpened(shared),) if changed else ())


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
    change = await ctx.store.change_room(ctx.room.id, rule)
    own, shared = await both_views(ctx, ctx.room.id)
    return Outcome(OneRoom(own), (RoomChanged(shared),) if change.changed else ())
