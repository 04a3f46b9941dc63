"""Where each room's log ends and how far its people are, remembered by the writer.

So that placing a message or moving a mark needs no reading.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from domain.model import Mark, RoomStatus

from .rows import mark_from

REMEMBERED = 10_000
"""Heads kept in memory, some 2 KB each; beyond that all are forgotten, and read again."""

_FURTHEST = """
SELECT
    (SELECT max(seq) FROM receipts WHERE room_no = :room_no AND user_id = :user_id AND kind = 0),
    (SELECT max(seq) FROM receipts WHERE room_no = :room_no AND user_id = :user_id AND kind = 1)
"""
_UPDATE = """
UPDATE rooms SET last_seq = json_extract(moved.value, '$[1]'),
    rev = json_extract(moved.value, '$[2]'), last_activity = json_extract(moved.value, '$[3]')
FROM json_each(?) AS moved
WHERE rooms.no = json_extract(moved.value, '$[0]')
"""


@dataclass(slots=True, eq=False)
class Head:
    """A room's numbers, as they will be when the transaction under way is committed.

    ``last_activity`` in milliseconds since 1970; ``marks`` of the people asked for so far.
    """

    no: int
    status: RoomStatus
    last_seq: int
    rev: int
    last_activity: int
    marks: dict[str, Mark] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Advance:
    """What somebody says about how far they are."""

    room_id: str
    user_id: str
    mark: Mark
    at: datetime


class Heads:
    """The heads of the rooms written to lately. Belongs to the writer's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[str, Head] = {}
        self._moved: set[Head] = set()

    def find(self, room_id: str) -> Head | None:
        head = self._known.get(room_id)
        if head is None:
            row = self._db.execute(
                "SELECT no, status, last_seq, rev, last_activity FROM rooms WHERE id = ?",
                (room_id,),
            ).fetchone()
            if row is not None:
                head = self._known[room_id] = Head(*row)
        return head

    def mark(self, head: Head, user_id: str) -> Mark:
        """How far a person is in this room."""
        mark = head.marks.get(user_id)
        if mark is None:
            person = {"room_no": head.no, "user_id": user_id}
            mark = mark_from(*self._db.execute(_FURTHEST, person).fetchone())
            head.marks[user_id] = mark
        return mark

    def moved(self, head: Head) -> None:
        """Have the numbers of this head written before the transaction commits."""
        self._moved.add(head)

    def write(self) -> None:
        """One update per room, however many messages it got in this transaction."""
        if not self._moved:
            return
        numbers = [(one.no, one.last_seq, one.rev, one.last_activity) for one in self._moved]
        self._db.execute(_UPDATE, (json.dumps(numbers),))
        self._moved.clear()
        if len(self._known) > REMEMBERED:
            self._known.clear()

    def forget(self) -> None:
        self._known.clear()
        self._moved.clear()
