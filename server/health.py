"""Whether this instance can serve, part by part."""

from __future__ import annotations

from domain.errors import ChatError
from domain.ports import Store

from .clock import now
from .sockets import OrderSockets


class Readiness:
    """What ``/api/health/ready`` says: each part, its state, and since when."""

    def __init__(self, store: Store, sockets: OrderSockets) -> None:
        self._store = store
        self._sockets = sockets
        self._down_since: str | None = None

    async def __call__(self) -> dict[str, object]:
        if self._sockets.draining:
            return {"status": "stopping", "parts": {}}
        try:
            await self._store.check()
        except ChatError as fault:
            self._down_since = self._down_since or now().isoformat().replace("+00:00", "Z")
            part = {"state": "down", "since": self._down_since, "reason": fault.message}
            return {"status": "not_ready", "parts": {"store": part}}
        self._down_since = None
        return {"status": "ready", "parts": {"store": {"state": "up"}}}
