"""Messages change under a number of their own, and whoever was away learns exactly what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_examples import (
    draft,
    examples,
    kept_room,
    later,
    make_room,
    say,
    say_all,
    tombstone,
    whole_log,
    with_text,
)

from domain.audience import AUDIENCES
from domain.errors import ChatError
from domain.model import Message, Room
from domain.ports import Changes, Span, Store


async def test_a_change_is_kept_under_the_rooms_next_number(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say_all(store, [draft(room, text) for text in "abc"])
    edited = await store.change_message(room.id, 2, with_text("B"))
    assert (edited.content, edited.rev, edited.is_edited, edited.edited_at) == (
        "B",
        1,
        True,
        later(60),
    )
    deleted = await store.change_message(
        room.id, 1, lambda message: replace(tombstone(message), metadata={"deleted_at": "then"})
    )
    assert (deleted.content, deleted.rev, deleted.is_deleted) == ("", 2, True)
    assert deleted.metadata == {"deleted_at": "then"}
    assert (await whole_log(store, room.id))[:2] == [deleted, edited]


async def test_a_rule_that_finds_nothing_to_change_changes_nothing(store: Store) -> None:
    room = await kept_room(store, "anna")
    message = await say(store, room)
    assert await store.change_message(room.id, 1, lambda message: message) == message
    assert (await store.changes(room.id, 2, 1, 0, 10)).after_rev == 0


async def test_a_rule_that_refuses_keeps_nothing(store: Store) -> None:
    room = await kept_room(store, "anna")
    message = await say(store, room)

    def refuse(_: Message) -> Message:
        raise ChatError("forbidden", "no")

    with pytest.raises(ChatError, match="no"):
        await store.change_message(room.id, 1, refuse)
    assert await whole_log(store, room.id) == [message]


@pytest.mark.parametrize("seq", [0, 2, -1])
async def test_a_message_that_is_not_there_cannot_be_changed(store: Store, seq: int) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)
    for room_id in (room.id, make_room().id):
        with pytest.raises(ChatError) as refused:
            await store.change_message(room_id, seq, tombstone)
        assert refused.value.code == "not_found"


async def test_changes_at_the_same_time_each_see_the_one_before(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room, "")

    def add(letter: str) -> Callable[[Message], Message]:
        return lambda message: replace(message, content=message.content + letter)

    changed = await asyncio.gather(
        *(store.change_message(room.id, 1, add(letter)) for letter in "abcdefgh")
    )
    assert sorted(one.rev for one in changed) == list(range(1, 9))
    (message,) = await whole_log(store, room.id)
    assert (sorted(message.content), message.rev) == (list("abcdefgh"), 8)


async def test_an_exploding_rule_hurts_nobody_else(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)

    def explode(_: Message) -> Message:
        raise ZeroDivisionError

    answers = await asyncio.gather(
        store.append(draft(room, "before")),
        store.change_message(room.id, 1, with_text("changed")),
        store.change_message(room.id, 1, explode),
        store.append(draft(room, "after")),
        return_exceptions=True,
    )
    assert isinstance(answers[2], ZeroDivisionError)
    contents = [one.content for one in await whole_log(store, room.id)]
    assert contents == ["changed", "before", "after"]
    assert (await say(store, room)).seq == 4


async def test_pages_of_a_log_go_both_ways(store: Store) -> None:
    room = await kept_room(store, "anna")
    log = await say_all(store, [draft(room, f"{n}") for n in range(1, 11)])

    async def numbers(**asked: int) -> tuple[list[int], bool]:
        page = await store.messages(Span(room.id, 2, **asked))
        assert page.messages == [log[one.seq - 1] for one in page.messages]
        return [one.seq for one in page.messages], page.more

    assert await numbers(limit=3) == ([8, 9, 10], True)
    assert await numbers(limit=3, before=8) == ([5, 6, 7], True)
    assert await numbers(limit=7, before=8) == ([1, 2, 3, 4, 5, 6, 7], False)
    assert await numbers(limit=3, before=1) == ([], False)
    assert await numbers(limit=3, after=0) == ([1, 2, 3], True)
    assert await numbers(limit=3, after=7) == ([8, 9, 10], False)
    assert await numbers(limit=3, after=10) == ([], False)
    unknown = await store.messages(Span(make_room().id, 2, limit=3))
    assert (unknown.messages, unknown.steps, unknown.more) == ([], [], False)


async def test_a_thread_has_its_answers_only_and_its_root_counts_them(store: Store) -> None:
    room = await kept_room(store, "anna", "olga")
    await say_all(store, [draft(room, "root"), draft(room, "other")])
    answers = [
        draft(room, f"answer {n}", "olga", reply_to=1, thread_root=1, audience=audience)
        for n, audience in enumerate(("everyone", "staff", "everyone", "clinical"))
    ]
    await say_all(store, answers)
    await store.change_message(room.id, 5, tombstone)
    for level, seen, counted in ((0, [3, 5], 1), (1, [3, 5, 6], 2), (2, [3, 4, 5, 6], 3)):
        thread = await store.messages(Span(room.id, level, 10, thread_root=1))
        assert [one.seq for one in thread.messages] == seen
        assert {one.reply_count for one in thread.messages} == {0}
        root, other = (await store.messages(Span(room.id, level, 2, after=0))).messages
        assert (root.reply_count, other.reply_count) == (counted, 0)
    newest = await store.messages(Span(room.id, 2, 2, thread_root=1))
    assert ([one.seq for one in newest.messages], newest.more) == ([5, 6], True)


async def test_changes_come_before_what_is_new_and_each_message_once(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say_all(store, [draft(room, f"{n}") for n in range(1, 7)])
    for seq in (3, 1, 6, 2):
        await store.change_message(room.id, seq, with_text(f"{seq} changed"))

    async def page(after_seq: int, after_rev: int, limit: int) -> tuple[list[int], int, int, bool]:
        found: Changes = await store.changes(room.id, 2, after_seq, after_rev, limit)
        return (
            [one.seq for one in found.messages],
            found.after_seq,
            found.after_rev,
            found.limited,
        )

    assert await page(4, 0, 2) == ([3, 1], 4, 2, True)
    assert await page(4, 2, 2) == ([2, 5], 5, 4, True)
    assert await page(5, 4, 2) == ([6], 6, 4, False)
    assert await page(4, 0, 3) == ([3, 1, 2], 4, 4, True)
    assert await page(4, 0, 9) == ([3, 1, 2, 5, 6], 6, 4, False)
    assert await page(6, 4, 1) == ([], 6, 4, False)
    assert await page(0, 0, 6) == ([1, 2, 3, 4, 5, 6], 6, 4, False)


async def test_what_may_not_be_seen_is_passed_over(store: Store) -> None:
    room = await kept_room(store, "anna", "olga")
    await say_all(store, [draft(room), draft(room, "note", "olga", audience="staff")])
    await store.change_message(room.id, 2, with_text("other note"))
    assert await store.changes(room.id, 1, 1, 0, 5) == Changes([], [], 2, 1, limited=False)
    assert (await store.messages(Span(room.id, 1, 5))).messages == [
        (await whole_log(store, room.id))[0]
    ]


async def test_an_unknown_room_has_no_changes(store: Store) -> None:
    nowhere = make_room().id
    assert await store.changes(nowhere, 2, 3, 4, 5) == Changes([], [], 3, 4, limited=False)


@dataclass
class Client:
    """Somebody who keeps a copy of the log, and asks now and then what they have missed."""

    level: int
    limit: int
    copy: dict[int, Message] = field(default_factory=dict)
    after_seq: int = 0
    after_rev: int = 0

    async def ask(self, store: Store, room: Room) -> bool:
        """Apply one page; whether there is more. Nothing is ever told twice the same."""
        found = await store.changes(room.id, self.level, self.after_seq, self.after_rev, self.limit)
        assert len(found.messages) <= self.limit
        for message in found.messages:
            assert self.copy.get(message.seq) != message
            self.copy[message.seq] = message
        self.after_seq, self.after_rev = found.after_seq, found.after_rev
        return found.limited


_ACTS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(AUDIENCES)),
    st.tuples(st.just("edit"), st.integers(0, 99)),
    st.tuples(st.just("delete"), st.integers(0, 99)),
    st.tuples(st.just("ask"), st.integers(0, 2)),
)


@examples
@given(script=st.lists(_ACTS, min_size=15, max_size=45), limits=st.tuples(*[st.integers(1, 5)] * 3))
async def test_following_the_changes_gives_the_log(
    store: Store, script: list[tuple[str, object]], limits: tuple[int, ...]
) -> None:
    room = await kept_room(store, "anna", "piotr", "olga")
    clients = [Client(level, limit) for level, limit in enumerate(limits)]
    placed = 0
    for number, (act, what) in enumerate(script):
        if act == "say":
            await say(store, room, f"text {number}", "olga", audience=what)
            placed += 1
        elif act == "ask":
            await clients[what].ask(store, room)
        elif placed:
            rule = tombstone if act == "delete" else with_text(f"edit {number}")
            await store.change_message(room.id, what % placed + 1, rule)
    for client in clients:
        while await client.ask(store, room):
            pass
        log = await whole_log(store, room.id, client.level)
        assert [client.copy[seq] for seq in sorted(client.copy)] == log
        assert client.after_seq == placed
