"""Reading a room's log: by place, by change, by word; and the receipts that go with it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from domain.model import Message, Step
from domain.ports import Changes, MessagePage, SearchQuery, Span

from .paging import cursor_of, place_in
from .rows import SELECT_MESSAGES, from_ms, message_from, to_ms, to_ms_or_none

_VISIBLE = """
WHERE m.room_no = (SELECT no FROM rooms WHERE id = :room_id) AND m.audience <= :level
"""
_BEFORE = "AND m.seq < :before ORDER BY m.seq DESC LIMIT :limit"
_AFTER = "AND m.seq > :after AND m.seq < :before ORDER BY m.seq LIMIT :limit"
_IN_THREAD = "AND m.thread_root = :thread_root "
# ``rev > 0`` says nothing new; it is what lets the partial index be used.
_CHANGED = """
AND m.rev > 0 AND m.rev > :after_rev AND m.seq <= :after_seq ORDER BY m.rev LIMIT :limit
"""

_STEPS = """
SELECT p.user_id, kinds.value, s.seq, s.at
FROM participants AS p CROSS JOIN json_each('[0, 1]') AS kinds CROSS JOIN receipts AS s
WHERE p.room_no = (SELECT no FROM rooms WHERE id = :room_id)
    AND s.room_no = p.room_no AND s.user_id = p.user_id AND s.kind = kinds.value
    AND s.seq >= :first AND s.seq <= coalesce((
        SELECT min(beyond.seq) FROM receipts AS beyond
        WHERE beyond.room_no = p.room_no AND beyond.user_id = p.user_id
            AND beyond.kind = kinds.value AND beyond.seq > :last), :last)
"""

_SEARCH = """
SELECT m.no, min(:level, iif(:is_staff, :level, me.level)) AS level
FROM text_index CROSS JOIN messages AS m ON m.no = text_index.rowid
    LEFT JOIN participants AS me ON me.room_no = m.room_no AND me.user_id = :user_id
WHERE text_index MATCH :match AND text_index.rowid < :before
    AND (:is_staff OR (me.is_active
        AND NOT (me.is_blocked AND coalesce(me.blocked_until, :now + 1) > :now)))
    AND m.audience <= min(:level, iif(:is_staff, :level, me.level))
    AND (:room_no IS NULL OR m.room_no = :room_no)
    AND (:sender_id IS NULL OR m.sender_id = :sender_id)
    AND (:type IS NULL OR m.type = :type)
    AND (:since IS NULL OR m.created_at >= :since)
    AND (:until IS NULL OR m.created_at < :until)
