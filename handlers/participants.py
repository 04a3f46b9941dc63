"""Who takes part: adding, removing, leaving, and what every change to a participant shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints, model_validator

from domain.errors import ChatError, not_found
from domain.events import Event, ParticipantChange, ParticipantChanged, RoomOpened
from domain.model import ParticipantRole
from domain.permissions import Action
from domain.rooms import Person, RoomRule, with_person, without_person
from domain.views import ParticipantView

from .operation import Context, Outcome, operation, route
from .requests import (
    Id,
    InRoom,
    Name,
    OnParticipant,
    PageSize,
    Reason,
    RoomRequest,
    room_within,
)
from .views import outlook, own_view


class AddParticipant(InRoom):
    user_id: Id
    role: ParticipantRole
    name: Name | None = None


class RemoveParticipant(OnParticipant):
    reason: Reason | None = None


class LeaveRoom(RoomRequest):
    """Oneself in a room: by the room, or by one's own ``participant_id``."""

    room_id: Id | None = None
    user_id: Id | None = None
    participant_id: Id | None = None

    @model_validator(mode="after")
    def _one_way(self) -> LeaveRoom:
        if (self.room_id is None) == (self.participant_id is None):
            raise ValueError("name either room_id or participant_id")
        return self

    def place(self) -> str | None:
        return self.room_id or room_within(self.participant_id or "")


class ListParticipants(InRoom):
    limit: PageSize = 100
    cursor: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}$")] | None = None


@dataclass(frozen=True, slots=True)
class OneParticipant:
    participant: ParticipantView


@dataclass(frozen=True, slots=True)
class AddedParticipant:
    """``duplicate``: they were in the room already."""

    participant: ParticipantView
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Participants:
    participants: list[ParticipantView]
    next: str | None


def person_meant(ctx: Context, ask: OnParticipant) -> str:
    """The user id of the participant that the request names; ``not_found`` if there is none."""
    for one in ctx.room.participants:
        if ask.participant_id == one.id or (ask.user_id is not None and ask.user_id == one.user_id):
            return one.user_id
    raise not_found("participant")


async def change_participant(
    ctx: Context,
    user_id: str,
    change: ParticipantChange,
    rule: RoomRule,
    *,
    shows_room: bool = False,
) -> tuple[ParticipantView, tuple[Event, ...]]:
    """Change somebody's place in the room, and what everybody there is told of it.

    ``shows_room``: whoever gets the room by this is shown it first. What is told is read before
    the change: who is cut off is cut off at once.
    """
    before = await outlook(ctx, ctx.room.id, (user_id,))
    done = await ctx.store.change_room(ctx.room.id, rule)
    shared = before.after(done).shared()
    view = next(one for one in shared.participants if one.user_id == user_id)
    told = ParticipantChanged(ctx.room.id, view, change)
    if not done.changed:
        return view, ()
    return view, (RoomOpened(shared), told) if shows_room else (told,)


@operation(
    "participant.add",
    action=Action.MANAGE,
    routes=(route("POST /api/chat-participants/", "participant", creates=True),),
    emits=(RoomOpened, ParticipantChanged),
    ordered=True,
    example={"room_id": "r1", "user_id": "u9", "role": "rider", "name": "Ravi"},
)
async def add(ctx: Context, ask: AddParticipant) -> Outcome[AddedParticipant]:
    """Let somebody take part. They hear the room at once, on every connection they have."""
    known = ctx.room.participant(ask.user_id)
    name = ask.name or (known.name if known else ask.user_id)
    person = Person(ask.user_id, ask.role, name)
    duplicate = known is not None and known.is_active
    view, told = await change_participant(
        ctx,
        ask.user_id,
        "changed" if duplicate else "added",
        lambda room: with_person(room, person, ctx.now),
        shows_room=True,
    )
    return Outcome(AddedParticipant(view, duplicate), told)


@operation(
    "participant.remove",
    action=Action.MANAGE,
    routes=(route("DELETE /api/chat-participants/{participant_id}/", "participant"),),
    emits=(ParticipantChanged,),
    ordered=True,
    example={"room_id": "r1", "user_id": "u9", "reason": "reassigned"},
)
async def remove(ctx: Context, ask: RemoveParticipant) -> Outcome[OneParticipant]:
    """Take somebody out of the room; they lose it at once, on every connection."""
    user_id = person_meant(ctx, ask)
    view, told = await change_participant(
        ctx, user_id, "removed", lambda room: without_person(room, user_id)
    )
    return Outcome(OneParticipant(view), told)


@operation(
    "participant.leave",
    action=Action.LEAVE,
    routes=(route("POST /api/chat-participants/{participant_id}/leave-room/", "participant"),),
    emits=(ParticipantChanged,),
    ordered=True,
    example={"room_id": "r1"},
)
async def leave(ctx: Context, ask: LeaveRoom) -> Outcome[OneParticipant]:
    """Leave a room for good; taking out somebody else is ``participant.remove``."""
    me = next(one for one in ctx.room.active if one.user_id == ctx.actor.user_id)
    if ask.participant_id not in (None, me.id) or ask.user_id not in (None, me.user_id):
        raise ChatError("forbidden", "One leaves a room oneself.")
    view, told = await change_participant(
        ctx, me.user_id, "left", lambda room: without_person(room, me.user_id)
    )
    return Outcome(OneParticipant(view), told)


@operation(
    "participant.list",
    action=Action.VIEW,
    routes=(route("GET /api/chat-rooms/{room_id}/participants/", "participants", lists=True),),
    example={"room_id": "r1"},
)
async def list_participants(ctx: Context, ask: ListParticipants) -> Outcome[Participants]:
    """Everybody who takes part in a room, or did, in the order in which they came."""
    people = (await own_view(ctx, ask.room_id)).participants
    start = int(ask.cursor or 0)
    end = start + ask.limit
    following = str(end) if end < len(people) else None
    return Outcome(Participants(list(people[start:end]), following))
