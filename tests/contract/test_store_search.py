"""Messages are found by their words, by whoever may see them, as long as they say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_examples import STAFF, START, draft, kept_room, later, say, say_all, tombstone, with_text

from domain.errors import ChatError
from domain.model import Viewer
from domain.ports import SearchQuery, Store
from domain.rooms import blocked, without_person

ANNA = Viewer("anna", 1, is_staff=False, now=START)


async def found(store: Store, *words: str, viewer: Viewer = STAFF, **asked: object) -> list[str]:
    page = await store.search(SearchQuery(viewer, words, **asked))
    return [one.content for one in page.messages]


async def test_a_search_sees_what_was_just_written(store: Store) -> None:
    room = await kept_room(store, "anna")
    for number in range(5):
        message = await say(store, room, f"parcel {number}")
        page = await store.search(SearchQuery(STAFF, ("parcel",)))
        assert page.messages[0] == message
        assert len(page.messages) == number + 1


async def test_every_word_must_be_there_the_last_as_a_beginning(store: Store) -> None:
    room = await kept_room(store, "anna")
    texts = ["The parcel is late", "late, the PARCEL!", "Parcels are here", "Señor Müller"]
    await say_all(store, [draft(room, text) for text in texts])
    assert await found(store, "parcel", "late") == [texts[1], texts[0]]
    assert await found(store, "parc") == [texts[2], texts[1], texts[0]]
    assert await found(store, "parc", "late") == []
    assert await found(store, "late", "parc") == [texts[1], texts[0]]
    assert await found(store, "SENOR", "mull") == [texts[3]]
    assert await found(store, "parcel", "lost") == []


SIGNS = (
    (),
    ("",),
    ("--",),
    ('"',),
    ("*",),
    ("💊",),
    ("\0",),
    ("hello", "💊"),
    ("💊", "hello"),
    ("NOT",),
    ("content:hello",),
    ("place", ":", "r1"),
    ("r1",),
    ("(",),
    ("^hello^", "NEAR("),
    ("%",),
    ("_ello",),
)


async def test_signs_are_no_language(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say(store, room, "hello world")
    assert await found(store, "hello") == ["hello world"]
    for words in SIGNS:
        for viewer in (STAFF, ANNA):
            assert await found(store, *words, viewer=viewer) == [], words


async def test_words_with_signs_in_them_are_found(store: Store) -> None:
    room = await kept_room(store, "anna")
    text = 'she said "call +48 600-100-200 OR write to a.b@example.com"'
    await say(store, room, text)
    for words in (('"call',), ("600-100",), ("OR",), ("a.b@exam",), ('said"',), ("+48", "or")):
        assert await found(store, *words) == [text]


async def test_what_was_edited_or_deleted_is_not_found_by_its_old_words(store: Store) -> None:
    room = await kept_room(store, "anna")
    await say_all(store, [draft(room, f"first {n}") for n in range(3)])
    assert len(await found(store, "first")) == 3
    await say(store, room, "first unsearched")
    for seq in (1, 4):
        await store.change_message(room.id, seq, with_text(f"second {seq}"))
    await store.change_message(room.id, 2, tombstone)
    assert await found(store, "first") == ["first 2"]
    assert await found(store, "second") == ["second 4", "second 1"]
    await store.change_message(room.id, 1, with_text("third"))
    await store.change_message(room.id, 4, tombstone)
    assert await found(store, "second") == []
    assert await found(store, "third") == ["third"]


async def test_each_finds_what_they_may_see_where_they_take_part(store: Store) -> None:
    room, other = await kept_room(store, "anna", "piotr"), await kept_room(store, "piotr")
    gone = await kept_room(store, "anna")
    await say(store, room, "word everyone")
    await say(store, room, "word clinical", "olga", audience="clinical")
    await say(store, room, "word staff", "olga", audience="staff")
    await say(store, other, "word other")
    await say(store, gone, "word gone")
    assert await found(store, "word", viewer=ANNA) == [
        "word gone",
        "word clinical",
        "word everyone",
    ]
    piotr = Viewer("piotr", 1, is_staff=False, now=START)
    assert await found(store, "word", viewer=piotr) == ["word other", "word everyone"]
    assert len(await found(store, "word")) == 5
    assert await found(store, "word", viewer=ANNA, room_id=other.id) == []
    assert await found(store, "word", viewer=ANNA, room_id="nowhere") == []
    await store.change_room(gone.id, lambda room: without_person(room, "anna"))
    assert await found(store, "word", viewer=ANNA, room_id=gone.id) == []
    await store.change_room(room.id, lambda room: blocked(room, "anna", None, START))
    assert await found(store, "word", viewer=ANNA) == []


async def test_a_block_hides_messages_until_it_lapses(store: Store) -> None:
    room, other = await kept_room(store, "anna"), await kept_room(store, "anna")
    await say(store, room, "word")
    await say(store, other, "word elsewhere")
    await store.change_room(room.id, lambda room: blocked(room, "anna", later(60), START))
    for seconds, seen in (
        (0, ["word elsewhere"]),
        (59.999, ["word elsewhere"]),
        (60, ["word elsewhere", "word"]),
    ):
        viewer = replace(ANNA, now=later(seconds))
        assert await found(store, "word", viewer=viewer) == seen
        assert await found(store, "word", viewer=viewer, room_id=room.id) == seen[1:]


async def test_answers_are_counted_as_the_finder_may_see_them(store: Store) -> None:
    room = await kept_room(store, "anna", "olga")
    await say(store, room, "question")
    for audience in ("everyone", "staff"):
        await say(store, room, "answer", "olga", thread_root=1, audience=audience)
    for viewer, count in ((ANNA, 1), (STAFF, 2)):
        (message,) = (await store.search(SearchQuery(viewer, ("question",)))).messages
        assert message.reply_count == count


async def test_a_search_can_be_narrowed(store: Store) -> None:
    room, other = await kept_room(store, "anna", "olga"), await kept_room(store, "anna")
    await say(store, room, "word 1", created_at=later(1))
    await say(store, room, "word 2", "olga", created_at=later(2))
    await say(store, room, "word 3", type="image", created_at=later(3))
    await say(store, other, "word 4", created_at=later(4))
    assert await found(store, "word", room_id=room.id) == ["word 3", "word 2", "word 1"]
    assert await found(store, "word", sender_id="olga") == ["word 2"]
    assert await found(store, "word", type="image") == ["word 3"]
    assert await found(store, "word", since=later(2), until=later(4)) == ["word 3", "word 2"]


async def test_pages_of_a_search_follow_each_other(store: Store) -> None:
    room, other = await kept_room(store, "anna"), await kept_room(store, "anna")
    texts = [f"word {n}" for n in range(25)]
    await say_all(store, [draft((room, other)[n % 2], text) for n, text in enumerate(texts)])
    seen: list[str] = []
    cursor = None
    for size, more in ((10, True), (10, True), (5, False)):
        page = await store.search(SearchQuery(ANNA, ("word",), limit=10, cursor=cursor))
        assert (len(page.messages), page.more) == (size, more)
        assert {one.room_id for one in page.messages} == {room.id, other.id}
        await say(store, room, "word newer")
        seen += [one.content for one in page.messages]
        cursor = page.next
    assert (sorted(seen), cursor) == (sorted(texts), None)
    with pytest.raises(ChatError) as refused:
        await store.search(SearchQuery(ANNA, ("word",), cursor="; drop"))
    assert refused.value.code == "invalid"
