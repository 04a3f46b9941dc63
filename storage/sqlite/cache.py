"""The rooms in use, kept in memory: every operation looks at its room first."""

from __future__ import annotations

from collections import OrderedDict

from domain.model import Room

REMEMBERED = 10_000
"""Rooms kept, the longest unused dropped first; some 3 KB each with its participants."""


class RoomCache:
    """Rooms as last written. Belongs to the event loop.

    A room read from the file may be older than one written meanwhile. So a reader takes ``stamp``
    before it reads, and what it found is kept only if no write was settled since.
    """

    def __init__(self, limit: int = REMEMBERED) -> None:
        self.stamp = 0
        self._limit = limit
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        self._by_order: dict[str, str] = {}

    def find(self, room_id: str | None, order_id: str | None) -> Room | None:
        if room_id is None:
            room_id = self._by_order.get(order_id or "")
        if room_id is None or room_id not in self._rooms:
            return None
        self._rooms.move_to_end(room_id)
        return self._rooms[room_id]

    def written(self, room: Room) -> None:
        """Keep a room just written: nothing read before can be newer."""
        self.stamp += 1
        self._keep(room)

    def loaded(self, room: Room, stamp: int) -> Room:
        """Keep a room just read, unless it may be out of date; the newest known of it."""
        known = self._rooms.get(room.id)
        if known is not None:
            return known
        if stamp == self.stamp:
            self._keep(room)
        return room

    def _keep(self, room: Room) -> None:
        self._rooms[room.id] = room
        self._rooms.move_to_end(room.id)
        self._by_order[room.order_id] = room.id
        if len(self._rooms) > self._limit:
            _, dropped = self._rooms.popitem(last=False)
            del self._by_order[dropped.order_id]
