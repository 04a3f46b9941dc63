"""How fast one may go: token buckets in this process (contract §8)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import ChatError
from domain.model import Actor, Room
from handlers import Operation

from .settings import Settings

MAX_BUCKETS = 50_000
"""Buckets kept; the longest untouched are forgotten, by then full again or nobody's."""


@dataclass(slots=True)
class Bucket:
    """``burst`` tokens at first, ``rate`` more each second, never above ``burst``."""

    rate: float
    burst: float
    tokens: float
    at: float

    def take(self, at: float) -> float:
        """Take a token: 0, or the seconds until there is one; then nothing was taken."""
        self.tokens = min(self.burst, self.tokens + (at - self.at) * self.rate)
        self.at = at
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.rate


class Buckets:
    """One bucket for each key that is used."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()

    def take(self, kind: str, key: str, rate: float, burst: float) -> float:
        """Take from the bucket of ``key``: 0, or how long to wait, in seconds."""
        at = self._monotonic()
        found = self._buckets.get((kind, key))
        if found is None:
            found = self._buckets[kind, key] = Bucket(rate, burst, burst, at)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end((kind, key))
        return found.take(at)


class RateLimits:
    """The limits that the settings name; ``LIMITS=off`` lets everything pass."""

    def __init__(self, settings: Settings, monotonic: Callable[[], float]) -> None:
        self._on = settings.limits
        self._settings = settings
        self._buckets = Buckets(monotonic)

    def spend(self, operation: Operation, actor: Actor, room: Room | None) -> None:
        """Pay for one operation, or raise ``rate_limited``: then nothing was done."""
        if not self._on or operation.limit is None:
            return
        settings = self._settings
        if operation.limit == "typing":
            if settings.typing_interval:
                key = f"{actor.user_id} {room.id if room else ''}"
                self._pay("typing", key, 1 / settings.typing_interval, 1)
            return
        self._pay("send", actor.user_id, settings.send_rate, settings.send_burst)
        if room is not None:
            per_second = settings.room_rate / 60
            self._pay("room", room.id, per_second, settings.room_rate)

    def connection(self, connection_id: str) -> None:
        """Pay for one packet of a connection, whatever it asks."""
        if self._on:
            settings = self._settings
            self._pay(
                "connection", connection_id, settings.operation_rate, settings.operation_burst
            )

    def rest_write(self, user_id: str, group: str) -> None:
        """Pay for one writing REST request of a person to a group of endpoints."""
        if self._on:
            per_minute = self._settings.rest_write_rate
            self._pay("rest", f"{user_id} {group}", per_minute / 60, per_minute)

    def _pay(self, kind: str, key: str, rate: float, burst: float) -> None:
        wait = self._buckets.take(kind, key, rate, burst)
        if wait > 0:
            raise ChatError(
                "rate_limited",
                f"Too fast: try again in {wait:.1f} s. Nothing was done.",
                retry_after=round(wait + 0.05, 1),
            )
