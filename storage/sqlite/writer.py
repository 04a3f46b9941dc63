"""The one thread that writes, and its group commit.

SQLite has one writer at a time, and a durable commit costs a disk flush. So everything that waits
is done in one transaction: one flush for all of it, and nobody is answered before it returned.

Every statement lets go of Python's global lock several times, and while the event loop is busy each
time may cost 5 ms to get it back. So what is asked often comes in groups, for which a few
statements do: with two for each message, a busy loop made 64 of them take seconds.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from domain.errors import ChatError
from storage.errors import unavailable

from .failures import told

A = TypeVar("A")
T = TypeVar("T")

BATCH = 512
"""Operations in one transaction at most: bounds how long the first of them waits for the last."""
TIDY_SECONDS = 1.0
"""How long after a write the writer, if nothing waits, turns to what may be done later."""
TIDY_PAUSE = 0.05
"""Seconds between two parts of that, for others to come in between."""

Results = list[T | ChatError]
"""What became of each of several operations: its result, or its refusal."""

_Work = Callable[[list[Any]], Results[Any]]
_Item = tuple["asyncio.Future[Any]", _Work, Any]
_Outcome = tuple["asyncio.Future[Any]", Any]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the writer lets others do in its thread.

    ``before_commit`` runs last in a transaction. ``after_rollback``: what is remembered may be
    wrong. ``tidy`` is a transaction of its own when nothing waits; True: there is more to do.
    """

    before_commit: Callable[[], None]
    after_rollback: Callable[[], None]
    tidy: Callable[[], bool]


class Writer:
    """Runs operations one kind after the other, each kind in the order given, in one transaction.

    All are under way, so nobody can tell which kind came first. An operation refuses before it has
    written anything. Any exception but a refusal undoes the transaction; then each operation runs
    again in one of its own, so that the bad one fails alone. ``commits`` counts transactions.
    """

    def __init__(self, db: sqlite3.Connection, hooks: Hooks) -> None:
        self.commits = 0
        self._db = db
        self._hooks = hooks
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Item | None] = SimpleQueue()
        self._ended = self._loop.create_future()
        self._closing = False
        self._tidy_at: float | None = 0.0
        # A daemon, so that a process that dies without closing the store does not hang.
        self._thread = Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Have ``work`` done in the writer's thread; the future is settled once it is durable.

        ``work`` may refuse by ``ChatError``. Cancelling the future stops the waiting, not the work.
        """
        return self.join(_each, work)

    def join(self, work: Callable[[list[A]], Results[T]], asked: A) -> asyncio.Future[T]:
        """Like ``run``, for work that takes all that is asked of its kind at once."""
        if self._closing:
            raise unavailable("the server is stopping")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put((future, work, asked))
        return future

    async def close(self) -> None:
        """Do what was queued, move the write-ahead log into the file, and close it."""
        self._closing = True
        self._queue.put(None)
        await self._ended
        self._thread.join()

    def _serve(self) -> None:
        stopping = False
        while not stopping:
            batch, stopping = self._take()
            if batch:
                self._tell(self._execute(batch))
                if self._tidy_at is None:
                    self._tidy_at = monotonic() + TIDY_SECONDS
            self._tidy_if_due()
        with suppress(sqlite3.Error):  # on a full disk the log stays beside the file, as good as it
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()
        self._tell([(self._ended, None)])

    def _take(self) -> tuple[list[_Item], bool]:
        """Everything that waits, up to a batch; True: nothing will follow."""
        timeout = None if self._tidy_at is None else max(0.0, self._tidy_at - monotonic())
        try:
            first = self._queue.get(timeout=timeout)
        except Empty:
            return [], False
        waiting = min(self._queue.qsize(), BATCH - 1)
        items = [first, *(self._queue.get_nowait() for _ in range(waiting))]
        batch = [item for item in items if item is not None]
        return batch, len(batch) < len(items)

    def _execute(self, batch: list[_Item]) -> list[_Outcome]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._undo()
            return [(future, told(error)) for future, _, _ in batch]
        try:
            outcomes = _attempt(batch)
            self._hooks.before_commit()
            self._db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, its caller must hear it
            self._undo()
            if len(batch) == 1:
                return [(batch[0][0], told(error))]
            return [self._execute([item])[0] for item in batch]
        self.commits += 1
        return outcomes

    def _undo(self) -> None:
        self._hooks.after_rollback()
        # A full disk may have made SQLite roll back by itself.
        if self._db.in_transaction:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")

    def _tell(self, outcomes: list[_Outcome]) -> None:
        # Without a loop there is nobody left to tell; what was written stays written.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, outcomes)

    def _tidy_if_due(self) -> None:
        if self._tidy_at is None or self._queue.qsize() or monotonic() < self._tidy_at:
            return
        more = False
        try:
            self._db.execute("BEGIN IMMEDIATE")
            more = self._hooks.tidy()
            self._db.execute("COMMIT")
        except sqlite3.Error:
            # It can be done any time; whoever needs it done meets the error.
            self._undo()
        self._tidy_at = monotonic() + TIDY_PAUSE if more else None


def _attempt(batch: list[_Item]) -> list[_Outcome]:
    kinds: dict[_Work, list[_Item]] = {}
    for item in batch:
        kinds.setdefault(item[1], []).append(item)
    outcomes: list[_Outcome] = []
    for work, items in kinds.items():
        results = work([asked for _, _, asked in items])
        outcomes += zip([future for future, _, _ in items], results, strict=True)
    return outcomes


def _each(works: list[Callable[[], T]]) -> Results[T]:
    results: Results[T] = []
    for work in works:
        try:
            results.append(work())
        except ChatError as refusal:
            results.append(refusal)
    return results


def _settle(outcomes: list[_Outcome]) -> None:
    for future, result in outcomes:
        if future.done():  # whoever asked no longer waits
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
