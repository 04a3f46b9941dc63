"""People, rooms and messages for the store's suite, and the plain way to work out what is right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, settings

from domain.audience import CLEARANCE, LEVELS
from domain.model import (
    Draft,
    Mark,
    Message,
    Participant,
    ParticipantRole,
    Room,
    Sender,
    Viewer,
    message_id,
)
from domain.ports import MessageRule, Span, Store

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]

START = datetime(2026, 1, 5, 12, 0, 0, 250_000, tzinfo=UTC)
STAFF = Viewer("olga", 2, is_staff=True, now=START)
ROLES: dict[str, ParticipantRole] = {
    "anna": "customer",
    "piotr": "rider",
    "farma": "pharmacy",
    "olga": "support",
}

# Every example works in a room of its own, so it does no harm that they share a store.
examples = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

_numbers = count(1)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def make_room(*people: str, number: int | None = None, **fields: object) -> Room:
    """A room that is not kept yet, with those of ``ROLES`` in it."""
    number = number or next(_numbers)
    room_id = f"room{number}"
    room = Room(
        id=room_id,
        order_id=f"order-{number}",
        order_number=f"A-{number:04d}",
        status="open",
        created_at=START,
        participants=tuple(
            participant(room_id, place, name) for place, name in enumerate(people, 1)
        ),
    )
    return replace(room, **fields)


def participant(room_id: str, place: int, user_id: str) -> Participant:
    return Participant(
        id=f"{room_id}-{place}",
        user_id=user_id,
        role=ROLES[user_id],
        name=user_id.title(),
        joined_at=START,
        notification_preferences={"push": True} if place == 1 else {},
    )


async def kept_room(store: Store, *people: str, **fields: object) -> Room:
    room, is_new = await store.open_room(make_room(*people, **fields))
    assert is_new
    return room


def draft(room: Room, text: str = "hello", sender: str = "anna", **fields: object) -> Draft:
    made = Draft(
        room_id=room.id,
        client_id=f"client-{next(_numbers)}",
        sender=Sender(sender, ROLES[sender], sender.title()),
        type="text",
        audience="everyone",
        content=text,
        fingerprint=f"print of {text}",
        created_at=START,
    )
    return replace(made, **fields)


async def say(
    store: Store, room: Room, text: str = "hello", sender: str = "anna", **fields: object
) -> Message:
    message, duplicate = await store.append(draft(room, text, sender, **fields))
    assert not duplicate
    return message


async def say_all(store: Store, drafts: Sequence[Draft]) -> list[Message]:
    """Placed at the same time."""
    return [message for message, _ in await asyncio.gather(*map(store.append, drafts))]


def with_text(text: str) -> MessageRule:
    return lambda message: replace(message, content=text, is_edited=True, edited_at=later(60))


def tombstone(message: Message) -> Message:
    if message.is_deleted:
        return message
    return replace(message, content="", attachments=(), is_deleted=True, deleted_by="anna")


async def whole_log(store: Store, room_id: str, level: int = 2) -> list[Message]:
    page = await store.messages(Span(room_id, level, limit=10_000))
    assert not page.more
    return page.messages


def level_of(viewer: Viewer, room: Room) -> int:
    """What a viewer may see in a room, as ``audience.clearance`` has it."""
    me = room.participant(viewer.user_id)
    if viewer.is_staff or me is None:
        return viewer.level
    return min(viewer.level, CLEARANCE[me.role])


def seen_by(log: Sequence[Message], level: int) -> list[Message]:
    """The log as it is from that level: without what is above it, and its answers counted."""
    visible = [one for one in log if LEVELS[one.audience] <= level]
    return [
        replace(
            one,
            reply_count=sum(
                1
                for answer in visible
                if answer.thread_root == message_id(one.room_id, one.seq) and not answer.is_deleted
            ),
        )
        for one in visible
    ]


def unread_in(log: Sequence[Message], viewer: Viewer, level: int, mark: Mark) -> int:
    return sum(
        1
        for one in log
        if one.seq > mark.read_seq
        and LEVELS[one.audience] <= level
        and one.sender.user_id != viewer.user_id
        and not one.is_deleted
    )
