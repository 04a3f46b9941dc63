"""Whether this instance can serve, part by part."""

from __future__ import annotations

from domain.errors import ChatError
from domain.ports import Store

from .clock import monotonic, now
from .sockets import OrderSockets

FRESH = 0.5
"""Seconds for which an answer holds: asking writes, and anybody may ask."""


class Readiness:
    """What ``/api/health/ready`` says: each part, its state, and since when."""

    def __init__(self, store: Store, sockets: OrderSockets) -> None:
        self._store = store
        self._sockets = sockets
        self._down_since: str | None = None
        self._ask_at = 0.0
        self._known: dict[str, object] = {"status": "not_ready", "parts": {}}

    async def __call__(self) -> dict[str, object]:
        if self._sockets.draining:
            return {"status": "stopping", "parts": {}}
        if monotonic() >= self._ask_at:
            self._ask_at = monotonic() + FRESH
            self._known = await self._ask()
        return self._known

    async def _ask(self) -> dict[str, object]:
        try:
            await self._store.check()
        except ChatError as fault:
            self._down_since = self._down_since or now().isoformat().replace("+00:00", "Z")
            part = {"state": "down", "since": self._down_since, "reason": fault.message}
            return {"status": "not_ready", "parts": {"store": part}}
        self._down_since = None
        return {"status": "ready", "parts": {"store": {"state": "up"}}}
