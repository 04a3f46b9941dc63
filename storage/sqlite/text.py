"""The text index. It runs behind the log, because a message must not wait for it.

``meta`` says up to which message it reaches: the rest is added when the writer has nothing else to
do, or when somebody searches. What changes in a message that is in the index changes there in the
same transaction.
"""

from __future__ import annotations

import sqlite3

from domain.model import Message

CHUNK = 500
"""Messages indexed in one go: some 10 ms during which other writes wait."""


class TextIndex:
    """The writing side of the index. Belongs to the writer's thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._reached: int | None = None

    def advance(self) -> tuple[int, int]:
        """Add one chunk; up to which message the index reaches now, and the newest there is."""
        reached = self._reach()
        last = self._number("SELECT coalesce(max(no), 0) FROM messages")
        if reached < last:
            upto = min(reached + CHUNK, last)
            self._db.execute(
                "INSERT INTO text_index (rowid, place, content) "
                "SELECT no, place, content FROM searchable WHERE no > ? AND no <= ?",
                (reached, upto),
            )
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'text_index'", (upto,))
            self._reached = reached = upto
        return reached, last

    def advance_a_little(self) -> bool:
        """Add one chunk; True: there is more."""
        reached, last = self.advance()
        return reached < last

    def replace(self, no: int, room_no: int, before: Message, after: Message) -> None:
        """Have a changed message found by its new words only. Call with the row as it was."""
        if no > self._reach():
            return
        place = f"r{room_no}"
        if not before.is_deleted:
            self._db.execute(
                "INSERT INTO text_index (text_index, rowid, place, content) "
                "VALUES ('delete', ?, ?, ?)",
                (no, place, before.content),
            )
        if not after.is_deleted:
            self._db.execute(
                "INSERT INTO text_index (rowid, place, content) VALUES (?, ?, ?)",
                (no, place, after.content),
            )

    def forget(self) -> None:
        self._reached = None

    def _reach(self) -> int:
        if self._reached is None:
            self._reached = self._number("SELECT value FROM meta WHERE key = 'text_index'")
        return self._reached

    def _number(self, sql: str) -> int:
        value: int = self._db.execute(sql).fetchone()[0]
        return value
