"""Keeping order in a room: muting and blocking, and taking both back."""

from __future__ import annotations

from domain.events import ParticipantChanged, RoomOpened
from domain.permissions import Action
from domain.rooms import blocked, muted, unblocked, unmuted

from .operation import Context, Outcome, operation, route
from .participants import OneParticipant, change_participant, person_meant
from .requests import OnParticipant, Reason, Time


class Restrict(OnParticipant):
    """``until`` ends it by itself; ``reason`` is for the record."""

    until: Time | None = None
    reason: Reason | None = None


class Release(OnParticipant):
    reason: Reason | None = None


@operation(
    "participant.mute",
    action=Action.MODERATE,
    routes=(route("POST /api/chat-participants/{participant_id}/mute/", "participant"),),
    emits=(ParticipantChanged,),
    ordered=True,
    example={"room_id": "r1", "user_id": "u9", "until": "2036-01-31T12:00:00Z"},
)
async def mute(ctx: Context, ask: Restrict) -> Outcome[OneParticipant]:
    """Let somebody read and not write, until a time or until unmuted."""
    user_id = person_meant(ctx, ask)
    view, told = await change_participant(
        ctx, user_id, "muted", lambda room: muted(room, user_id, ask.until, ctx.now)
    )
    return Outcome(OneParticipant(view), told)


@operation(
    "participant.unmute",
    action=Action.MODERATE,
    routes=(route("POST /api/chat-participants/{participant_id}/unmute/", "participant"),),
    emits=(ParticipantChanged,),
    ordered=True,
    example={"room_id": "r1", "user_id": "u9"},
)
async def unmute(ctx: Context, ask: Release) -> Outcome[OneParticipant]:
    """Let somebody write again."""
    user_id = person_meant(ctx, ask)
    view, told = await change_participant(
        ctx, user_id, "unmuted", lambda room: unmuted(room, user_id)
    )
    return Outcome(OneParticipant(view), told)


@operation(
    "participant.block",
    action=Action.MODERATE,
    routes=(route("POST /api/chat-participants/{participant_id}/block/", "participant"),),
    emits=(ParticipantChanged,),
    ordered=True,
    example={"room_id": "r1", "user_id": "u9", "reason": "abuse"},
)
async def block(ctx: Context, ask: Restrict) -> Outcome[OneParticipant]:
    """Shut somebody out of the room at once, until a time or until unblocked.

    After the time they may come back by themselves, with ``room.join``.
    """
    user_id = person_meant(ctx, ask)
    view, told = await change_participant(
        ctx, user_id, "blocked", lambda room: blocked(room, user_id, ask.until, ctx.now)
    )
    return Outcome(OneParticipant(view), told)


@operation(
    "participant.unblock",
    action=Action.MODERATE,
    routes=(route("POST /api/chat-participants/{participant_id}/unblock/", "participant"),),
    emits=(RoomOpened, ParticipantChanged),
    ordered=True,
    example={"room_id": "r1", "user_id": "u9"},
)
async def unblock(ctx: Context, ask: Release) -> Outcome[OneParticipant]:
    """Let somebody back in who was blocked; if they had not left, they hear the room at once."""
    user_id = person_meant(ctx, ask)
    view, told = await change_participant(
        ctx, user_id, "unblocked", lambda room: unblocked(room, user_id), shows_room=True
    )
    return Outcome(OneParticipant(view), told)
