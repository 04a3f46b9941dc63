"""Rooms: one for each order, kept whole and changed as a whole."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from store_examples import (
    STAFF,
    START,
    OpenStore,
    draft,
    kept_room,
    later,
    make_room,
    say,
    tombstone,
)

from domain.errors import ChatError
from domain.model import Mark, Room
from domain.ports import RoomQuery, Store
from domain.rooms import blocked, closed, muted, reopened, without_person


async def test_a_room_is_kept_whole(store: Store) -> None:
    room = make_room("anna", "piotr", "farma")
    room = replace(
        room,
        max_participants=4,
        support={"asked_by": "anna", "reasons": ["late"]},
        labels=("vip", "cold chain"),
        metadata={"city": "Łódź", "items": [1, {"deep": None}]},
    )
    room = muted(blocked(room, "piotr", later(90), START), "farma", later(60), START)
    assert await store.open_room(room) == (room, True)
    assert await store.find_room(room.id) == room
    assert await store.find_room(order_id=room.order_id) == room


async def test_what_is_unknown_is_not_found_until_it_is_there(store: Store) -> None:
    room = make_room("anna")
    assert await store.find_room(room.id) is None
    assert await store.find_room(order_id=room.order_id) is None
    await store.open_room(room)
    assert await store.find_room(order_id=room.order_id) == room
    assert await store.find_room(room.id) == room


async def test_an_order_has_one_room_however_many_ask(store: Store) -> None:
    wanted = [replace(make_room("anna"), order_id="the order") for _ in range(20)]
    answers = await asyncio.gather(*map(store.open_room, wanted))
    assert [is_new for _, is_new in answers].count(True) == 1
    assert len({room.id for room, _ in answers}) == 1
    assert answers[0][0] == await store.find_room(order_id="the order")
    assert len((await store.rooms(RoomQuery(STAFF))).rooms) == 1


async def test_a_change_is_seen_by_who_asks_next(store: Store) -> None:
    room = await kept_room(store, "anna", "piotr")
    change = await store.change_room(room.id, lambda room: closed(room, later(5)))
    assert change.changed
    assert (change.before, change.room) == (room, closed(room, later(5)))
    assert await store.find_room(room.id) == change.room
    changed = await store.change_room(room.id, lambda room: without_person(room, "piotr"))
    assert await store.find_room(order_id=room.order_id) == changed.room
    (snapshot,) = (await store.rooms(RoomQuery(STAFF))).rooms
    assert (snapshot.room, snapshot.rev) == (changed.room, 2)


async def test_a_room_and_its_messages_share_one_count_of_changes(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)
    await store.change_room(room.id, lambda room: replace(room, labels=("late",)))
    message = await store.change_message(room.id, 1, tombstone)
    await store.change_room(room.id, lambda room: replace(room, labels=()))
    (snapshot,) = (await store.rooms(RoomQuery(STAFF))).rooms
    assert (message.rev, snapshot.rev) == (2, 3)


async def test_a_rule_that_changes_nothing_or_refuses_keeps_nothing(store: Store) -> None:
    room = await kept_room(store, "anna")
    assert not (await store.change_room(room.id, lambda room: room)).changed

    def refuse(_: Room) -> Room:
        raise ChatError("room_full", "no seat")

    def explode(_: Room) -> Room:
        raise ZeroDivisionError

    with pytest.raises(ChatError, match="no seat"):
        await store.change_room(room.id, refuse)
    with pytest.raises(ZeroDivisionError):
        await store.change_room(room.id, explode)
    with pytest.raises(ChatError) as refused:
        await store.change_room("nowhere", lambda room: room)
    assert refused.value.code == "not_found"
    (snapshot,) = (await store.rooms(RoomQuery(STAFF))).rooms
    assert (snapshot.room, snapshot.rev) == (room, 0)


async def test_changes_at_the_same_time_all_count(store: Store) -> None:
    room = await kept_room(store, "anna")
    await asyncio.gather(
        *(
            store.change_room(room.id, lambda room, n=n: replace(room, labels=(*room.labels, n)))
            for n in "abcdefghij"
        )
    )
    found = await store.find_room(room.id)
    assert found is not None
    assert sorted(found.labels) == list("abcdefghij")


async def test_a_change_nobody_waits_for_is_still_seen(store: Store) -> None:
    room = await kept_room(store, "anna")
    waiting = asyncio.create_task(store.change_room(room.id, lambda room: closed(room, later(1))))
    await asyncio.wait([waiting], timeout=0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await store.change_room(room.id, lambda room: room)
    found = await store.find_room(room.id)
    assert found is not None
    assert found.status == "closed"


async def test_a_room_reopened_takes_messages_again(store: Store) -> None:
    room = await kept_room(store, "anna", status="closed", closed_at=later(1))
    with pytest.raises(ChatError):
        await store.append(draft(room))
    await store.change_room(room.id, reopened)
    assert (await say(store, room)).seq == 1


async def test_everything_is_there_after_opening_again(open_store: OpenStore) -> None:
    async with open_store() as store:
        room = await kept_room(store, "anna", "piotr")
        first = draft(room, "hello")
        await store.append(first)
        await store.change_message(room.id, 1, tombstone)
        await store.mark(room.id, "piotr", Mark(1, 1), later(2))
        before = (await store.rooms(RoomQuery(STAFF))).rooms
    async with open_store() as store:
        assert (await store.rooms(RoomQuery(STAFF))).rooms == before
        assert await store.find_room(room.id) == room
        assert (await store.append(first))[1]
        assert (await say(store, room)).seq == 2
