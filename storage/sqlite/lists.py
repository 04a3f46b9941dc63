"""Rooms as one person sees them: lists, snapshots, and what they have not read."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from domain.model import Mark, Message, Snapshot, Viewer
from domain.ports import RoomPage, RoomQuery

from .paging import cursor_of, place_in
from .queries import numbered_messages, steps
from .rows import (
    SELECT_PARTICIPANTS,
    Row,
    from_ms,
    mark_from,
    participants_from,
    room_from,
    to_ms,
)

# Which rooms, and in which order. The three differ in where they start: from the rooms by activity
# (staff), from the person's own rooms, or from a list of ids.
_OF_STAFF = """
SELECT r.no, r.last_activity, r.no
FROM rooms AS r LEFT JOIN participants AS me ON me.room_no = r.no AND me.user_id = :user_id
WHERE (r.last_activity, r.no) < (:major, :minor)
"""
_OF_PERSON = """
SELECT r.no, r.last_activity, r.no
FROM participants AS me JOIN rooms AS r ON r.no = me.room_no
WHERE me.user_id = :user_id AND me.is_active
    AND NOT (me.is_blocked AND coalesce(me.blocked_until, :now + 1) > :now)
    AND (r.last_activity, r.no) < (:major, :minor)
"""
_NAMED = """
SELECT r.no, asked.key, 0
FROM json_each(:ids) AS asked JOIN rooms AS r ON r.id = asked.value
    LEFT JOIN participants AS me ON me.room_no = r.no AND me.user_id = :user_id
WHERE asked.key > :major
"""
_LATEST_FIRST = "ORDER BY r.last_activity DESC, r.no DESC LIMIT :limit"
_AS_NAMED = "ORDER BY asked.key LIMIT :limit"

_MATCHING = """
    AND r.status IN (SELECT value FROM json_each(:statuses))
    AND (:text IS NULL
        OR instr(r.folded_number, :text) = 1
        OR instr(r.folded_id, :text) = 1
        OR EXISTS (SELECT 1 FROM participants AS p
            WHERE p.room_no = r.no AND instr(p.folded_name, :text) > 0))
    AND (NOT :unread OR EXISTS (
        SELECT 1 FROM messages AS m
        WHERE m.room_no = r.no AND NOT m.is_deleted AND m.sender_id <> :user_id
            AND m.audience <= min(:level, iif(:is_staff, :level, coalesce(me.level, :level)))
            AND m.seq > coalesce((
                SELECT max(seq) FROM receipts
                WHERE room_no = r.no AND user_id = :user_id AND kind = 1), 0)))
"""

_SNAPSHOTS = """
WITH listed AS (
    SELECT r.*, min(:level, iif(:is_staff, :level, coalesce(me.level, :level))) AS level,
        (SELECT max(seq) FROM receipts
            WHERE room_no = r.no AND user_id = :user_id AND kind = 0) AS delivered_seq,
        (SELECT max(seq) FROM receipts
            WHERE room_no = r.no AND user_id = :user_id AND kind = 1) AS read_seq
    FROM rooms AS r LEFT JOIN participants AS me ON me.room_no = r.no AND me.user_id = :user_id
    WHERE r.no IN (SELECT value FROM json_each(:room_nos))
)
SELECT no, id, order_id, order_number, status, created_at, closed_at, max_participants, support,
    labels, metadata, last_seq, rev, last_activity, level, delivered_seq, read_seq,
    (SELECT m.no FROM messages AS m
        WHERE m.room_no = listed.no AND m.audience <= listed.level
        ORDER BY m.seq DESC LIMIT 1),
    (SELECT count(*) FROM messages AS m
        WHERE m.room_no = listed.no AND m.seq > coalesce(listed.read_seq, 0)
            AND m.audience <= listed.level AND m.sender_id <> :user_id AND NOT m.is_deleted)
FROM listed
"""

_MARKS = """
SELECT p.room_no, p.user_id,
    (SELECT max(seq) FROM receipts
        WHERE room_no = p.room_no AND user_id = p.user_id AND kind = 0),
    (SELECT max(seq) FROM receipts
        WHERE room_no = p.room_no AND user_id = p.user_id AND kind = 1)
