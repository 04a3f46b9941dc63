"""Reading beside the writer: a few threads, each read one snapshot of the file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from storage.errors import unavailable

from .failures import told
from .opening import open_reader

T = TypeVar("T")

READERS = 3
"""Reads at the same time. Python runs one thread at a time, so more would wait, not work."""


class Readers:
    """A pool of connections that cannot write."""

    def __init__(self, path: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="sqlite-reader")
        self._free: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._closing = False
        for _ in range(READERS):
            self._free.put(open_reader(path))

    async def run(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What ``read`` finds; everything it asks is answered as of one moment."""
        if self._closing:
            raise unavailable("the server is stopping")
        return await self._loop.run_in_executor(self._threads, self._within_one_moment, read)

    async def close(self) -> None:
        """Let the reads under way end, then close."""
        self._closing = True
        await self._loop.run_in_executor(None, partial(self._threads.shutdown, wait=True))
        for _ in range(READERS):
            self._free.get_nowait().close()

    def _within_one_moment(self, read: Callable[[sqlite3.Connection], T]) -> T:
        db = self._free.get()
        try:
            db.execute("BEGIN")
            try:
                return read(db)
            finally:
                db.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise told(error) from error
        finally:
            self._free.put(db)
