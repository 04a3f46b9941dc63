"""What only the SQLite store can show: its file, its disk, its transactions."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

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
from domain.model import Mark
from domain.ports import MessagePage, RoomQuery, SearchQuery
from storage.errors import StoreUnusable
from storage.sqlite import SqliteStore, open_sqlite
from storage.sqlite.cache import RoomCache
from storage.sqlite.schema import APPLICATION_ID, MIGRATIONS
from storage.sqlite.text import CHUNK


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "on the way" / "chat.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    async with open_sqlite(path) as opened:
        yield opened


async def test_what_comes_together_is_committed_together(store: SqliteStore) -> None:
    room = await kept_room(store, "anna", "piotr")
    before = store.commits
    await say_all(store, [draft(room) for _ in range(300)])
    await asyncio.gather(
        *(store.mark(room.id, "piotr", Mark(n, n), later(n)) for n in range(1, 301))
    )
    assert store.commits - before <= 10


async def test_nobody_is_answered_before_the_commit(store: SqliteStore, path: Path) -> None:
    room = await kept_room(store, "anna")
    other = sqlite3.connect(path)
    for _ in range(20):
        message = await say(store, room)
        (kept,) = other.execute("SELECT max(seq) FROM messages").fetchone()
        assert kept == message.seq
    other.close()


async def set_room_left(store: SqliteStore, pages: int) -> None:
    """As if the disk had room for so many pages (4 KiB each) more."""

    def set_it() -> None:
        (now,) = store._db.execute("PRAGMA page_count").fetchone()
        store._db.execute(f"PRAGMA max_page_count = {now + pages}")

    await store._writer.run(set_it)


async def test_a_full_disk_keeps_nothing_and_passes(store: SqliteStore) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)
    await set_room_left(store, 10)
    drafts = [draft(room, "x" * 3_000) for _ in range(100)]
    answers = await asyncio.gather(*map(store.append, drafts), return_exceptions=True)
    failed = [one for one in answers if isinstance(one, ChatError)]
    assert failed
    assert {one.code for one in failed} == {"unavailable"}
    assert all(one.retry_after for one in failed)
    kept = [one[0] for one in answers if not isinstance(one, BaseException)]
    assert (await whole_log(store, room.id))[1:] == kept
    with pytest.raises(ChatError, match="full"):
        await store.check()
    with pytest.raises(ChatError, match="full"):
        await store.open_room(make_room("anna", metadata={"note": "x" * 30_000}))
    await set_room_left(store, 10_000)
    await store.check()
    again = await asyncio.gather(*map(store.append, drafts))
    assert [duplicate for _, duplicate in again].count(True) == len(kept)
    assert [one.seq for one in await whole_log(store, room.id)] == list(range(1, 102))


async def in_one_batch(store: SqliteStore, *calls: Awaitable[object]) -> list[object]:
    """The outcomes of calls that all wait before the writer takes the first of them."""
    release = threading.Event()
    holding = store._writer.run(release.wait)
    waiting = [asyncio.ensure_future(call) for call in calls]
    await asyncio.wait(waiting, timeout=0)
    release.set()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


async def run(store: SqliteStore, work: Callable[[], object]) -> object:
    return await store._writer.run(work)


async def test_an_operation_that_fails_midway_fails_alone(store: SqliteStore) -> None:
    room = await kept_room(store, "anna")
    await say(store, room)

    def half_done() -> None:
        store._db.execute("UPDATE messages SET content = 'half done'")
        raise ZeroDivisionError

    def half_done_too() -> None:
        store._db.execute("UPDATE messages SET content = 'half done'")
        store._db.execute("INSERT INTO messages (no) VALUES (1)")

    answers = await in_one_batch(
        store,
        store.append(draft(room, "before")),
        run(store, half_done),
        store.mark(room.id, "piotr", Mark(1, 1), later(1)),
        run(store, half_done_too),
        store.append(draft(room, "after")),
    )
    assert isinstance(answers[1], ZeroDivisionError)
    assert isinstance(answers[3], sqlite3.IntegrityError)
    assert answers[2] == (Mark(1, 1), True)
    contents = [one.content for one in await whole_log(store, room.id)]
    assert contents == ["hello", "before", "after"]


async def test_the_text_index_is_whole_after_a_failure_beside_it(store: SqliteStore) -> None:
    room = await kept_room(store, "anna")
    message = await say(store, room)

    def half_done() -> None:
        store._db.execute("UPDATE messages SET content = 'half done'")
        raise ZeroDivisionError

    page, failure = await in_one_batch(
        store, store.search(SearchQuery(STAFF, ("hello",))), run(store, half_done)
    )
    assert isinstance(failure, ZeroDivisionError)
    assert isinstance(page, MessagePage)
    assert page.messages == [message]


async def test_a_rule_that_stops_an_iteration_leaves_nobody_waiting(store: SqliteStore) -> None:
    room = await kept_room(store, "anna")
    answers = await asyncio.gather(
        store.change_room(room.id, lambda _: next(iter(()))),
        store.append(draft(room)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], RuntimeError)
    assert not isinstance(answers[1], BaseException)


async def test_a_search_catches_up_over_many_chunks(store: SqliteStore) -> None:
    room = await kept_room(store, "anna")
    await say_all(store, [draft(room, f"word{n}") for n in range(2 * CHUNK + 10)])
    for number in (2 * CHUNK + 9, CHUNK, 0):
        page = await store.search(SearchQuery(STAFF, (f"word{number}",)))
        assert [one.content for one in page.messages[-1:]] == [f"word{number}"]


async def test_the_text_index_grows_while_nobody_searches(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.sqlite.writer.TIDY_SECONDS", 0.0)
    room = await kept_room(store, "anna")
    await say_all(store, [draft(room, f"word {n}") for n in range(CHUNK + 10)])
    async with asyncio.timeout(10):
        while await store._writer.run(store._text._reach) < CHUNK + 10:
            pass


async def test_the_text_index_agrees_with_the_log(store: SqliteStore) -> None:
    room = await kept_room(store, "anna")

    def compare() -> None:
        store._db.execute("INSERT INTO text_index (text_index, rank) VALUES ('integrity-check', 1)")

    await say_all(store, [draft(room, f"word {n}") for n in range(20)])
    await store.search(SearchQuery(STAFF, ("word",)))
    for seq, text in ((3, "other"), (5, "another"), (3, "third")):
        await store.change_message(room.id, seq, with_text(text))
    for seq in (5, 7):
        await store.change_message(room.id, seq, tombstone)
    await store._writer.run(compare)
    await store._writer.run(lambda: store._db.execute("UPDATE messages SET content = 'behind'"))
    with pytest.raises(ChatError, match="malformed"):
        await store._writer.run(compare)


async def test_closing_does_what_was_queued_and_leaves_one_file(path: Path) -> None:
    async with open_sqlite(path) as store:
        room = await kept_room(store, "anna")
        waiting = [asyncio.create_task(store.append(draft(room))) for _ in range(50)]
        await asyncio.wait(waiting, timeout=0)
    assert [one.name for one in path.parent.iterdir()] == ["chat.db"]
    assert len(await asyncio.gather(*waiting)) == 50
    for call in (store.append(draft(room)), store.rooms(RoomQuery(STAFF)), store.check()):
        with pytest.raises(ChatError) as refused:
            await call
        assert refused.value.code == "unavailable"
    async with open_sqlite(path) as store:
        assert len(await whole_log(store, room.id)) == 50


CRASHING = """
import asyncio, sys
from pathlib import Path
from storage.sqlite import open_sqlite
from store_examples import draft, make_room

