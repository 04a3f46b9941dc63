"""Marks only move forward, and tell for every message who has it since when."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_examples import (
    ROLES,
    STAFF,
    draft,
    examples,
    kept_room,
    later,
    make_room,
    say,
    say_all,
    whole_log,
)

from domain.errors import ChatError
from domain.model import Mark, Room, Step
from domain.ports import SearchQuery, Span, Store
from domain.receipts import with_receipts


async def test_marks_never_move_back_and_never_past_the_log(store: Store) -> None:
    room = await kept_room(store, "anna", "piotr")
    await say_all(store, [draft(room) for _ in range(5)])

    async def moved(delivered: int, read: int) -> tuple[Mark, bool]:
        return await store.mark(room.id, "piotr", Mark(delivered, read), later(1))

    assert await moved(0, 0) == (Mark(0, 0), False)
    assert await moved(3, 2) == (Mark(3, 2), True)
    assert await moved(1, 1) == (Mark(3, 2), False)
    assert await moved(0, 4) == (Mark(4, 4), True)
    assert await moved(99, 0) == (Mark(5, 4), True)
    assert await moved(99, 99) == (Mark(5, 5), True)
    assert await moved(99, 99) == (Mark(5, 5), False)


async def test_an_unknown_room_takes_no_marks(store: Store) -> None:
    with pytest.raises(ChatError) as refused:
        await store.mark(make_room().id, "anna", Mark(1, 1), later(1))
    assert refused.value.code == "not_found"


async def test_a_page_brings_few_steps_however_long_the_history(store: Store) -> None:
    room = await kept_room(store, "anna", "piotr")
    await say_all(
        store, [draft(room, thread_root=1 if n in {1, 399} else None) for n in range(400)]
    )
    await asyncio.gather(
        *(store.mark(room.id, "piotr", Mark(n, n - 1), later(n)) for n in range(1, 400, 3))
    )
    page = await store.messages(Span(room.id, 0, 10, before=201))
    assert len(page.steps) <= 2 * 2 * (10 + 1)
    thread = await store.messages(Span(room.id, 0, 10, thread_root=1))
    assert [one.seq for one in thread.messages] == [2, 400]
    assert len(thread.steps) <= 2 * 2 * 2 * (1 + 1)


Marking = tuple[str, int, int]
_MARKS = st.tuples(st.sampled_from(sorted(ROLES)), st.integers(0, 130), st.integers(0, 130))


@examples
@given(
    early=st.lists(_MARKS, max_size=12),
    late=st.lists(_MARKS, max_size=12),
    span=st.tuples(st.integers(1, 120), st.integers(1, 40)),
)
async def test_the_steps_of_a_page_tell_as_much_as_all_steps(
    store: Store, early: list[Marking], late: list[Marking], span: tuple[int, int]
) -> None:
    room = await kept_room(store, *ROLES)
    steps = [
        *await _talk(store, room, 0),
        *await _move(store, room, early, 1),
        *await _talk(store, room, 100),
        *await _move(store, room, late, 101),
    ]
    first, limit = span
    pages = [
        await store.messages(Span(room.id, 2, limit, before=first)),
        await store.messages(Span(room.id, 0, limit, after=first)),
        await store.messages(Span(room.id, 2, 50, thread_root=1)),
        await store.search(SearchQuery(STAFF, ("rare",), room_id=room.id)),
        await store.changes(room.id, 2, first, 0, limit),
    ]
    for page in pages:
        told = with_receipts(page.messages, room, page.steps)
        assert told == with_receipts(page.messages, room, _advancing(steps))
    assert len(await whole_log(store, room.id)) == 120


async def _talk(store: Store, room: Room, start: int) -> list[Step]:
    """Sixty messages at once, some apart from the rest by a word, a thread or who may see them."""
    drafts = [
        draft(
            room,
            "rare" if number % 29 == 0 else "common",
            sorted(ROLES)[number % 7 % 4],
            created_at=later(start),
            audience="staff" if number % 7 == 3 else "everyone",
            thread_root=1 if number % 23 == 0 else None,
        )
        for number in range(start, start + 60)
    ]
    return [
        Step(room.id, one.sender.user_id, "read", one.seq, one.created_at)
        for one in await say_all(store, drafts)
    ]


async def _move(store: Store, room: Room, marks: list[Marking], start: int) -> list[Step]:
    steps: list[Step] = []
    for number, (who, delivered, read) in enumerate(marks):
        at = later(start + number)
        mark, _ = await store.mark(room.id, who, Mark(delivered, read), at)
        steps.append(Step(room.id, who, "delivered", mark.delivered_seq, at))
        steps.append(Step(room.id, who, "read", mark.read_seq, at))
    return steps


def _advancing(steps: list[Step]) -> list[Step]:
    """Only the steps that got further: a mark may move in one kind and stay in the other."""
    furthest: dict[tuple[str, str], int] = {}
    kept: list[Step] = []
    for step in sorted(steps, key=lambda one: one.at):
        if step.seq > furthest.get((step.user_id, step.kind), 0):
            furthest[step.user_id, step.kind] = step.seq
            kept.append(step)
    return kept


async def test_a_message_knows_since_when_who_has_it(store: Store) -> None:
    room = await kept_room(store, "anna", "piotr")
    await say(store, room)
    await store.mark(room.id, "piotr", Mark(1, 0), later(1))
    await store.mark(room.id, "piotr", Mark(1, 1), later(2))
    page = await store.messages(Span(room.id, 0, 10))
    (message,) = with_receipts(page.messages, room, page.steps)
    assert message.status == "read"
    assert [one.at for one in message.delivered_to] == [later(1)]
    assert [one.at for one in message.read_by] == [later(2)]
