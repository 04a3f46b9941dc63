"""The heartbeat of presence: leases of live connections renewed, those of the dead let lapse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

import structlog

from domain.errors import ChatError
from domain.events import PresenceChanged
from domain.ports import Lease, PresenceBoard
from domain.views import Presence

from .clock import now
from .connection import SocketConnection
from .fanout import Fanout

log = structlog.get_logger("pulse")

BEAT = 1.0
"""Seconds between looks for what has lapsed."""
BEATS_PER_RENEWAL = 5


class Pulse:
    """Keeps the board true for this instance's connections and tells what changed on it."""

    def __init__(
        self,
        board: PresenceBoard,
        fanout: Fanout,
        live: Callable[[], Iterable[SocketConnection]],
        grace: float,
    ) -> None:
        self._board = board
        self._fanout = fanout
        self._live = live
        self._grace = timedelta(seconds=grace)

    async def arrived(self, connection: SocketConnection) -> None:
        moment = now()
        lease = connection.lease(connection.status, moment)
        self._tell(await self._board.touch([lease], moment))

    async def left(self, connection: SocketConnection) -> None:
        """The person stays present for the grace time: a page being reloaded is no absence."""
        moment = now()
        last = Lease(
            connection.actor.user_id, connection.id, connection.status, moment + self._grace
        )
        self._tell(await self._board.touch([last], moment))

    async def run(self) -> None:
        """Beat for ever."""
        beats = 0
        while True:
            await asyncio.sleep(BEAT)  # noqa: TID251 # a heartbeat is a pause
            beats += 1
            try:
                await self._beat(renew=beats % BEATS_PER_RENEWAL == 0)
            except ChatError as refusal:
                log.warning("missed_beat", code=refusal.code)
            except Exception:
                log.exception("missed_beat")

    async def _beat(self, *, renew: bool) -> None:
        moment = now()
        if renew:
            leases = [one.lease(one.status, moment) for one in self._live()]
            self._tell(await self._board.touch(leases, moment))
        self._tell(await self._board.lapse(moment))

    def _tell(self, changed: list[Presence]) -> None:
        self._fanout.publish(
            PresenceChanged(one.user_id, one.status, one.last_seen) for one in changed
        )
