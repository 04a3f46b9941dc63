"""How long a connection lasts: as long as its token, with a word before the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from .clock import now

WARNING = timedelta(seconds=60)
"""How long before its token ends a session is told (contract §2)."""


class SessionTimers:
    """Two timers on one token: ``warn`` a minute before it ends, ``end`` when it does."""

    def __init__(self, warn: Callable[[], None], end: Callable[[], None]) -> None:
        self._warn = warn
        self._end = end
        self._timers: tuple[asyncio.TimerHandle, ...] = ()

    def start(self, expires_at: datetime) -> None:
        """Run for a token that ends at ``expires_at``, instead of the one before."""
        self.stop()
        loop = asyncio.get_running_loop()
        left = expires_at - now()
        self._timers = (
            loop.call_later(max(0.0, (left - WARNING).total_seconds()), self._warn),
            loop.call_later(max(0.0, left.total_seconds()), self._end),
        )

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
