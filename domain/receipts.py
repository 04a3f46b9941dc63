"""Delivered, read, and a message's status: worked out from marks that never move back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def recipients(room: Room, message: Message) -> list[str]:
    """Who is to get a message: everybody active who may see it, except its sender."""
    level = LEVELS[message.audience]
    return [
        one.user_id
        for one in room.participants
        if one.is_active
        and not one.is_blocked
        and one.user_id != message.sender.user_id
        and CLEARANCE[one.role] >= level
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
    delivered: list[Seen] = []
    read: list[Seen] = []
    people = recipients(room, message)
    for user_id in people:
        reached = [step for step in by_person.get(user_id, ()) if step.seq >= message.seq]
        if reached:
            delivered.append(Seen(user_id, reached[0].at))
        seen = [step for step in reached if step.kind == "read"]
        if seen:
            read.append(Seen(user_id, seen[0].at))
    status: MessageStatus = "sent"
    if people and len(read) == len(people):
        status = "read"
    elif people and len(delivered) == len(people):
        status = "delivered"
    return replace(message, status=status, delivered_to=tuple(delivered), read_by=tuple(read))
