"""Between table rows and the domain's nouns."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from domain.audience import AUDIENCES, CLEARANCE
from domain.model import Mark, Message, Participant, Room, Sender, message_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

SELECT_MESSAGES = """
SELECT m.no, r.id, m.seq, m.rev, m.client_id, m.sender_id, m.sender_role, m.sender_name, m.type,
    m.audience, m.content, m.attachments, m.reply_to, m.thread_root, m.created_at, m.edited_at,
    m.is_edited, m.is_deleted, m.deleted_by, m.metadata,
    CASE WHEN m.thread_root IS NULL THEN (
        SELECT count(*) FROM messages AS answer
        WHERE answer.room_no = m.room_no AND answer.thread_root = m.seq
            AND answer.audience <= :level AND NOT answer.is_deleted
    ) ELSE 0 END
FROM messages AS m JOIN rooms AS r ON r.no = m.room_no
"""
"""Rows for :func:`message_from`; ``:level`` is who counts the answers. A WHERE is to follow."""

SELECT_ROOMS = """
SELECT r.no, r.id, r.order_id, r.order_number, r.status, r.created_at, r.closed_at,
    r.max_participants, r.support, r.labels, r.metadata
FROM rooms AS r
"""
"""Rows for :func:`room_from`. A WHERE is to follow."""

SELECT_PARTICIPANTS = """
SELECT p.room_no, p.id, p.user_id, p.role, p.name, p.joined_at, p.is_active, p.is_muted,
    p.muted_until, p.is_blocked, p.blocked_until, p.notification_preferences
FROM participants AS p
WHERE p.room_no IN (SELECT value FROM json_each(:room_nos))
ORDER BY p.room_no, p.place
"""
"""Rows for :func:`participants_from`."""

Row = tuple[Any, ...]


def to_ms(at: datetime) -> int:
    return (at - EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def to_ms_or_none(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def from_ms_or_none(ms: int | None) -> datetime | None:
    return None if ms is None else from_ms(ms)


def to_json(value: Any) -> str | None:
    """JSON, or null for what is empty. Times inside become text, as they go to the wire."""
    if not value:
        return None
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_time_as_text)


def from_json(text: str | None, empty: Any) -> Any:
    return empty if text is None else json.loads(text)


def _time_as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


def message_from(row: Row) -> Message:
    (_, room_id, seq, rev, client_id, sender_id, sender_role, sender_name, kind) = row[:9]
    (audience, content, attachments, reply_to, thread_root, created_at, edited_at) = row[9:16]
    (is_edited, is_deleted, deleted_by, metadata, reply_count) = row[16:]
    return Message(
        id=message_id(room_id, seq),
        room_id=room_id,
        seq=seq,
        rev=rev,
        client_id=client_id,
        sender=Sender(sender_id, sender_role, sender_name),
        type=kind,
        audience=AUDIENCES[audience],
        content=content,
        attachments=tuple(from_json(attachments, ())),
        reply_to=None if reply_to is None else message_id(room_id, reply_to),
        thread_root=None if thread_root is None else message_id(room_id, thread_root),
        reply_count=reply_count,
        created_at=from_ms(created_at),
        edited_at=from_ms_or_none(edited_at),
        is_edited=bool(is_edited),
        is_deleted=bool(is_deleted),
        deleted_by=deleted_by,
        metadata=from_json(metadata, {}),
    )


def room_from(row: Row, participants: tuple[Participant, ...]) -> Room:
    (_, room_id, order_id, order_number, status, created_at, closed_at, seats) = row[:8]
    (support, labels, metadata) = row[8:]
    return Room(
        id=room_id,
        order_id=order_id,
        order_number=order_number,
        status=status,
        created_at=from_ms(created_at),
        participants=participants,
        max_participants=seats,
        closed_at=from_ms_or_none(closed_at),
        support=from_json(support, None),
        labels=tuple(from_json(labels, ())),
        metadata=from_json(metadata, {}),
    )


def room_fields(room: Room) -> dict[str, Any]:
    """A room's own columns: all but the numbers that move with every message."""
    return {
        "id": room.id,
        "order_id": room.order_id,
        "order_number": room.order_number,
        "folded_id": room.order_id.casefold(),
        "folded_number": room.order_number.casefold(),
        "status": room.status,
        "created_at": to_ms(room.created_at),
        "closed_at": to_ms_or_none(room.closed_at),
        "max_participants": room.max_participants,
        # Nothing known about support and no support are two things.
        "support": None if room.support is None else to_json(room.support) or "{}",
        "labels": to_json(room.labels),
        "metadata": to_json(room.metadata),
    }


def participants_from(rows: list[Row]) -> dict[int, tuple[Participant, ...]]:
    """The participants of each room, by the room's number."""
    found: dict[int, list[Participant]] = {}
    for row in rows:
        (room_no, identifier, user_id, role, name, joined_at) = row[:6]
        (is_active, is_muted, muted_until, is_blocked, blocked_until, preferences) = row[6:]
        one = Participant(
            id=identifier,
            user_id=user_id,
            role=role,
            name=name,
            joined_at=from_ms(joined_at),
            is_active=bool(is_active),
            is_muted=bool(is_muted),
            muted_until=from_ms_or_none(muted_until),
            is_blocked=bool(is_blocked),
            blocked_until=from_ms_or_none(blocked_until),
            notification_preferences=from_json(preferences, {}),
        )
        found.setdefault(room_no, []).append(one)
    return {room_no: tuple(people) for room_no, people in found.items()}


def participant_fields(room_no: int, place: int, one: Participant) -> dict[str, Any]:
    return {
        "room_no": room_no,
        "user_id": one.user_id,
        "place": place,
        "id": one.id,
        "role": one.role,
        "level": CLEARANCE[one.role],
        "name": one.name,
        "folded_name": one.name.casefold(),
        "joined_at": to_ms(one.joined_at),
        "is_active": one.is_active,
        "is_muted": one.is_muted,
        "muted_until": to_ms_or_none(one.muted_until),
        "is_blocked": one.is_blocked,
        "blocked_until": to_ms_or_none(one.blocked_until),
        "notification_preferences": to_json(one.notification_preferences),
    }


@lru_cache
def placeholders(rows: int, columns: int) -> str:
    """The VALUES of a statement for so many rows."""
    row = "(" + ", ".join("?" * columns) + ")"
    return ", ".join([row] * rows)


def mark_from(delivered: int | None, read: int | None) -> Mark:
    """A mark from the furthest advance of each kind: what is read is delivered."""
    return Mark(max(delivered or 0, read or 0), read or 0)
