"""What happened, as clients are told.

An event is what its fields say: they are the payload, in this order. ``name`` is its name on the
wire. Who hears it is read off its shape: see ``server/fanout``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from .model import Message, PresenceStatus
from .views import ParticipantView, RoomSummary, RoomView

ParticipantChange = Literal[
    "added", "removed", "left", "muted", "unmuted", "blocked", "unblocked", "changed"
]


@dataclass(frozen=True, slots=True)
class MessageSent:
    """A message was placed in the room. Its sender has read everything up to it."""

    name: ClassVar[str] = "message.sent"
    room_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class MessageEdited:
    """The text of a message changed; ``message.rev`` is the room's new ``rev``.

    The event is the same for everybody: keep the ``status``, receipts and ``reply_count`` you know.
    """

    name: ClassVar[str] = "message.edited"
    room_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message was taken back: what remains is a tombstone under the same number.

    The event is the same for everybody: keep the ``status``, receipts and ``reply_count`` you know.
    """

    name: ClassVar[str] = "message.deleted"
    room_id: str
    message: Message


@dataclass(frozen=True, slots=True)
class ReceiptUpdated:
    """Somebody has got further: everything up to these numbers reached them, or was read."""

    name: ClassVar[str] = "receipt.updated"
    room_id: str
    user_id: str
    delivered_seq: int
    read_seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TypingStarted:
    """Somebody is writing. It lapses at the receiver 7 s after the last one."""

    name: ClassVar[str] = "typing.started"
    room_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class TypingStopped:
    """Somebody stopped writing."""

    name: ClassVar[str] = "typing.stopped"
    room_id: str
    user_id: str


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody with whom you share a room came, went, or stepped away."""

    name: ClassVar[str] = "presence.changed"
    user_id: str
    status: PresenceStatus
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class ParticipantChanged:
    """Somebody joined or lost the room, or what they may do there changed.

    Who is removed, leaves or is blocked hears this as the last thing from the room.
    """

    name: ClassVar[str] = "participant.changed"
    room_id: str
    participant: ParticipantView
    change: ParticipantChange


@dataclass(frozen=True, slots=True)
class RoomOpened:
    """A room that you take part in is there, or you were added to one.

    You hear what is said from now on; what was said before is for ``room.join`` or ``room.sync``.
    """

    name: ClassVar[str] = "room.opened"
    room: RoomView


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """The room itself changed: its status, seats or labels."""

    name: ClassVar[str] = "room.changed"
    room: RoomView


@dataclass(frozen=True, slots=True)
class RoomStirred:
    """Something happened in a room that support has not joined; at most once a second per room."""

    name: ClassVar[str] = "room.changed"
    room: RoomSummary


@dataclass(frozen=True, slots=True)
class UnreadChanged:
    """How much is unread in the room and, as ``total``, in all the person's rooms."""

    name: ClassVar[str] = "unread.changed"
    room_id: str
    unread: int
    total: int


@dataclass(frozen=True, slots=True)
class SessionExpiring:
    """The token ends at ``expires_at``: send ``session.refresh`` with a new one before that."""

    name: ClassVar[str] = "session.expiring"
    expires_at: datetime


Event = (
    MessageSent
    | MessageEdited
    | MessageDeleted
    | ReceiptUpdated
    | TypingStarted
    | TypingStopped
    | PresenceChanged
    | ParticipantChanged
    | RoomOpened
    | RoomChanged
    | RoomStirred
    | UnreadChanged
    | SessionExpiring
)
