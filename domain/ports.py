"""What can be swapped: where history is kept, and who is there.

The docstrings are the specification; ``tests/contract`` holds every backend to them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .errors import ChatError
from .model import (
    Draft,
    Mark,
    Message,
    MessageType,
    PresenceStatus,
    Room,
    RoomStatus,
    Snapshot,
    Step,
    Viewer,
)
from .rooms import RoomRule
from .views import Presence

MessageRule = Callable[[Message], Message]


@dataclass(frozen=True, slots=True)
class RoomQuery:
    """Which rooms: those the viewer takes part in and is not blocked in, or for staff all.

    ``ids`` narrows to those rooms, in that order, and takes the viewer's right to them as checked.
    Without ``statuses`` archived rooms are left out. ``text`` matches the start of an order number
    or order id exactly, or part of a participant's name, whatever the case.
    """

    viewer: Viewer
    ids: tuple[str, ...] | None = None
    statuses: tuple[RoomStatus, ...] = ("open", "closed")
    unread: bool = False
    text: str | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Which part of a room's log: the newest before ``before``, or the oldest after ``after``.

    With neither, the newest. ``thread_root`` narrows to the messages that answer in that thread.
    Only what ``level`` may see is there at all.
    """

    room_id: str
    level: int
    limit: int
    before: int | None = None
    after: int | None = None
    thread_root: int | None = None


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Which messages: those whose text has every word of ``words``, the last as a beginning.

    Only rooms the viewer takes part in (staff: all), only what they may see there, nothing deleted,
    newest first.
    """

    viewer: Viewer
    words: tuple[str, ...]
    room_id: str | None = None
    sender_id: str | None = None
    type: MessageType | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Rooms by latest activity; ``next`` continues behind them, None at the end."""

    rooms: list[Snapshot]
    next: str | None


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages ascending by ``seq`` (search: newest first), and the receipts that concern them.

    ``steps`` has what ``receipts.with_receipts`` asks for. ``more``: the same question has further
    answers in the direction it was asked. ``next`` continues a search.
    """

    messages: list[Message]
    steps: list[Step]
    more: bool
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of what a client has missed, and where it stands after applying it.

    First the changed messages among those it knows, by ``rev``; when these are exhausted, the new
    ones by ``seq``. ``limited``: ask again from ``after_seq`` and ``after_rev``.
    """

    messages: list[Message]
    steps: list[Step]
    after_seq: int
    after_rev: int
    limited: bool


@dataclass(frozen=True, slots=True)
class RoomChange:
    """A room before and after a rule, the very same one where nothing changed, and its ``rev``."""

    before: Room
    room: Room
    rev: int

    @property
    def changed(self) -> bool:
        return self.room is not self.before


class Store(Protocol):
    """Where rooms and their logs are kept.

    A write that returns is durable. One that raises kept nothing: ``ChatError`` with the code of
    the rule that refused, or ``unavailable`` when the store itself failed (full disk, lost
    connection); then the same call may be made again. Per room, writes happen one after the other;
    a read that starts after a write returned sees it. Instances of a domain class that come in or
    go out are never changed.
    """

    async def open_room(self, room: Room) -> tuple[Room, bool]:
        """Keep a new room, unless its order has one: then that one, and False. Never two."""

    async def find_room(
        self, room_id: str | None = None, order_id: str | None = None
    ) -> Room | None:
        """The room of that id, or of that order. Cheap enough for every operation."""

    async def change_room(self, room_id: str, rule: RoomRule) -> RoomChange:
        """Replace the room by what ``rule`` makes of it, and raise ``rev`` by one; atomic.

        A rule that returns the room it was given changes nothing. Raises ``not_found``, and
        whatever the rule raises.
        """

    async def rooms(self, query: RoomQuery) -> RoomPage:
        """Rooms as their viewer sees them, latest activity first (or in the order of ``ids``)."""

    async def append(self, draft: Draft, refusal: ChatError | None = None) -> tuple[Message, bool]:
        """Place a message at the end of its room's log; True: it was there already.

        With a ``refusal`` nothing is placed: a repeat is still answered with its first, whatever
        became of the room since, and what would have been placed raises it.

        ``seq`` is the next number: 1, 2, 3 …, no gap, no repeat, in the order of the calls. The
        first of equal (room, sender, ``client_id``) wins for ever, also among calls in flight; a
        later one gets the first back as it is now, or ``conflict`` if its fingerprint differs. The
        sender's marks move up to the message, as a step of reading at its time. Raises
        ``room_closed`` if the room is not open at the moment of placing, ``not_found`` if there is
        none.
        """

    async def change_message(self, room_id: str, seq: int, rule: MessageRule) -> Message:
        """Replace a message by what ``rule`` makes of it, with the room's next ``rev``; atomic.

        A rule that returns the message it was given changes nothing. Raises ``not_found``, and
        whatever the rule raises. What is no longer in the text is no longer found by search.
        """

    async def messages(self, span: Span) -> MessagePage:
        """A part of a room's log, ascending by ``seq``; an unknown room has none."""

    async def changes(
        self, room_id: str, level: int, after_seq: int, after_rev: int, limit: int
    ) -> Changes:
        """What a client that knows the log up to ``after_seq`` and ``after_rev`` has missed.

        Exactly that, once: following the returned position until not ``limited`` leaves the client
        equal to the log, whatever is written meanwhile.
        """

    async def search(self, query: SearchQuery) -> MessagePage:
        """Messages by their words; sees every message whose write returned before the call."""

    async def mark(self, room_id: str, user_id: str, mark: Mark, at: datetime) -> tuple[Mark, bool]:
        """Move a person's marks forward as ``receipts.advance`` says; True: something moved.

        ``at`` is kept as the time at which the numbers in between were reached.
        """

    async def unread(self, viewer: Viewer) -> dict[str, int]:
        """For each unarchived room the person takes part in: how many unread, also when none.

        Nothing for rooms they are blocked in. Counted from the read mark: what they may see, not
        their own, not deleted.
        """

    async def check(self) -> None:
        """Return if writes can be kept just now, else raise ``unavailable`` with the reason."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One connection's claim that its person is there. It lapses at ``until`` by itself."""

    user_id: str
    connection_id: str
    status: PresenceStatus
    until: datetime


class PresenceBoard(Protocol):
    """Who is there, as leases that lapse: whoever crashes leaves no ghost.

    A person is ``online`` if any of their connections is, else ``away`` if any is, else
    ``offline``. ``last_seen`` outlives the last lease.
    """

    async def touch(self, leases: Sequence[Lease], now: datetime) -> list[Presence]:
        """Take or renew leases; the people whose status this changed.

        A lease with ``until`` not after ``now`` ends at once.
        """

    async def present(self, user_ids: Collection[str], now: datetime) -> dict[str, Presence]:
        """Those of the people who are online or away."""

    async def lapse(self, now: datetime) -> list[Presence]:
        """Drop what has run out; the people whose status that changed, each reported once."""


class Connection(Protocol):
    """The live connection an operation came over, as far as operations may steer it."""

    @property
    def id(self) -> str: ...

    def watch(self, room: Room) -> None:
        """Tell this connection what happens in the room, from now on."""

    def unwatch(self, room_id: str) -> None:
        """Stop telling it, if the connection asked to be told; participants go on hearing."""

    def lease(self, status: PresenceStatus, now: datetime) -> Lease:
        """Be online or away on this connection from now on, and the lease that says so."""

    async def renew(self, token: str) -> datetime:
        """Take a fresh token of the same person and role; when it expires.

        Raises ``unauthenticated`` for any other.
        """
