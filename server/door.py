"""What a connection passes through when it comes and when it goes."""

from __future__ import annotations

from domain.model import Room
from domain.ports import Store
from handlers.operation import viewer_of

from .channels import Channels
from .clock import now
from .connection import SocketConnection
from .pulse import Pulse


class Door:
    """Hearing, and being seen. ``pulse`` is set once the sockets, which it asks, are there."""

    pulse: Pulse

    def __init__(self, store: Store, channels: Channels) -> None:
        self._store = store
        self._channels = channels

    async def welcome(self, connection: SocketConnection) -> None:
        """Hear first, be seen after: whoever sees this person may expect them to hear."""
        await self._channels.enter(connection, lambda: self._rooms_of(connection))
        await self.pulse.arrived(connection)

    async def farewell(self, connection: SocketConnection) -> None:
        self._channels.exit(connection)
        await self.pulse.left(connection)

    async def _rooms_of(self, connection: SocketConnection) -> list[Room]:
        actor = connection.actor
        viewer = viewer_of(actor, now())
        found = [
            await self._store.find_room(room_id) for room_id in await self._store.unread(viewer)
        ]
        return [room for room in found if room is not None]
