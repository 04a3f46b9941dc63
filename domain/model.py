"""The nouns: who asks, the room of an order, who takes part, and what they say.

Everything here is frozen. Times are aware ``datetime`` in UTC with millisecond resolution; ids are
opaque strings. ``Message`` goes to the wire as it stands, so its fields are the contract's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["customer", "rider", "pharmacy", "support", "admin", "service"]
ParticipantRole = Literal["customer", "rider", "pharmacy", "support", "admin"]
Audience = Literal["everyone", "clinical", "staff"]
RoomStatus = Literal["open", "closed", "archived"]
MessageType = Literal["text", "image", "file", "system", "order_update", "delivery_update"]
MessageStatus = Literal["sent", "delivered", "read", "failed"]
PresenceStatus = Literal["online", "away", "offline"]

STAFF: frozenset[str] = frozenset({"support", "admin"})
MAX_PARTICIPANTS = 10


@dataclass(frozen=True, slots=True)
class Actor:
    """The person or system that asks, as its token names it."""

    user_id: str
    role: Role
    name: str
    expires_at: datetime
    locale: str | None = None
    tz: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role in STAFF


@dataclass(frozen=True, slots=True)
class Participant:
    """A person in a room. A restriction lapses at its ``…_until``; without one it stays.

    A participant who left or was removed stays on record with ``is_active`` false, so that the
    history keeps its names.
    """

    id: str
    user_id: str
    role: ParticipantRole
    name: str
    joined_at: datetime
    is_active: bool = True
    is_muted: bool = False
    muted_until: datetime | None = None
    is_blocked: bool = False
    blocked_until: datetime | None = None
    notification_preferences: dict[str, Any] = field(default_factory=dict)

    def muted_at(self, now: datetime) -> bool:
        """Whether the person may not send at ``now``."""
        return self.is_muted and (self.muted_until is None or now < self.muted_until)

    def blocked_at(self, now: datetime) -> bool:
        """Whether the person is shut out at ``now``."""
        return self.is_blocked and (self.blocked_until is None or now < self.blocked_until)


@dataclass(frozen=True, slots=True)
class Room:
    """The conversation of one order: who takes part and whether it is open.

    What changes with every message (``seq``, marks, last activity) is not here but in
    :class:`Snapshot`, so that a room can be kept in memory and checked at every operation.
    """

    id: str
    order_id: str
    order_number: str
    status: RoomStatus
    created_at: datetime
    participants: tuple[Participant, ...] = ()
    max_participants: int = MAX_PARTICIPANTS
    closed_at: datetime | None = None
    support: dict[str, Any] | None = None
    labels: tuple[str, ...] = ()
    metadata: dict[str, Any] = field(default_factory=dict)

    def participant(self, user_id: str) -> Participant | None:
        """The record of a person here, active or not."""
        for one in self.participants:
            if one.user_id == user_id:
                return one
        return None

    @property
    def active(self) -> tuple[Participant, ...]:
        return tuple(one for one in self.participants if one.is_active)


@dataclass(frozen=True, slots=True)
class Sender:
    user_id: str
    role: Role
    name: str


@dataclass(frozen=True, slots=True)
class Seen:
    """That one person had a message, and since when."""

    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of a room's log.

    ``id`` is ``{room_id}-{seq}`` and opaque to clients. ``rev`` is the room's ``rev`` at the last
    change of this message, 0 while it never changed. ``status``, ``delivered_to`` and ``read_by``
    are worked out from the receipts when a message is read; the live event carries them empty.
    """

    id: str
    room_id: str
    seq: int
    rev: int
    client_id: str
    sender: Sender
    type: MessageType
    audience: Audience
    content: str
    attachments: tuple[dict[str, Any], ...]
    reply_to: str | None
    thread_root: str | None
    reply_count: int
    created_at: datetime
    edited_at: datetime | None
    is_edited: bool
    is_deleted: bool
    deleted_by: str | None
    metadata: dict[str, Any]
    status: MessageStatus = "sent"
    delivered_to: tuple[Seen, ...] = ()
    read_by: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that has no place in the log yet.

    ``fingerprint`` is equal for two drafts that ask for the same thing, and only for those; it is
    kept with the message, so that a late repeat is told from another message under the same
    ``client_id`` even after an edit. ``reply_to`` and ``thread_root`` are sequence numbers.
    """

    room_id: str
    client_id: str
    sender: Sender
    type: MessageType
    audience: Audience
    content: str
    fingerprint: str
    created_at: datetime
    attachments: tuple[dict[str, Any], ...] = ()
    reply_to: int | None = None
    thread_root: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far one person has got in a room: everything up to here is delivered, or read."""

    delivered_seq: int = 0
    read_seq: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One advance of a mark: at ``at`` the person had everything up to ``seq``."""

    room_id: str
    user_id: str
    kind: Literal["delivered", "read"]
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom something is read, and when: whose marks count, and what they may see.

    ``level`` as ``audience`` has it. ``now`` decides which restrictions have run out.
    """

    user_id: str
    level: int
    is_staff: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A room at one moment, as one viewer may see it: all numbers are of the same moment.

    ``steps`` are the receipts that concern ``last_message``.
    """

    room: Room
    last_seq: int
    rev: int
    last_activity: datetime
    marks: dict[str, Mark]
    last_message: Message | None
    unread: int
    steps: tuple[Step, ...] = ()


def message_id(room_id: str, seq: int) -> str:
    """The id of a message names its place, so that finding one needs no index of its own."""
    return f"{room_id}-{seq}"


def place_of(identifier: str) -> tuple[str, int] | None:
    """The room and number inside a message's or participant's id, or None for anything else."""
    room_id, _, number = identifier.rpartition("-")
    if not room_id or not (number.isascii() and number.isdigit()):
        return None
    if len(number) > 10 or number.startswith("0"):
        return None
    return room_id, int(number)
