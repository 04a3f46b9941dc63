"""Messages are placed once, in order, without a gap."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from store_examples import (
    STAFF,
    draft,
    kept_room,
    later,
    make_room,
    say,
    say_all,
    tombstone,
    whole_log,
    with_text,
)

from domain.errors import ChatError
from domain.model import Draft, Mark, Seen
from domain.ports import RoomQuery, Span, Store
from domain.receipts import with_receipts
from domain.rooms import closed


async def test_a_message_is_kept_as_it_was_returned(store: Store) -> None:
    room = await kept_room(store, "anna", "olga")
    root = await say(store, room, "what about the order?")
    sent = draft(
        room,
        "Zażółć gęślą jaźń 💊\n\ttwo lines",
        "olga",
        type="image",
        audience="staff",
        attachments=({"id": "a1", "pages": [1, 2]},),
        reply_to=root.seq,
        thread_root=root.seq,
        metadata={"event": "e1", "at": later(1)},
        created_at=later(2),
    )
    message, duplicate = await store.append(sent)
    assert not duplicate
    assert message.id == f"{room.id}-2"
    assert (message.seq, message.rev, message.reply_count) == (2, 0, 0)
    assert message.reply_to == message.thread_root == root.id
    assert (message.sender, message.content) == (sent.sender, sent.content)
    assert (message.audience, message.type) == ("staff", "image")
    assert (message.attachments, message.created_at) == (sent.attachments, sent.created_at)
    assert (await whole_log(store, room.id))[1] == message


async def test_numbers_run_without_gap_from_many_tasks_in_many_rooms(store: Store) -> None:
    rooms = [await kept_room(store, "anna", "piotr") for _ in range(5)]
    drafts = [draft(rooms[n % 5], f"text {n}", "anna" if n % 3 else "piotr") for n in range(400)]
    placed = await say_all(store, drafts)
    for number, room in enumerate(rooms):
        mine = [one for one in placed if one.room_id == room.id]
        assert [one.seq for one in mine] == list(range(1, 81))
        assert [one.content for one in mine] == [f"text {n}" for n in range(number, 400, 5)]
        assert await whole_log(store, room.id) == mine


async def test_the_order_of_the_calls_is_the_order_of_the_numbers(store: Store) -> None:
    room = await kept_room(store, "anna")
    texts = [f"{n}" for n in range(150)]
    for start in range(0, 150, 50):
        await say_all(store, [draft(room, text) for text in texts[start : start + 50]])
    assert [one.content for one in await whole_log(store, room.id)] == texts


async def test_a_repeat_gets_the_first_back(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "once")
    message, _ = await store.append(first)
    again = await store.append(replace(first, created_at=later(9)))
    assert again == (message, True)
    assert await whole_log(store, room.id) == [message]


async def test_repeats_in_flight_are_one_message(store: Store) -> None:
    room = await kept_room(store, "anna")
    first, other = draft(room, "once"), draft(room, "other")
    answers = await asyncio.gather(*map(store.append, [first, other, first, first, other]))
    assert [duplicate for _, duplicate in answers] == [False, False, True, True, True]
    assert [message.seq for message, _ in answers] == [1, 2, 1, 1, 2]
    after = await say(store, room, "next")
    assert after.seq == 3


async def test_a_repeat_sees_the_message_as_it_is_now(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "tpyo")
    message, _ = await store.append(first)
    await say(store, room, "an answer", reply_to=1, thread_root=1)
    edited = await store.change_message(room.id, message.seq, with_text("typo"))
    assert await store.append(first) == (edited, True)
    assert edited.reply_count == 1
    deleted = await store.change_message(room.id, message.seq, tombstone)
    assert await store.append(first) == (deleted, True)


async def test_another_message_under_the_same_client_id_is_a_conflict(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "one thing")
    other = replace(first, content="another", fingerprint="another")
    answers = await asyncio.gather(
        store.append(first), store.append(other), store.append(draft(room)), return_exceptions=True
    )
    assert isinstance(answers[1], ChatError)
    assert answers[1].code == "conflict"
    with pytest.raises(ChatError) as refused:
        await store.append(other)
    assert refused.value.code == "conflict"
    assert [one.content for one in await whole_log(store, room.id)] == ["one thing", "hello"]


async def test_a_client_id_is_its_senders_and_its_rooms_own(store: Store) -> None:
    here, there = await kept_room(store, "anna", "olga"), await kept_room(store, "anna")
    drafts = [
        draft(here, "a", client_id="same"),
        draft(here, "b", "olga", client_id="same"),
        draft(there, "c", client_id="same"),
    ]
    assert [one.seq for one in await say_all(store, drafts)] == [1, 2, 1]


async def test_a_closed_room_takes_no_message_but_knows_those_it_has(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "in time")
    message, _ = await store.append(first)
    await store.change_room(room.id, lambda room: closed(room, later(1)))
    with pytest.raises(ChatError) as refused:
        await store.append(draft(room, "too late"))
    assert refused.value.code == "room_closed"
    assert await store.append(first) == (message, True)
    assert await whole_log(store, room.id) == [message]


async def test_there_must_be_a_room(store: Store) -> None:
    with pytest.raises(ChatError) as refused:
        await store.append(draft(make_room("anna")))
    assert refused.value.code == "not_found"


async def test_refusals_do_not_touch_what_is_placed_beside_them(store: Store) -> None:
    room, shut = await kept_room(store, "anna"), await kept_room(store, "anna", status="closed")
    drafts = [draft(room, "1"), draft(shut), draft(make_room()), draft(room, "2")]
    answers = await asyncio.gather(*map(store.append, drafts), return_exceptions=True)
    codes = [one.code for one in answers if isinstance(one, ChatError)]
    assert codes == ["room_closed", "not_found"]
    assert [one.content for one in await whole_log(store, room.id)] == ["1", "2"]
    assert await whole_log(store, shut.id) == []


def muted() -> ChatError:
    return ChatError("muted", "You are muted.")


async def refused(store: Store, asked: Draft) -> bool:
    """Whether a draft handed in with a refusal is answered with that."""
    refusal = muted()
    with pytest.raises(ChatError) as raised:
        await store.append(asked, refusal)
    return raised.value is refusal


async def test_with_a_refusal_nothing_is_placed(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)
    before = (await store.rooms(RoomQuery(STAFF))).rooms
    assert await refused(store, draft(room, "too late", created_at=later(9)))
    assert (await store.rooms(RoomQuery(STAFF))).rooms == before
    assert len(await whole_log(store, room.id)) == 1
    assert (await say(store, room)).seq == 2


async def test_what_was_refused_may_be_placed_later(store: Store) -> None:
    room = await kept_room(store, "anna")
    asked = draft(room)
    assert await refused(store, asked)
    assert await refused(store, asked)
    message, duplicate = await store.append(asked)
    assert (message.seq, duplicate) == (1, False)


async def test_with_a_refusal_a_repeat_still_gets_the_first_back_as_it_is_now(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "tpyo")
    await store.append(first)
    edited = await store.change_message(room.id, 1, with_text("typo"))
    assert await store.append(first, muted()) == (edited, True)
    gone = await store.change_message(room.id, 1, tombstone)
    await store.change_room(room.id, lambda room: closed(room, later(1)))
    assert await store.append(first, muted()) == (gone, True)
    assert await refused(store, draft(room, "new"))


async def test_with_a_refusal_a_repeat_in_flight_gets_the_first_back(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "once")
    answers = await asyncio.gather(store.append(first), store.append(first, muted()))
    assert [duplicate for _, duplicate in answers] == [False, True]
    assert answers[0][0] == answers[1][0]


async def test_refusals_in_flight_leave_no_gap(store: Store) -> None:
    room = await kept_room(store, "anna")
    refusal = muted()
    answers = await asyncio.gather(
        store.append(draft(room, "1")),
        store.append(draft(room, "refused"), refusal),
        store.append(draft(room, "2")),
        return_exceptions=True,
    )
    assert answers[1] is refusal
    log = await whole_log(store, room.id)
    assert [(one.seq, one.content) for one in log] == [(1, "1"), (2, "2")]


async def test_sending_is_a_step_of_reading_at_its_time(store: Store) -> None:
    room = await kept_room(store, "anna", "piotr")
    await say(store, room, sender="piotr", created_at=later(1))
    await say(store, room, created_at=later(5))
    page = await store.messages(Span(room.id, 2, limit=10))
    first, own = with_receipts(page.messages, room, page.steps)
    assert first.status == "read"
    assert first.delivered_to == first.read_by == (Seen("anna", later(5)),)
    assert (own.status, own.delivered_to) == ("sent", ())


async def test_sending_moves_the_senders_marks(store: Store) -> None:
    room = await kept_room(store, "anna", "olga")
    await say_all(store, [draft(room), draft(room, sender="olga"), draft(room)])
    (snapshot,) = (await store.rooms(RoomQuery(STAFF))).rooms
    assert snapshot.marks == {"anna": Mark(3, 3), "olga": Mark(2, 2)}


async def test_who_stops_waiting_does_not_stop_the_write(store: Store) -> None:
    room = await kept_room(store, "anna")
    first = draft(room, "sent and gone")
    waiting = asyncio.create_task(store.append(first))
    await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    after = await say(store, room, "next")
    assert after.seq == 2
    message, duplicate = await store.append(first)
    assert (message.seq, duplicate) == (1, True)
