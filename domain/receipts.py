"""Delivered, read, and a message's status: worked out from marks that never move back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from .audience import CLEARANCE, LEVELS
from .model import Mark, Message, MessageStatus, Room, Seen, Step


def advance(mark: Mark, delivered_seq: int, read_seq: int, last_seq: int) -> Mark:
    """The mark after a person said how far they are.

    It never moves back, never goes past the log, and what is read is delivered.
    """
    read = max(mark.read_seq, min(read_seq, last_seq))
    delivered = max(mark.delivered_seq, min(delivered_seq, last_seq), read)
    return Mark(delivered, read)


def recipients(room: Room, message: Message, reached: Collection[str]) -> list[str]:
    """Whom a message is for: everybody active who may see it, except its sender.

    Who came later counts once they have it (``reached``): a new rider does not make unread what
    everybody had read.
    """
    level = LEVELS[message.audience]
    return [
        one.user_id
        for one in room.participants
        if one.is_active
        and not one.is_blocked
        and one.user_id != message.sender.user_id
        and CLEARANCE[one.role] >= level
        and (one.joined_at <= message.created_at or one.user_id in reached)
    ]


def with_receipts(messages: Sequence[Message], room: Room, steps: Iterable[Step]) -> list[Message]:
    """The messages with ``status``, ``delivered_to`` and ``read_by`` filled in from mark steps.

    ``steps`` must hold, for each person and kind, every step inside the span of ``messages`` and
    the first one beyond it.
    """
    by_person: dict[str, list[Step]] = {}
    for step in sorted(steps, key=lambda one: one.at):
        if step.room_id == room.id:
            by_person.setdefault(step.user_id, []).append(step)
    return [_with_receipts(message, room, by_person) for message in messages]


def _with_receipts(message: Message, room: Room, by_person: dict[str, list[Step]]) -> Message:
    had: dict[str, Seen] = {}
    read: dict[str, Seen] = {}
    for user_id, steps in by_person.items():
        for step in steps:
            if step.seq >= message.seq:
                had.setdefault(user_id, Seen(user_id, step.at))
                if step.kind == "read":
                    read.setdefault(user_id, Seen(user_id, step.at))
    people = recipients(room, message, had)
    status: MessageStatus = "sent"
    if people and all(one in read for one in people):
        status = "read"
    elif people and all(one in had for one in people):
        status = "delivered"
    return replace(
        message,
        status=status,
        delivered_to=tuple(had[one] for one in people if one in had),
        read_by=tuple(read[one] for one in people if one in read),
    )
