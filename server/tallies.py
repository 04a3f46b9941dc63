"""Numbers that follow from messages, told a moment later and once for many of them.

Unread numbers are counted in the store, never added up here: however many messages came in a
moment, a person is told one absolute number. Support's list of all rooms is stirred the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from domain.errors import ChatError
from domain.events import RoomStirred, UnreadChanged
from domain.model import Viewer
from domain.ports import RoomQuery, Store
from domain.views import RoomSummary
from handlers.operation import viewer_of

from .channels import Channels
from .clock import now
from .wire import event_frame

log = structlog.get_logger("tallies")

UNREAD_DELAY = 0.25
"""Seconds between a change and the unread numbers that follow from it."""
STIR_DELAY = 1.0
"""Seconds in which a room is reported to support's list at most once."""


class Tallies:
    """What is to be counted and told at the next tick."""

    def __init__(self, store: Store, channels: Channels) -> None:
        self._store = store
        self._channels = channels
        self._unread: dict[str, set[str]] = {}
        self._stirred: dict[str, tuple[int, datetime]] = {}
        self._due = asyncio.Event()
        self._stir_due = asyncio.Event()

    def unread(self, user_id: str, room_id: str) -> None:
        """The person's number for the room may have changed."""
        rooms = self._unread.get(user_id)
        if rooms is None:
            self._unread[user_id] = {room_id}
            self._due.set()
        else:
            rooms.add(room_id)

    def stirred(self, room_id: str, seq: int, at: datetime) -> None:
        """Something happened in the room; matters while there is support to hear of it."""
        if self._channels.staff:
            self._stirred[room_id] = (seq, at)
            self._stir_due.set()

    async def run(self) -> None:
        """Tell for ever, at most once per delay. A store that is down is asked again next time."""
        await asyncio.gather(
            self._every(self._due, UNREAD_DELAY, self._tell_unread),
            self._every(self._stir_due, STIR_DELAY, self._tell_stirred),
        )

    async def _every(
        self, due: asyncio.Event, delay: float, tell: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            await due.wait()
            await asyncio.sleep(delay)  # noqa: TID251 # the pause is the point: it gathers
            due.clear()
            try:
                await tell()
            except ChatError as refusal:
                log.warning("not_told", code=refusal.code)
            except Exception:
                log.exception("not_told")

    async def _tell_unread(self) -> None:
        waiting, self._unread = self._unread, {}
        while waiting:
            user_id, rooms = waiting.popitem()
            try:
                await self._tell_person(user_id, rooms)
            except ChatError:
                # Not lost: told when the store answers again, to this one and to all that follow.
                for person, theirs in {user_id: rooms, **waiting}.items():
                    for room_id in theirs:
                        self.unread(person, room_id)
                raise

    async def _tell_person(self, user_id: str, rooms: set[str]) -> None:
        connections = self._channels.connections_of(user_id)
        actor = next((one.actor for one in connections), None)
        if actor is None:
            return
        viewer = viewer_of(actor, now())
        counts = await self._store.unread(viewer)
        total = sum(counts.values())
        counts |= await self._elsewhere(viewer, rooms - counts.keys())
        for room_id in rooms:
            frame = event_frame(UnreadChanged(room_id, counts.get(room_id, 0), total))
            for listener in self._channels.connections_of(user_id):
                listener.push(frame)

    async def _elsewhere(self, viewer: Viewer, room_ids: set[str]) -> dict[str, int]:
        """What is unread in rooms that are not among the person's own: looked into, or archived."""
        heard = tuple(one for one in room_ids if self._channels.hears(viewer.user_id, one))
        if not heard:
            return {}
        query = RoomQuery(viewer, heard, ("open", "closed", "archived"), limit=len(heard))
        page = await self._store.rooms(query)
        return {one.room.id: one.unread for one in page.rooms}

    async def _tell_stirred(self) -> None:
        waiting, self._stirred = self._stirred, {}
        for room_id, (seq, at) in waiting.items():
            room = await self._store.find_room(room_id)
            if room is None:
                continue
            summary = RoomSummary(room.id, room.order_id, room.order_number, room.status, seq, at)
            frame = event_frame(RoomStirred(summary))
            for listener in self._channels.staff_outside(room_id):
                listener.push(frame)
