"""Rooms themselves: opened, changed, found by id or order."""

from __future__ import annotations

import json
import sqlite3

from domain.errors import not_found
from domain.model import Room
from domain.ports import RoomChange
from domain.rooms import RoomRule

from .heads import Heads
from .rows import (
    SELECT_PARTICIPANTS,
    SELECT_ROOMS,
    participant_fields,
    participants_from,
    room_fields,
    room_from,
)

_INSERT = """
INSERT INTO rooms (id, order_id, order_number, folded_id, folded_number, status, created_at,
    closed_at, max_participants, support, labels, metadata, last_activity)
VALUES (:id, :order_id, :order_number, :folded_id, :folded_number, :status, :created_at,
    :closed_at, :max_participants, :support, :labels, :metadata, :created_at)
ON CONFLICT (order_id) DO NOTHING
"""
_UPDATE = """
UPDATE rooms SET order_number = :order_number, folded_number = :folded_number, status = :status,
    closed_at = :closed_at, max_participants = :max_participants, support = :support,
    labels = :labels, metadata = :metadata
WHERE no = :no
"""
_INSERT_PARTICIPANT = """
INSERT INTO participants (room_no, user_id, place, id, role, level, name, folded_name, joined_at,
    is_active, is_muted, muted_until, is_blocked, blocked_until, notification_preferences)
VALUES (:room_no, :user_id, :place, :id, :role, :level, :name, :folded_name, :joined_at,
    :is_active, :is_muted, :muted_until, :is_blocked, :blocked_until,
    :notification_preferences)
"""


def open_room(db: sqlite3.Connection, room: Room) -> tuple[Room, bool]:
    """Keep a new room unless its order has one; the room as kept, and whether it is new."""
    inserted = db.execute(_INSERT, room_fields(room))
    is_new = inserted.rowcount == 1
    if is_new:
        _insert_participants(db, inserted.lastrowid or 0, room)
    kept = find_room(db, None, room.order_id)
    if kept is None:
        raise LookupError(f"the room of order {room.order_id} was written and is not there")
    return kept, is_new


def change_room(db: sqlite3.Connection, heads: Heads, room_id: str, rule: RoomRule) -> RoomChange:
    """Replace the room by what ``rule`` makes of it. Its id, order and birth stay fixed."""
    head = heads.find(room_id)
    before = None if head is None else find_room(db, room_id, None)
    if head is None or before is None:
        raise not_found("room")
    after = rule(before)
    if after is before:
        return RoomChange(before, before, head.rev)
    db.execute(_UPDATE, {**room_fields(after), "no": head.no})
    if after.participants != before.participants:
        db.execute("DELETE FROM participants WHERE room_no = ?", (head.no,))
        _insert_participants(db, head.no, after)
    head.status = after.status
    head.rev += 1
    heads.moved(head)
    kept = find_room(db, room_id, None)
    return RoomChange(before, kept or after, head.rev)


def find_room(db: sqlite3.Connection, room_id: str | None, order_id: str | None) -> Room | None:
    """The room of that id, or else of that order."""
    if room_id is not None:
        row = db.execute(SELECT_ROOMS + "WHERE r.id = ?", (room_id,)).fetchone()
    else:
        row = db.execute(SELECT_ROOMS + "WHERE r.order_id = ?", (order_id,)).fetchone()
    if row is None:
        return None
    room_no = row[0]
    people = db.execute(SELECT_PARTICIPANTS, {"room_nos": json.dumps([room_no])}).fetchall()
    return room_from(row, participants_from(people).get(room_no, ()))


def _insert_participants(db: sqlite3.Connection, room_no: int, room: Room) -> None:
    db.executemany(
        _INSERT_PARTICIPANT,
        [participant_fields(room_no, place, one) for place, one in enumerate(room.participants)],
    )