async def main():
    async with open_sqlite(Path(sys.argv[1])) as store:
        room, _ = await store.open_room(make_room("anna", number=1))
        while True:
            message, _ = await store.append(draft(room))
            print(message.seq, flush=True)

asyncio.run(main())
"""


async def test_what_was_answered_outlives_a_kill(path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CRASHING,
        str(path),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert process.stdout is not None
    answered = [int(await process.stdout.readline()) for _ in range(30)]
    process.send_signal(signal.SIGKILL)
    answered += [int(line) for line in (await process.stdout.read()).splitlines()]
    await process.wait()
    async with open_sqlite(path) as store:
        kept = [one.seq for one in await whole_log(store, "room1")]
    assert kept[: len(answered)] == answered == list(range(1, len(answered) + 1))
    assert len(kept) - len(answered) <= 1


async def refusal(path: Path) -> str:
    with pytest.raises(StoreUnusable) as refused:
        async with open_sqlite(path):
            pass
    assert refused.value.path == path
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
    return refused.value.reason


async def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("milk and bread, " * 500)
    assert "not a database" in await refusal(path)
    assert path.read_text().startswith("milk and bread")


async def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path)
    other.executescript("CREATE TABLE albums (name); PRAGMA user_version = 1;")
    other.close()
    assert "another program" in await refusal(path)


async def test_a_newer_schema_is_left_alone(path: Path) -> None:
    async with open_sqlite(path):
        pass
    other = sqlite3.connect(path)
    other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    other.close()
    assert "newer version" in await refusal(path)


async def test_a_damaged_file_is_refused(path: Path) -> None:
    async with open_sqlite(path) as store:
        room = await kept_room(store, "anna")
        await say_all(store, [draft(room, "x" * 500) for _ in range(200)])
    whole = overwrite(path, lambda whole: whole[: len(whole) // 2])
    assert "damaged" in await refusal(path)
    overwrite(path, lambda _: whole[:4096] + b"\xa5" * (len(whole) - 4096))
    assert "damaged" in await refusal(path)
    overwrite(path, lambda _: whole)
    async with open_sqlite(path) as store:
        assert len(await whole_log(store, room.id)) == 200


def overwrite(path: Path, change: Callable[[bytes], bytes]) -> bytes:
    """What was in the file before."""
    before = path.read_bytes()
    path.write_bytes(change(before))
    return before


async def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be opened" in await refusal(tmp_path / "file" / "chat.db")
    assert "cannot be opened" in await refusal(tmp_path)


async def test_a_step_of_a_migration_is_whole_or_not_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = (*MIGRATIONS, "CREATE TABLE more (x); CREATE TABLE more (x);")
    monkeypatch.setattr("storage.sqlite.schema.MIGRATIONS", half)
    assert "more" in await refusal(path)
    monkeypatch.undo()
    async with open_sqlite(path) as store:
        await kept_room(store, "anna")
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'more'").fetchall()
    db.close()


def test_a_room_read_before_a_write_does_not_replace_the_written() -> None:
    cache = RoomCache(limit=2)
    old = make_room("anna")
    new = make_room("anna", "piotr", id=old.id, order_id=old.order_id)
    stamp = cache.stamp
    cache.written(new)
    assert cache.loaded(old, stamp) == new
    for _ in range(2):
        cache.written(make_room())
    assert cache.find(old.id, None) is None
    assert cache.loaded(old, stamp) == old
    assert cache.find(old.id, None) is None
    assert cache.find(None, old.order_id) is None
    assert cache.loaded(new, cache.stamp) == new
    assert cache.find(None, old.order_id) == new
