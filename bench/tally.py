"""The books of a run: when each message left, was acknowledged, and reached whom."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import perf_counter

STALL = 20.0
"""Seconds without any progress after which a run counts as having lost messages."""


class LostCountError(Exception):
    """A message was lost, doubled, out of order or refused: the figures would mean nothing."""


class Tally:
    """Counts every delivery of messages 0 … ``total`` - 1 to each of ``seats`` connections.

    A message is settled once it is acknowledged and has reached every seat of its room once.
    """

    def __init__(self, total: int, seats: int) -> None:
        self.sent_at = [0.0] * total
        self.acked_at = [0.0] * total
        self.delivered_at = [0.0] * total
        self._reached = bytearray(total)
        self._everybody = (1 << seats) - 1
        self._settled = 0
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None

    def sent(self, number: int) -> None:
        self.sent_at[number] = perf_counter()

    def acknowledged(self, number: int) -> None:
        if self.acked_at[number]:
            raise LostCountError(f"message {number} was acknowledged twice")
        self.acked_at[number] = perf_counter()
        if self.delivered_at[number]:
            self._settle()

    def arrived(self, number: int, seat: int) -> None:
        bit = 1 << seat
        if not self.sent_at[number] or self._reached[number] & bit:
            raise LostCountError(f"message {number} reached seat {seat} twice, or was never sent")
        self._reached[number] |= bit
        if self._reached[number] == self._everybody:
            self.delivered_at[number] = perf_counter()
            if self.acked_at[number]:
                self._settle()

    async def settled(self, wanted: int) -> None:
        """Returns when ``wanted`` messages in all are settled.

        Raises :class:`LostCountError` when nothing has moved for ``STALL`` seconds.
        """
        self._wanted = wanted
        self._waiter = asyncio.get_running_loop().create_future()
        self._check()
        while not self._waiter.done():
            before = self._settled
            await asyncio.wait([self._waiter], timeout=STALL)
            if not self._waiter.done() and self._settled == before:
                raise LostCountError(f"{wanted - before} of {wanted} messages never settled")
        self._waiter.result()

    def fail(self, reason: Exception) -> None:
        """Ends the wait with an error; the first one counts."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(reason)

    def _settle(self) -> None:
        self._settled += 1
        self._check()

    def _check(self) -> None:
        if self._settled >= self._wanted and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def quantiles(begin: Sequence[float], end: Sequence[float]) -> dict[str, float]:
    """The median, 95th and 99th percentile of ``end`` - ``begin``, in milliseconds."""
    taken = sorted(after - before for before, after in zip(begin, end, strict=True))
    return {
        f"p{percent}": 1e3 * taken[min(len(taken) - 1, len(taken) * percent // 100)]
        for percent in (50, 95, 99)
    }
