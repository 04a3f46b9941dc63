"""Finding rooms, and entering them."""

from __future__ import annotations

from dataclasses import dataclass

from domain.model import Message, RoomStatus
from domain.permissions import Action
from domain.ports import RoomQuery, Span
from domain.views import Presence, RoomView, room_view

from .operation import Context, Outcome, operation, route
from .requests import Cursor, InRoom, Name, OrderRequest, PageSize, Request
from .views import filled, own_view, present_in, snapshot_of


class ListRooms(Request):
    """``q`` is the beginning of an order number or id, or part of a participant's name."""

    status: RoomStatus | None = None
    unread: bool = False
    q: Name | None = None
    limit: PageSize = 50
    cursor: Cursor | None = None


class EnterRoom(OrderRequest):
    limit: PageSize = 50


@dataclass(frozen=True, slots=True)
class Rooms:
    rooms: list[RoomView]
    next: str | None


@dataclass(frozen=True, slots=True)
class OneRoom:
    room: RoomView


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
    ctx.live.watch(ctx.room)
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
