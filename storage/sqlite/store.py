"""The Store port, kept in one SQLite file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from domain.errors import ChatError
from domain.model import Draft, Mark, Message, Room, Viewer
from domain.ports import (
    Changes,
    MessagePage,
    MessageRule,
    RoomChange,
    RoomPage,
    RoomQuery,
    SearchQuery,
    Span,
)
from domain.rooms import RoomRule

from . import lists, queries, rooms
from .cache import RoomCache
from .heads import Advance, Heads
from .log import Log
from .placing import Placing
from .readers import Readers
from .text import TextIndex
from .writer import Hooks, Writer

T = TypeVar("T")

_PROBE_BYTES = 8_192


class SqliteStore:
    """``domain.ports.Store`` on SQLite: see there for what the methods promise.

    Made by ``open_sqlite``. ``db`` belongs to the writer's thread from here on.
    """

    def __init__(self, db: sqlite3.Connection, readers: Readers) -> None:
        self._db = db
        self._heads = Heads(db)
        self._text = TextIndex(db)
        self._log = Log(db, self._heads, self._text)
        self._rooms = RoomCache()
        self._readers = readers
        self._writer = Writer(
            db, Hooks(self._heads.write, self._forget, self._text.advance_a_little)
        )

    @property
    def commits(self) -> int:
        """Transactions written since the start."""
        return self._writer.commits

    async def close(self) -> None:
        """Do what was asked so far, then let go of the file."""
        await self._readers.close()
        await self._writer.close()

    async def open_room(self, room: Room) -> tuple[Room, bool]:
        return await self._write_room(
            partial(rooms.open_room, self._db, room), lambda opened: opened[0]
        )

    async def find_room(
        self, room_id: str | None = None, order_id: str | None = None
    ) -> Room | None:
        known = self._rooms.find(room_id, order_id)
        if known is not None:
            return known
        stamp = self._rooms.stamp
        found = await self._readers.run(lambda db: rooms.find_room(db, room_id, order_id))
        return None if found is None else self._rooms.loaded(found, stamp)

    async def change_room(self, room_id: str, rule: RoomRule) -> RoomChange:
        return await self._write_room(
            partial(rooms.change_room, self._db, self._heads, room_id, rule),
            lambda change: change.room,
        )

    async def rooms(self, query: RoomQuery) -> RoomPage:
        return await self._readers.run(lambda db: lists.rooms(db, query))

    async def append(self, draft: Draft, refusal: ChatError | None = None) -> tuple[Message, bool]:
        return await self._writer.join(self._log.append, Placing(draft, refusal))

    async def change_message(self, room_id: str, seq: int, rule: MessageRule) -> Message:
        return await self._writer.run(partial(self._log.change_message, room_id, seq, rule))

    async def messages(self, span: Span) -> MessagePage:
        return await self._readers.run(lambda db: queries.messages(db, span))

    async def changes(
        self, room_id: str, level: int, after_seq: int, after_rev: int, limit: int
    ) -> Changes:
        return await self._readers.run(
            lambda db: queries.changes(db, room_id, level, after_seq, after_rev, limit)
        )

    async def search(self, query: SearchQuery) -> MessagePage:
        reached, last = await self._writer.run(self._text.advance)
        while reached < last:
            # One chunk at a time, so that messages are placed in between.
            reached, _ = await self._writer.run(self._text.advance)
        return await self._readers.run(lambda db: queries.search(db, query))

    async def mark(self, room_id: str, user_id: str, mark: Mark, at: datetime) -> tuple[Mark, bool]:
        return await self._writer.join(self._log.mark, Advance(room_id, user_id, mark, at))

    async def unread(self, viewer: Viewer) -> dict[str, int]:
        return await self._readers.run(lambda db: lists.unread(db, viewer))

    async def check(self) -> None:
        await self._writer.run(self._write_and_take_back)

    async def _write_room(self, work: Callable[[], T], room_in: Callable[[T], Room]) -> T:
        """Write a room and remember it, also if whoever asked has stopped waiting."""
        written = self._writer.run(work)

        def remember(settled: asyncio.Future[T]) -> None:
            if settled.exception() is None:
                self._rooms.written(room_in(settled.result()))

        written.add_done_callback(remember)
        return await asyncio.shield(written)

    def _write_and_take_back(self) -> None:
        # More than a page: so that it needs room, as a message would, and not just a free corner.
        self._db.execute("INSERT INTO probe VALUES (zeroblob(?))", (_PROBE_BYTES,))
        self._db.execute("DELETE FROM probe")

    def _forget(self) -> None:
        self._heads.forget()
        self._text.forget()
