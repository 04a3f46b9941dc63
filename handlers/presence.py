"""Who is there, and who is writing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.events import PresenceChanged, TypingStarted, TypingStopped
from domain.permissions import Action
from domain.views import Presence

from .operation import Context, Outcome, operation
from .requests import InRoom, Request
from .views import present_in


class SetPresence(Request):
    status: Literal["online", "away"]


@dataclass(frozen=True, slots=True)
class Present:
    """Those who are online or away; who is not in it is offline."""

    present: list[Presence]


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@operation("presence.get", action=Action.READ, example={"room_id": "r1"})
async def get(ctx: Context, ask: InRoom) -> Outcome[Present]:  # noqa: ARG001 # the room says it all
    """Who of a room's people is there."""
    return Outcome(Present(list((await present_in(ctx, (ctx.room,))).values())))


@operation("presence.set", emits=(PresenceChanged,), ordered=True, example={"status": "away"})
async def set_presence(ctx: Context, ask: SetPresence) -> Outcome[Present]:
    """Say that one stepped away from this connection, or is back.

    A person is online while any of their connections is.
    """
    lease = ctx.live.lease(ask.status, ctx.now)
    changed = await ctx.presence.touch([lease], ctx.now)
    own = await ctx.presence.present({ctx.actor.user_id}, ctx.now)
    told = tuple(PresenceChanged(one.user_id, one.status, one.last_seen) for one in changed)
    return Outcome(Present(list(own.values())), told)


@operation(
    "typing.start",
    action=Action.SEND,
    emits=(TypingStarted,),
    limit="typing",
    ordered=True,
    example={"room_id": "r1"},
)
async def start_typing(ctx: Context, ask: InRoom) -> Outcome[Nothing]:
    """Tell the room that one is writing; again every few seconds while it goes on."""
    return Outcome(Nothing(), (TypingStarted(ask.room_id, ctx.actor.user_id),))


@operation(
    "typing.stop",
    action=Action.SEND,
    emits=(TypingStopped,),
    ordered=True,
    example={"room_id": "r1"},
)
async def stop_typing(ctx: Context, ask: InRoom) -> Outcome[Nothing]:
    """Tell the room that one stopped writing."""
    return Outcome(Nothing(), (TypingStopped(ask.room_id, ctx.actor.user_id),))
