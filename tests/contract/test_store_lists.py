"""Which rooms somebody is shown, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_examples import (
    STAFF,
    START,
    kept_room,
    later,
    make_room,
    say,
    whole_log,
)

from domain.audience import CLEARANCE
from domain.errors import ChatError
from domain.model import Mark, Viewer
from domain.ports import RoomPage, RoomQuery, SearchQuery, Store
from domain.rooms import archived, blocked, closed, without_person

ANNA = Viewer("anna", 1, is_staff=False, now=START)


def ids(page: RoomPage) -> list[str]:
    return [one.room.id for one in page.rooms]


async def test_lists_go_by_latest_activity(store: Store) -> None:
    rooms = [await kept_room(store, "anna", created_at=later(n)) for n in range(4)]
    await say(store, rooms[1], created_at=later(100))
    await say(store, rooms[0], created_at=later(50))
    wanted = [rooms[n].id for n in (1, 0, 3, 2)]
    for viewer in (STAFF, ANNA):
        page = await store.rooms(RoomQuery(viewer))
        assert (ids(page), page.next) == (wanted, None)
    assert [one.last_activity for one in page.rooms] == [later(n) for n in (100, 50, 3, 2)]


async def test_pages_follow_each_other_also_where_times_are_equal(store: Store) -> None:
    rooms = [await kept_room(store, "anna", created_at=later(n // 3)) for n in range(10)]
    whole = ids(await store.rooms(RoomQuery(STAFF)))
    assert sorted(whole) == sorted(room.id for room in rooms)
    for viewer in (STAFF, ANNA):
        found: list[str] = []
        cursor = None
        while len(found) < len(whole):
            page = await store.rooms(RoomQuery(viewer, limit=4, cursor=cursor))
            found += ids(page)
            cursor = page.next
        assert (found, cursor) == (whole, None)


async def test_a_cursor_that_was_never_given_out_is_refused(store: Store) -> None:
    for cursor in ("", "x", "1", "1.", "1.2.3", "-1.2", "1.²", "9" * 40 + ".1", "1.1\0"):
        with pytest.raises(ChatError) as refused:
            await store.rooms(RoomQuery(STAFF, cursor=cursor))
        assert refused.value.code == "invalid"
        assert refused.value.details[0].field == "cursor"


async def test_people_list_the_rooms_they_take_part_in(store: Store) -> None:
    mine = await kept_room(store, "piotr", "anna")
    others = await kept_room(store, "piotr")
    left = without_person(make_room("anna"), "anna")
    shut_out = blocked(make_room("anna"), "anna", None, START)
    for room in (left, shut_out):
        await store.open_room(room)
    assert ids(await store.rooms(RoomQuery(ANNA))) == [mine.id]
    assert set(await store.unread(ANNA)) == {mine.id}
    everything = {mine.id, others.id, left.id, shut_out.id}
    assert set(ids(await store.rooms(RoomQuery(STAFF)))) == everything
    by_id = await store.rooms(RoomQuery(ANNA, ids=(others.id, "nowhere", mine.id)))
    assert ids(by_id) == [others.id, mine.id]


async def test_a_block_hides_a_room_until_it_lapses(store: Store) -> None:
    room = await kept_room(store, "anna", "piotr")
    await say(store, room, sender="piotr")
    await store.change_room(room.id, lambda room: blocked(room, "anna", later(60), START))
    for seconds in (0, 59.999):
        viewer = replace(ANNA, now=later(seconds))
        assert ids(await store.rooms(RoomQuery(viewer))) == []
        assert ids(await store.rooms(RoomQuery(viewer, unread=True))) == []
        assert await store.unread(viewer) == {}
    for seconds in (60, 90):
        viewer = replace(ANNA, now=later(seconds))
        assert ids(await store.rooms(RoomQuery(viewer))) == [room.id]
        assert ids(await store.rooms(RoomQuery(viewer, unread=True))) == [room.id]
        assert await store.unread(viewer) == {room.id: 1}


async def test_a_block_without_an_end_hides_a_room_for_good(store: Store) -> None:
    room = await kept_room(store, "anna")
    await store.change_room(room.id, lambda room: blocked(room, "anna", None, START))
    viewer = replace(ANNA, now=later(10**9))
    assert ids(await store.rooms(RoomQuery(viewer))) == []
    assert await store.unread(viewer) == {}


async def test_every_room_is_counted_also_where_nothing_is_unread(store: Store) -> None:
    empty, read, unread, shut, old = [await kept_room(store, "anna", "piotr") for _ in range(5)]
    for room in (read, unread, shut, old):
        await say(store, room, sender="piotr")
    await store.mark(read.id, "anna", Mark(1, 1), later(1))
    await store.mark(shut.id, "anna", Mark(1, 1), later(1))
    await store.change_room(shut.id, lambda room: closed(room, later(2)))
    await store.change_room(old.id, lambda room: archived(room, later(2)))
    assert await store.unread(ANNA) == {empty.id: 0, read.id: 0, unread.id: 1, shut.id: 0}


async def test_the_order_platform_sees_no_message(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)
    platform = Viewer("platform", CLEARANCE["service"], is_staff=True, now=START)
    (snapshot,) = (await store.rooms(RoomQuery(platform))).rooms
    assert (snapshot.room, snapshot.last_seq) == (room, 1)
    assert (snapshot.last_message, snapshot.unread) == (None, 0)
    assert ids(await store.rooms(RoomQuery(platform, unread=True))) == []
    assert await whole_log(store, room.id, platform.level) == []
    assert (await store.search(SearchQuery(platform, ("hello",)))).messages == []
    assert (await store.changes(room.id, platform.level, 0, 0, 10)).messages == []


async def test_ids_give_the_order_and_are_paged_too(store: Store) -> None:
    rooms = [(await kept_room(store, "anna")).id for _ in range(5)]
    asked = tuple(rooms[n] for n in (3, 0, 4, 1))
    first = await store.rooms(RoomQuery(STAFF, ids=asked, limit=3))
    assert ids(first) == list(asked[:3])
    rest = await store.rooms(RoomQuery(STAFF, ids=asked, limit=3, cursor=first.next))
    assert (ids(rest), rest.next) == ([asked[3]], None)
    assert ids(await store.rooms(RoomQuery(STAFF, ids=()))) == []


async def test_archived_rooms_are_listed_only_when_asked_for(store: Store) -> None:
    room, shut, old = [await kept_room(store, "anna", "piotr") for _ in range(3)]
    for one in (room, shut, old):
        await say(store, one, sender="piotr")
    await store.change_room(shut.id, lambda room: closed(room, later(1)))
    await store.change_room(old.id, lambda room: archived(room, later(1)))
    assert set(ids(await store.rooms(RoomQuery(ANNA)))) == {room.id, shut.id}
    assert ids(await store.rooms(RoomQuery(ANNA, statuses=("archived",)))) == [old.id]
    assert ids(await store.rooms(RoomQuery(STAFF, statuses=("closed",)))) == [shut.id]
    assert await store.unread(ANNA) == {room.id: 1, shut.id: 1}


async def test_text_is_the_start_of_a_number_or_part_of_a_name(store: Store) -> None:
    first, second, third = [await kept_room(store, *people) for people in (["anna"], [], ["olga"])]

    async def found(text: str) -> set[str]:
        return set(ids(await store.rooms(RoomQuery(STAFF, text=text))))

    rename = {
        first.id: {"order_number": "Ż-100%"},
        second.id: {"order_number": "ż-1005"},
        third.id: {"order_number": "5-Ż_10"},
    }
    for room_id, fields in rename.items():
        await store.change_room(room_id, lambda room, fields=fields: replace(room, **fields))
    assert await found("ż-100") == {first.id, second.id}
    assert await found("Ż-100%") == {first.id}
    assert await found("5-ż_") == {third.id}
    assert await found("_") == set()
    assert await found(second.order_id.upper()) == {second.id}
    assert await found("NN") == {first.id}
    assert await found("LG") == {third.id}
    assert await found("") == {first.id, second.id, third.id}
