"""History in one SQLite file: the embedded default.

One thread writes (``writer``), a few read (``readers``); what they do for the chat is in ``log``,
``rooms``, ``text`` on the writing and ``queries``, ``lists`` on the reading side.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .opening import open_writer
from .readers import Readers
from .store import SqliteStore

__all__ = ["SqliteStore", "open_sqlite"]


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[SqliteStore]:
    """The store in the file at ``path``, made if it is missing, brought to today's schema if older.

    Raises ``StoreUnusable``. One process at a time: rooms are remembered in memory. At the end
    everything asked for is written, and the file stands alone, without its write-ahead log.
    """
    db = await asyncio.get_running_loop().run_in_executor(None, open_writer, path)
    store = SqliteStore(db, Readers(path))
    try:
        yield store
    finally:
        await store.close()
