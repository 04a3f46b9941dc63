"""A room as one person sees it: what they have not read, and the last they may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from store_examples import (
    ROLES,
    STAFF,
    START,
    draft,
    examples,
    kept_room,
    later,
    level_of,
    make_room,
    participant,
    say,
    say_all,
    seen_by,
    tombstone,
    unread_in,
    whole_log,
)

from domain.audience import AUDIENCES, CLEARANCE
from domain.model import Mark, Room, Viewer
from domain.ports import RoomPage, RoomQuery, Store
from domain.receipts import advance

ANNA = Viewer("anna", 1, is_staff=False, now=START)


def ids(page: RoomPage) -> list[str]:
    return [one.room.id for one in page.rooms]


async def test_only_rooms_with_something_unread_when_asked(store: Store) -> None:
    read, unread, own = [await kept_room(store, "anna", "piotr", "olga") for _ in range(3)]
    for room in (read, unread):
        await say(store, room, sender="piotr")
    await say(store, own)
    await say(store, own, sender="olga", audience="staff")
    await store.mark(read.id, "anna", Mark(1, 1), later(1))
    assert ids(await store.rooms(RoomQuery(ANNA, unread=True))) == [unread.id]
    assert await store.unread(ANNA) == {read.id: 0, unread.id: 1, own.id: 0}


async def test_a_role_in_the_room_lowers_what_is_seen_and_never_raises_it(store: Store) -> None:
    room = make_room("anna")
    people = (
        replace(participant(room.id, 1, "anna"), role="rider"),
        replace(participant(room.id, 2, "piotr"), role="support"),
    )
    await store.open_room(replace(room, participants=people))
    for audience in AUDIENCES:
        await say(store, room, audience, "olga", audience=audience)
    for viewer, seen in (
        (ANNA, "everyone"),
        (Viewer("piotr", 0, is_staff=False, now=START), "everyone"),
    ):
        (snapshot,) = (await store.rooms(RoomQuery(viewer))).rooms
        assert snapshot.last_message is not None
        assert (snapshot.last_message.content, snapshot.unread) == (seen, 1)
        assert await store.unread(viewer) == {room.id: 1}


async def test_staff_without_a_seat_count_from_their_own_mark(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say_all(store, [draft(room) for _ in range(5)])
    await store.mark(room.id, "olga", Mark(3, 3), later(1))
    (snapshot,) = (await store.rooms(RoomQuery(STAFF))).rooms
    assert snapshot.unread == 2
    assert snapshot.marks == {"anna": Mark(5, 5), "olga": Mark(3, 3)}
    assert await store.unread(STAFF) == {}


_ACTS = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(sorted(ROLES)), st.sampled_from(AUDIENCES)),
    st.tuples(st.just("answer"), st.sampled_from(sorted(ROLES)), st.integers(0, 99)),
    st.tuples(st.just("delete"), st.just(""), st.integers(0, 99)),
    st.tuples(st.just("mark"), st.sampled_from(sorted(ROLES)), st.integers(0, 20)),
)


@examples
@given(script=st.lists(_ACTS, min_size=10, max_size=40))
async def test_a_snapshot_is_what_counting_by_hand_gives(
    store: Store, script: list[tuple[str, str, object]]
) -> None:
    room = await kept_room(store, *ROLES)
    marks = dict.fromkeys(ROLES, Mark())
    placed = rev = 0
    last_activity = room.created_at
    for number, (act, who, what) in enumerate(script):
        if act == "mark":
            marks[who] = advance(marks[who], what, what - 2, placed)
            kept, _ = await store.mark(room.id, who, Mark(what, what - 2), later(number))
            assert kept == marks[who]
        elif act == "delete" and placed:
            changed = await store.change_message(room.id, what % placed + 1, tombstone)
            rev = max(rev, changed.rev)
        elif act in ("say", "answer"):
            root = what % placed + 1 if act == "answer" and placed else None
            fields = {"thread_root": root} if act == "answer" else {"audience": what}
            last_activity = later(number)
            await say(store, room, f"{number}", who, created_at=last_activity, **fields)
            placed += 1
            marks[who] = Mark(placed, placed)
    await _check_snapshots(store, room, marks)
    (snapshot,) = (await store.rooms(RoomQuery(STAFF, ids=(room.id,)))).rooms
    assert (snapshot.last_seq, snapshot.rev) == (placed, rev)
    assert snapshot.last_activity == last_activity


async def _check_snapshots(store: Store, room: Room, marks: dict[str, Mark]) -> None:
    log = await whole_log(store, room.id)
    for who, role in ROLES.items():
        viewer = Viewer(who, CLEARANCE[role], is_staff=who == "olga", now=START)
        (snapshot,) = (await store.rooms(RoomQuery(viewer, ids=(room.id,)))).rooms
        level = level_of(viewer, room)
        visible = _roots_only_counted(seen_by(log, level))
        assert await whole_log(store, room.id, level) == visible
        assert snapshot.last_message == (visible[-1] if visible else None)
        assert snapshot.unread == unread_in(log, viewer, level, marks[who])
        assert (await store.unread(viewer))[room.id] == snapshot.unread
        assert snapshot.marks == {name: mark for name, mark in marks.items() if mark != Mark()}


def _roots_only_counted(log: list) -> list:
    """An answer has no answers of its own, whatever a script may have made of it."""
    return [one if one.thread_root is None else replace(one, reply_count=0) for one in log]


async def test_activity_before_the_last_is_kept_as_it_is(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room, created_at=later(10))
    await say(store, room, created_at=later(10) - timedelta(seconds=3))
    (snapshot,) = (await store.rooms(RoomQuery(STAFF))).rooms
    assert snapshot.last_activity == later(7)
