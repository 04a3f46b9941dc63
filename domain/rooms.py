"""How a room changes: each rule takes the room as it is and gives the room as it shall be.

A rule that finds nothing to change returns the very room it was given; the store then keeps, and
tells, nothing. Stores run a rule inside the write, perhaps more than once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .errors import ChatError, invalid, not_found
from .model import Participant, ParticipantRole, Room

RoomRule = Callable[[Room], Room]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to take part, as the caller names them."""

    user_id: str
    role: ParticipantRole
    name: str


def open_room(
    room_id: str,
    order_id: str,
    now: datetime,
    *,
    order_number: str | None,
    max_participants: int,
    metadata: dict[str, Any],
) -> Room:
    """A new, empty room of an order."""
    return Room(
        id=room_id,
        order_id=order_id,
        order_number=order_number or order_id,
        status="open",
        created_at=now,
        max_participants=max_participants,
        metadata=metadata,
    )


def with_person(room: Room, person: Person, now: datetime) -> Room:
    """The room with the person in it: new, or back again under the old record.

    Raises ``room_full`` when there is no seat. Somebody blocked stays blocked: unblocking is its
    own act. Somebody already inside gets the role and name they are called by now.
    """
    known = room.participant(person.user_id)
    known = None if known is None else _unlapsed(known, now)
    if known is not None and known.is_blocked:
        raise ChatError("blocked", f"{person.user_id} is blocked in this room: unblock them first.")
    if known is not None and known.is_active:
        return _replaced(room, replace(known, role=person.role, name=person.name))
    if len(room.active) >= room.max_participants:
        raise ChatError("room_full", f"The room has its {room.max_participants} participants.")
    if known is not None:
        back = replace(known, is_active=True, role=person.role, name=person.name, joined_at=now)
        return _replaced(room, back)
    number = len(room.participants) + 1
    joined = Participant(
        id=f"{room.id}-{number}",
        user_id=person.user_id,
        role=person.role,
        name=person.name,
        joined_at=now,
    )
    return replace(room, participants=(*room.participants, joined))


def with_people(room: Room, people: list[Person], now: datetime) -> Room:
    """The room with everybody missing added; who is inside, or blocked, stays as they are."""
    for person in people:
        known = room.participant(person.user_id)
        if known is None or not (known.is_active or known.blocked_at(now)):
            room = with_person(room, person, now)
    return room


def without_person(room: Room, user_id: str) -> Room:
    """The room after somebody left or was removed; their record stays for the history."""
    known = _known(room, user_id)
    return _replaced(room, replace(known, is_active=False))


def at(room: Room, now: datetime) -> Room:
    """The room as it stands at ``now``: without the restrictions that have run out."""
    if all(one.muted_until is None and one.blocked_until is None for one in room.participants):
        return room
    people = tuple(_unlapsed(one, now) for one in room.participants)
    return room if people == room.participants else replace(room, participants=people)


def _unlapsed(one: Participant, now: datetime) -> Participant:
    if one.is_muted and not one.muted_at(now):
        one = replace(one, is_muted=False, muted_until=None)
    if one.is_blocked and not one.blocked_at(now):
        one = replace(one, is_blocked=False, blocked_until=None)
    return one


def muted(room: Room, user_id: str, until: datetime | None, now: datetime) -> Room:
    """The room with somebody who may read and not write, until a time or until unmuted."""
    _refuse_past(until, now)
    known = _known(room, user_id)
    return _replaced(room, replace(known, is_muted=True, muted_until=until))


def unmuted(room: Room, user_id: str) -> Room:
    known = _known(room, user_id)
    return _replaced(room, replace(known, is_muted=False, muted_until=None))


def blocked(room: Room, user_id: str, until: datetime | None, now: datetime) -> Room:
    """The room with somebody shut out: they neither hear nor see it, until then or unblocked."""
    _refuse_past(until, now)
    known = _known(room, user_id)
    return _replaced(room, replace(known, is_blocked=True, blocked_until=until))


def unblocked(room: Room, user_id: str) -> Room:
    known = _known(room, user_id)
    return _replaced(room, replace(known, is_blocked=False, blocked_until=None))


def closed(room: Room, now: datetime) -> Room:
    """The room read-only. An archived one is beyond closing."""
    if room.status == "archived":
        raise ChatError("conflict", "The room is archived.")
    if room.status == "closed":
        return room
    return replace(room, status="closed", closed_at=now)


def reopened(room: Room) -> Room:
    """The room open again, also from the archive."""
    return room if room.status == "open" else replace(room, status="open", closed_at=None)


def archived(room: Room, now: datetime) -> Room:
    """The room closed and out of the lists."""
    if room.status == "archived":
        return room
    return replace(room, status="archived", closed_at=room.closed_at or now)


def _refuse_past(until: datetime | None, now: datetime) -> None:
    if until is not None and until <= now:
        raise invalid("until", "must be in the future")


def _known(room: Room, user_id: str) -> Participant:
    known = room.participant(user_id)
    if known is None:
        raise not_found("participant")
    return known


def _replaced(room: Room, participant: Participant) -> Room:
    people = tuple(
        participant if one.user_id == participant.user_id else one for one in room.participants
    )
    return room if people == room.participants else replace(room, participants=people)
