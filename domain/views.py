"""What clients are shown of a room and of the people in it (contract §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .model import (
    Mark,
    Message,
    Participant,
    ParticipantRole,
    PresenceStatus,
    Room,
    RoomStatus,
    Snapshot,
)
from .receipts import with_receipts

_NO_MARK = Mark()


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a person is there; ``last_seen`` is when they last were, null while never seen."""

    user_id: str
    status: PresenceStatus
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """A person in a room, and how far they are: up to which number delivered, and read."""

    id: str
    user_id: str
    role: ParticipantRole
    name: str
    is_active: bool
    is_muted: bool
    muted_until: datetime | None
    is_blocked: bool
    is_online: bool
    delivered_seq: int
    read_seq: int
    joined_at: datetime
    notification_preferences: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room as one person sees it.

    ``unread`` and ``last_message`` differ from person to person. They are null in events, which
    carry the same room to everybody: ``unread.changed`` and ``message.sent`` tell those.
    """

    id: str
    order_id: str
    order_number: str
    status: RoomStatus
    max_participants: int
    participants: tuple[ParticipantView, ...]
    last_seq: int
    rev: int
    last_message: Message | None
    unread: int | None
    created_at: datetime
    last_activity: datetime
    closed_at: datetime | None
    support: dict[str, Any] | None
    labels: tuple[str, ...]
    metadata: dict[str, Any]


def participant_view(
    one: Participant, mark: Mark, present: dict[str, Presence], now: datetime
) -> ParticipantView:
    is_muted = one.muted_at(now)
    return ParticipantView(
        id=one.id,
        user_id=one.user_id,
        role=one.role,
        name=one.name,
        is_active=one.is_active,
        is_muted=is_muted,
        muted_until=one.muted_until if is_muted else None,
        is_blocked=one.blocked_at(now),
        is_online=one.is_active and not one.blocked_at(now) and one.user_id in present,
        delivered_seq=mark.delivered_seq,
        read_seq=mark.read_seq,
        joined_at=one.joined_at,
        notification_preferences=one.notification_preferences,
    )


def room_view(snapshot: Snapshot, present: dict[str, Presence], now: datetime) -> RoomView:
    """The room for the viewer the snapshot was taken for."""
    last = snapshot.last_message
    if last is not None:
        last = with_receipts([last], snapshot.room, snapshot.steps)[0]
    return _view(snapshot, present, now, last_message=last, unread=snapshot.unread)


def shared_room_view(snapshot: Snapshot, present: dict[str, Presence], now: datetime) -> RoomView:
    """The room as an event tells it to everybody in it."""
    return _view(snapshot, present, now, last_message=None, unread=None)


def _view(
    snapshot: Snapshot,
    present: dict[str, Presence],
    now: datetime,
    *,
    last_message: Message | None,
    unread: int | None,
) -> RoomView:
    room: Room = snapshot.room
    marks = snapshot.marks
    return RoomView(
        id=room.id,
        order_id=room.order_id,
        order_number=room.order_number,
        status=room.status,
        max_participants=room.max_participants,
        participants=tuple(
            participant_view(one, marks.get(one.user_id, _NO_MARK), present, now)
            for one in room.participants
        ),
        last_seq=snapshot.last_seq,
        rev=snapshot.rev,
        last_message=last_message,
        unread=unread,
        created_at=room.created_at,
        last_activity=snapshot.last_activity,
        closed_at=room.closed_at,
        support=room.support,
        labels=room.labels,
        metadata=room.metadata,
    )


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """The little of a room that support's list of all rooms needs."""

    id: str
    order_id: str
    order_number: str
    status: RoomStatus
    last_seq: int
    last_activity: datetime
