"""Who may do what: one table and one function, the only place where access is decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from .errors import ChatError, not_found
from .model import Actor, Room


class Action(Enum):
    """What an operation does to a room, as far as permission is concerned."""

    VIEW = "view"  # the room and who takes part
    READ = "read"  # what was said
    SUBMIT = "submit"  # say something, perhaps again: a repeat is answered in any case
    SEND = "send"  # say something new
    RETRACT = "retract"  # take back what was said
    LEAVE = "leave"
    CREATE = "create"
    MANAGE = "manage"  # close, archive, who takes part
    REOPEN = "reopen"
    MODERATE = "moderate"  # mute, block


@dataclass(frozen=True, slots=True)
class Grant:
    """Who has an action: participants, staff, the order platform; and what it asks of the room.

    ``staff_exempt``: what it asks of the room, it does not ask of staff.
    """

    participant: bool = False
    staff: bool = True
    service: bool = False
    needs_open: bool = False
    needs_voice: bool = False
    staff_exempt: bool = False


GRANTS: dict[Action, Grant] = {
    Action.VIEW: Grant(participant=True, service=True),
    Action.READ: Grant(participant=True),
    Action.SUBMIT: Grant(participant=True),
    Action.SEND: Grant(participant=True, needs_open=True, needs_voice=True),
    Action.RETRACT: Grant(participant=True, needs_open=True, needs_voice=True, staff_exempt=True),
    Action.LEAVE: Grant(participant=True, staff=False),
    Action.CREATE: Grant(service=True),
    Action.MANAGE: Grant(service=True),
    Action.REOPEN: Grant(),
    Action.MODERATE: Grant(service=True),
}


def authorize(actor: Actor, action: Action, room: Room | None, now: datetime) -> None:
    """Raise unless ``actor`` may do ``action`` in ``room`` (None: in no particular room).

    A stranger learns nothing: a room that is not theirs is ``not_found``, exactly as one that does
    not exist. Who is inside learns why not: ``blocked``, ``forbidden``, ``room_closed``, ``muted``.
    """
    grant = GRANTS[action]
    if room is None:
        if (grant.staff and actor.is_staff) or (grant.service and actor.role == "service"):
            return
        raise ChatError("forbidden", "Only the order platform and support may do this.")
    _check_standing(actor, grant, room, now)
    if grant.staff_exempt and actor.is_staff:
        return
    me = room.participant(actor.user_id)
    if grant.needs_open and room.status != "open":
        raise ChatError("room_closed", "This room is closed: it can be read but not written to.")
    if grant.needs_voice and me is not None and me.is_active and me.muted_at(now):
        until = f" until {me.muted_until:%Y-%m-%dT%H:%M:%SZ}" if me.muted_until else ""
        raise ChatError("muted", f"You are muted in this room{until}: you can read but not write.")


def _check_standing(actor: Actor, grant: Grant, room: Room, now: datetime) -> None:
    me = room.participant(actor.user_id)
    if me is not None and me.blocked_at(now):
        raise ChatError("blocked", "You are blocked in this room.")
    inside = me is not None and me.is_active
    if inside and grant.participant:
        return
    if actor.is_staff and grant.staff:
        return
    if actor.role == "service" and grant.service:
        return
    if inside or actor.is_staff or actor.role == "service":
        raise ChatError("forbidden", "You may not do this in this room.")
    raise not_found("room")


def hears(actor: Actor, room: Room) -> bool:
    """Whether the actor's connections are told what happens in the room without asking.

    Of the room as it stands: see ``rooms.at``.
    """
    me = room.participant(actor.user_id)
    return me is not None and me.is_active and not me.is_blocked