ORDER BY text_index.rowid DESC LIMIT :limit
"""
_NUMBERED = "WHERE m.no IN (SELECT value FROM json_each(:numbers))"
_MINE = "SELECT room_no FROM participants WHERE user_id = ? AND is_active"

_END_OF_LOG = 1 << 62
_GAP = 50
"""Messages further apart than this are taken as two spans when their receipts are read: so a page
picked from a long log does not read the receipts of everything in between."""
_FEW_ROOMS = 200
"""Up to this many rooms are named to the text index; beyond that, naming them costs too much."""


def messages(db: sqlite3.Connection, span: Span) -> MessagePage:
    narrowed = "" if span.thread_root is None else _IN_THREAD
    order = _BEFORE if span.after is None else _AFTER
    rows = db.execute(
        SELECT_MESSAGES + _VISIBLE + narrowed + order,
        {
            "room_id": span.room_id,
            "level": span.level,
            "thread_root": span.thread_root,
            "before": _END_OF_LOG if span.before is None else span.before,
            "after": span.after,
            "limit": span.limit + 1,
        },
    ).fetchall()
    page = [message_from(row) for row in rows[: span.limit]]
    if span.after is None:
        page.reverse()
    return MessagePage(page, steps(db, page), more=len(rows) > span.limit)


def changes(
    db: sqlite3.Connection, room_id: str, level: int, after_seq: int, after_rev: int, limit: int
) -> Changes:
    """See the port. An unknown room has no changes, now or later: the position stays."""
    numbers = db.execute("SELECT last_seq, rev FROM rooms WHERE id = ?", (room_id,)).fetchone()
    if numbers is None:
        return Changes([], [], after_seq, after_rev, limited=False)
    last_seq, rev = numbers
    asked = {"room_id": room_id, "level": level, "after_seq": after_seq, "after_rev": after_rev}
    changed = _log(db, _CHANGED, asked | {"limit": limit + 1})
    if len(changed) > limit:
        del changed[limit:]
        return Changes(changed, steps(db, changed), after_seq, changed[-1].rev, limited=True)
    room_left = limit - len(changed)
    ahead = {"after": after_seq, "before": _END_OF_LOG, "limit": room_left + 1}
    new = _log(db, _AFTER, asked | ahead)
    limited = len(new) > room_left
    if limited:
        del new[room_left:]
        last_seq = new[-1].seq if new else after_seq
    page = changed + new
    return Changes(page, steps(db, page), last_seq, rev, limited)


def search(db: sqlite3.Connection, query: SearchQuery) -> MessagePage:
    """Messages by their words, as far as the text index reaches."""
    viewer = query.viewer
    before = _END_OF_LOG if query.cursor is None else place_in(query.cursor)[0]
    room_no = None
    if query.room_id is not None:
        room = db.execute("SELECT no FROM rooms WHERE id = ?", (query.room_id,)).fetchone()
        if room is None:
            return MessagePage([], [], more=False)
        room_no = room[0]
    match = _match(query.words, _rooms_to_name(db, query, room_no))
    if match is None:
        return MessagePage([], [], more=False)
    found: list[tuple[int, int]] = db.execute(
        _SEARCH,
        {
            "match": match,
            "before": before,
            "user_id": viewer.user_id,
            "level": viewer.level,
            "is_staff": viewer.is_staff,
            "now": to_ms(viewer.now),
            "room_no": room_no,
            "sender_id": query.sender_id,
            "type": query.type,
            "since": to_ms_or_none(query.since),
            "until": to_ms_or_none(query.until),
            "limit": query.limit + 1,
        },
    ).fetchall()
    picked = found[: query.limit]
    known = numbered_messages(db, picked)
    page = [known[no] for no, _ in picked]
    more = len(found) > len(picked)
    following = cursor_of(picked[-1][0], 0) if more and picked else None
    return MessagePage(page, steps(db, page), more, following)


def numbered_messages(
    db: sqlite3.Connection, picked: Iterable[tuple[int, int]]
) -> dict[int, Message]:
    """Messages by their number over all rooms, each as seen from the level beside it."""
    by_level: dict[int, list[int]] = {}
    for no, level in picked:
        by_level.setdefault(level, []).append(no)
    found: dict[int, Message] = {}
    for level, numbers in by_level.items():
        rows = db.execute(
            SELECT_MESSAGES + _NUMBERED,
            {"level": level, "numbers": json.dumps(numbers)},
        )
        found.update((row[0], message_from(row)) for row in rows)
    return found


def steps(db: sqlite3.Connection, page: Sequence[Message]) -> list[Step]:
    """The receipts that tell who has these messages: those among them, and the first beyond.

    For each person and kind that is at most one more than the messages' numbers span, however long
    the room's history is.
    """
    by_room: dict[str, list[int]] = {}
    for message in page:
        by_room.setdefault(message.room_id, []).append(message.seq)
    return [
        step
        for room_id, numbers in by_room.items()
        for first, last in _runs(sorted(numbers))
        for step in _steps(db, room_id, first, last)
    ]


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each stretch without a wide gap."""
    gaps = [(low, high) for low, high in pairwise(numbers) if high - low > _GAP]
    firsts = [numbers[0], *(high for _, high in gaps)]
    lasts = [*(low for low, _ in gaps), numbers[-1]]
    return list(zip(firsts, lasts, strict=True))


def _steps(db: sqlite3.Connection, room_id: str, first: int, last: int) -> list[Step]:
    rows = db.execute(_STEPS, {"room_id": room_id, "first": first, "last": last})
    return [
        Step(room_id, user_id, "read" if kind else "delivered", seq, from_ms(at))
        for user_id, kind, seq, at in rows
    ]


def _log(db: sqlite3.Connection, which: str, values: dict[str, Any]) -> list[Message]:
    rows = db.execute(SELECT_MESSAGES + _VISIBLE + which, values)
    return [message_from(row) for row in rows]


def _rooms_to_name(
    db: sqlite3.Connection, query: SearchQuery, room_no: int | None
) -> list[int] | None:
    """The rooms the text index is to look in; None: in all, and sort out afterwards."""
    if room_no is not None:
        return [room_no]
    if query.viewer.is_staff:
        return None
    mine = [row[0] for row in db.execute(_MINE, (query.viewer.user_id,))]
    return mine if len(mine) <= _FEW_ROOMS else None


def _match(words: Sequence[str], room_nos: list[int] | None) -> str | None:
    """The question in the text index's language; None if nothing can answer it."""
    if not words or room_nos == []:
        return None
    # Quoted, a word is only ever a word. A zero byte would end the question early.
    quoted = ['"' + word.replace("\0", " ").replace('"', '""') + '"' for word in words]
    asked = f"content : ({' AND '.join(quoted)} *)"
    if room_nos is None:
        return asked
    return f"place : ({' OR '.join(f'r{no}' for no in room_nos)}) AND {asked}"