FROM participants AS p
WHERE p.room_no IN (SELECT value FROM json_each(:room_nos))
"""

_UNREAD = """
WITH mine AS (
    SELECT r.no, r.id, iif(:is_staff, :level, min(:level, me.level)) AS level,
        coalesce((SELECT max(seq) FROM receipts
            WHERE room_no = r.no AND user_id = :user_id AND kind = 1), 0) AS read_seq
    FROM participants AS me JOIN rooms AS r ON r.no = me.room_no
    WHERE me.user_id = :user_id AND me.is_active
        AND NOT (me.is_blocked AND coalesce(me.blocked_until, :now + 1) > :now)
        AND r.status <> 'archived'
)
SELECT id, (SELECT count(*) FROM messages AS m
    WHERE m.room_no = mine.no AND m.seq > mine.read_seq AND m.audience <= mine.level
        AND m.sender_id <> :user_id AND NOT m.is_deleted)
FROM mine
"""

_END_OF_TIME = 1 << 62


def rooms(db: sqlite3.Connection, query: RoomQuery) -> RoomPage:
    """One page of rooms; with ``ids`` a page of those, in their order."""
    wanted = _viewer(query.viewer) | {
        "ids": json.dumps(query.ids),
        "statuses": json.dumps(query.statuses),
        "text": None if query.text is None else query.text.casefold(),
        "unread": query.unread,
        "limit": query.limit + 1,
    }
    if query.ids is not None:
        sql, start = _NAMED + _MATCHING + _AS_NAMED, (-1, 0)
    else:
        source = _OF_STAFF if query.viewer.is_staff else _OF_PERSON
        sql, start = source + _MATCHING + _LATEST_FIRST, (_END_OF_TIME, 0)
    major, minor = start if query.cursor is None else place_in(query.cursor)
    found = db.execute(sql, wanted | {"major": major, "minor": minor}).fetchall()
    page = found[: query.limit]
    more = cursor_of(*page[-1][1:]) if page and len(found) > len(page) else None
    return RoomPage(_snapshots(db, query.viewer, [row[0] for row in page]), more)


def unread(db: sqlite3.Connection, viewer: Viewer) -> dict[str, int]:
    return dict(db.execute(_UNREAD, _viewer(viewer)).fetchall())


def _viewer(viewer: Viewer) -> dict[str, Any]:
    return {
        "user_id": viewer.user_id,
        "level": viewer.level,
        "is_staff": viewer.is_staff,
        "now": to_ms(viewer.now),
    }


def _snapshots(db: sqlite3.Connection, viewer: Viewer, room_nos: list[int]) -> list[Snapshot]:
    """The rooms of those numbers, in that order."""
    asked = {"room_nos": json.dumps(room_nos)}
    rows = db.execute(_SNAPSHOTS, _viewer(viewer) | asked).fetchall()
    people = participants_from(db.execute(SELECT_PARTICIPANTS, asked).fetchall())
    marks: dict[int, dict[str, Mark]] = {}
    for room_no, user_id, delivered, read in db.execute(_MARKS, asked):
        if delivered or read:
            marks.setdefault(room_no, {})[user_id] = mark_from(delivered, read)
    last = _last_messages(db, rows)
    found: dict[int, Snapshot] = {}
    for row in rows:
        (last_seq, rev, last_activity, _, delivered, read, last_no, count) = row[11:]
        own = {viewer.user_id: mark_from(delivered, read)} if delivered or read else {}
        found[row[0]] = Snapshot(
            room=room_from(row[:11], people.get(row[0], ())),
            last_seq=last_seq,
            rev=rev,
            last_activity=from_ms(last_activity),
            marks=marks.get(row[0], {}) | own,
            last_message=last.get(last_no),
            unread=count,
            steps=tuple(steps(db, [last[last_no]])) if last_no in last else (),
        )
    return [found[room_no] for room_no in room_nos]


def _last_messages(db: sqlite3.Connection, rows: list[Row]) -> dict[int, Message]:
    """The last message of each room, with the answers counted that the viewer may see there."""
    return numbered_messages(db, [(row[17], row[14]) for row in rows if row[17] is not None])
