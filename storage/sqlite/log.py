"""Writing a room's log: messages placed and changed, marks moved. Runs in the writer's thread."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import chain
from typing import Any

from domain.audience import LEVELS
from domain.errors import ChatError, not_found
from domain.model import Draft, Mark, Message
from domain.ports import MessageRule
from domain.receipts import advance

from .heads import Advance, Head, Heads
from .placing import COLUMNS, INSERT, Placing, changeable, new_row, placed_message
from .rows import (
    SELECT_MESSAGES,
    from_json,
    message_from,
    placeholders,
    to_json,
    to_ms,
)
from .text import TextIndex
from .writer import Results

DELIVERED, READ = 0, 1

TOGETHER = 64
"""Messages, or steps, that one statement writes at most: SQLite keeps each length it has met."""

_INSERT_STEPS = "INSERT INTO receipts (room_no, user_id, kind, seq, at) VALUES "
_UPDATE = """
UPDATE messages SET rev = :rev, type = :type, audience = :audience, content = :content,
    attachments = :attachments, edited_at = :edited_at, is_edited = :is_edited,
    is_deleted = :is_deleted, deleted_by = :deleted_by, metadata = :metadata
WHERE no = :no
"""

_Step = tuple[int, str, int, int, int]  # as _INSERT_STEPS takes it


class _TakenError(Exception):
    """A place or a ``client_id`` has its message already."""


class Log:
    """The logs of all rooms. Every method refuses before it writes, as the writer asks."""

    def __init__(self, db: sqlite3.Connection, heads: Heads, text: TextIndex) -> None:
        self._db = db
        self._heads = heads
        self._text = text

    def append(self, asked: list[Placing]) -> Results[tuple[Message, bool]]:
        """Place messages, in this order."""
        results: Results[tuple[Message, bool]] = []
        for start in range(0, len(asked), TOGETHER):
            some = asked[start : start + TOGETHER]
            try:
                results += self._append_together(some)
            except _TakenError:
                results += [self._append_or_find(one) for one in some]
        return results

    def _append_together(self, asked: list[Placing]) -> Results[tuple[Message, bool]]:
        """Place messages of which none is there yet, else raise ``_TakenError`` and place none."""
        results: Results[tuple[Message, bool]] = []
        values: list[Any] = []
        placed: list[tuple[Head, str, int, int]] = []
        ends: dict[Head | None, int] = {}
        for draft, refusal in asked:
            head = self._heads.find(draft.room_id)
            if head is None or refusal is not None or head.status != "open":
                # What it repeats may be among those about to be written.
                if head in ends:
                    raise _TakenError
                results.append(self._refused_or_found(head, draft, refusal))
                continue
            seq = ends[head] = ends.get(head, head.last_seq) + 1
            at = to_ms(draft.created_at)
            attachments, metadata = to_json(draft.attachments), to_json(draft.metadata)
            values += new_row(head.no, seq, at, draft, attachments, metadata)
            results.append((placed_message(draft, seq, attachments, metadata), False))
            placed.append((head, draft.sender.user_id, seq, at))
        if placed:
            self._insert(values, len(placed))
            self._move_up(placed)
        return results

    def _insert(self, values: list[Any], rows: int) -> None:
        try:
            self._db.execute(INSERT + placeholders(rows, COLUMNS), values)
        except sqlite3.IntegrityError as error:
            # A statement that fails undoes all of itself.
            raise _TakenError from error

    def _move_up(self, placed: list[tuple[Head, str, int, int]]) -> None:
        """Who sends has read: and the room ends with what was sent."""
        self._write_steps([(head.no, user_id, READ, seq, at) for head, user_id, seq, at in placed])
        for head, user_id, seq, at in placed:
            head.last_seq, head.last_activity = seq, at
            head.marks[user_id] = Mark(seq, seq)
            self._heads.moved(head)

    def _append_or_find(self, asked: Placing) -> tuple[Message, bool] | ChatError:
        head = self._heads.find(asked.draft.room_id)
        if head is not None and self._known(head, asked.draft) is None:
            return self._append_together([asked])[0]
        return self._refused_or_found(head, *asked)

    def _refused_or_found(
        self, head: Head | None, draft: Draft, refusal: ChatError | None
    ) -> tuple[Message, bool] | ChatError:
        """The message that has this ``client_id`` already, as it is now, or why there is none.

        It is looked for whatever became of the room: a repeat asks what became of a message that
        may well have been placed in time.
        """
        if head is None:
            return not_found("room")
        known = self._known(head, draft)
        if known is None:
            closed = "This room is closed: it can be read but not written to."
            return refusal or ChatError("room_closed", closed)
        seq, fingerprint = known
        if fingerprint != draft.fingerprint:
            return ChatError(
                "conflict", "This client_id names another message already: choose a new one."
            )
        return message_from(self._row(head.no, seq)), True

    def _known(self, head: Head, draft: Draft) -> tuple[int, str] | None:
        """The number and fingerprint of the message with this draft's ``client_id``."""
        known: tuple[int, str] | None = self._db.execute(
            "SELECT seq, fingerprint FROM messages "
            "WHERE room_no = ? AND sender_id = ? AND client_id = ?",
            (head.no, draft.sender.user_id, draft.client_id),
        ).fetchone()
        return known

    def change_message(self, room_id: str, seq: int, rule: MessageRule) -> Message:
        """Apply ``rule``. Who wrote a message, when, where and as an answer to what stays fixed."""
        head = self._heads.find(room_id)
        row = None if head is None else self._row(head.no, seq)
        if head is None or row is None:
            raise not_found("message")
        before = message_from(row)
        after = rule(before)
        if after is before:
            return before
        no = row[0]
        fields = changeable(after)
        rev = head.rev + 1
        self._text.replace(no, head.no, before, after)
        self._db.execute(_UPDATE, {**fields, "rev": rev, "no": no})
        head.rev = rev
        self._heads.moved(head)
        return replace(
            after,
            rev=rev,
            attachments=tuple(from_json(fields["attachments"], ())),
            metadata=from_json(fields["metadata"], {}),
        )

    def mark(self, asked: list[Advance]) -> Results[tuple[Mark, bool]]:
        """Move marks forward, in this order."""
        results: Results[tuple[Mark, bool]] = []
        steps: list[_Step] = []
        for one in asked:
            head = self._heads.find(one.room_id)
            if head is None:
                results.append(not_found("room"))
                continue
            before = self._heads.mark(head, one.user_id)
            after = advance(before, one.mark.delivered_seq, one.mark.read_seq, head.last_seq)
            results.append((after, after != before))
            head.marks[one.user_id] = after
            at = to_ms(one.at)
            if after.read_seq > before.read_seq:
                steps.append((head.no, one.user_id, READ, after.read_seq, at))
            # A step of reading is one of delivery too: only what goes beyond needs its own.
            if after.delivered_seq > max(before.delivered_seq, after.read_seq):
                steps.append((head.no, one.user_id, DELIVERED, after.delivered_seq, at))
        for start in range(0, len(steps), TOGETHER):
            self._write_steps(steps[start : start + TOGETHER])
        return results

    def _write_steps(self, steps: list[_Step]) -> None:
        values = list(chain.from_iterable(steps))
        self._db.execute(_INSERT_STEPS + placeholders(len(steps), 5), values)

    def _row(self, room_no: int, seq: int) -> Any:
        """A message as everybody may see it, with the answers that everybody may see."""
        return self._db.execute(
            SELECT_MESSAGES + "WHERE m.room_no = :room_no AND m.seq = :seq",
            {"level": LEVELS["everyone"], "room_no": room_no, "seq": seq},
        ).fetchone()
