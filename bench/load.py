"""The load generator: a process of its own, told what to do on stdin, answering on stdout.

A closed loop: each sender keeps ``window`` messages unacknowledged and sends the next one on each
acknowledgement, until the count is used up. All people of a room are connected and count what
reaches them. The server's processor time is read here, at the two ends of the measured stretch.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter
from typing import Any

import aiohttp
import orjson
import uvloop

from .process import Clocks, peak_rss
from .tally import LostCountError, Tally, quantiles
from .wire import Connection, WireError

SEATS = 4
READ_EVERY = 1.0
"""Seconds between two read marks of one connection, as the console and the apps send them."""
CONNECTS_WITHIN = 10.0
TEXT = "Your order is on its way; the rider asks which entrance to use, number {:>10}."
"""82 characters: a usual line in such a conversation."""
_SENT = '42["message.sent",'


@dataclass(frozen=True, slots=True)
class Seat:
    """One person's place: how to connect, and in which room. ``place`` is 0 … 3 inside it."""

    room_id: str
    place: int
    auth: dict[str, str]
    joins: bool


@dataclass(frozen=True, slots=True)
class Task:
    """One run. ``pid`` is the server's; ``numbered`` is true where rooms number their messages,
    which is then checked, and where read marks are kept, which are then sent."""

    port: int
    pid: int
    seats: list[Seat]
    senders: int
    window: int
    warm_up: int
    messages: int
    numbered: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run measured. Times are in milliseconds, ``_busy`` is in cores.

    ``events`` counts what the server told the connections besides messages, per message.
    ``others_busy`` is everything that ran beside server and generator: much of it spoils the run.
    """

    per_second: float
    cpu_per_1000: float
    server_busy: float
    generator_busy: float
    others_busy: float
    peak_rss_mib: float
    ack: dict[str, float]
    delivered: dict[str, float]
    events: float


class Member:
    """One connected person: counts what arrives, sends when told to, marks as read."""

    def __init__(self, seat: Seat, tally: Tally, *, numbered: bool, first_read: float) -> None:
        self._seat = seat
        self._tally = tally
        self._numbered = numbered
        self._last_seq = 0
        self._next_read = first_read
        self._numbers: Iterator[int] = iter(())
        self._connection = Connection(self._heard)
        self._listening: asyncio.Task[None] | None = None
        self.other_events = 0

    async def connect(self, http: aiohttp.ClientSession) -> None:
        await self._connection.open(http, self._seat.auth)
        self._listening = asyncio.create_task(self._listen())
        if self._seat.joins:
            await _expect_ok(
                await self._connection.ask("room.join", {"room_id": self._seat.room_id})
            )

    def leave(self) -> None:
        if self._listening is not None:
            self._listening.cancel()

    async def send_from(self, numbers: Iterator[int], window: int) -> None:
        """Keeps ``window`` messages under way until the shared ``numbers`` run out."""
        self._numbers = numbers
        for _ in range(window):
            await self._send_next()

    async def _listen(self) -> None:
        try:
            await self._connection.listen()
        except Exception as broken:  # noqa: BLE001 - whatever it is, it ends the run, not the task
            self._tally.fail(broken)

    async def _send_next(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            return
        message = {
            "room_id": self._seat.room_id,
            "client_id": f"bench-{number:08}",
            "type": "text",
            "content": TEXT.format(number),
        }
        self._tally.sent(number)
        await self._connection.call("message.send", message, partial(self._acked, number))

    async def _acked(self, number: int, answer: dict[str, Any]) -> None:
        await _expect_ok(answer)
        self._tally.acknowledged(number)
        await self._send_next()

    async def _heard(self, packet: str) -> None:
        if not packet.startswith(_SENT):
            self.other_events += 1
            return
        message = orjson.loads(packet[2:])[1]["message"]
        self._tally.arrived(int(message["client_id"][6:]), self._seat.place)
        if self._numbered:
            await self._mark_read(message["seq"])

    async def _mark_read(self, seq: int) -> None:
        if seq != self._last_seq + 1:
            raise LostCountError(f"message {seq} of a room came after {self._last_seq}")
        self._last_seq = seq
        now = perf_counter()
        if now >= self._next_read:
            self._next_read = now + READ_EVERY
            mark = {"room_id": self._seat.room_id, "seq": seq}
            await self._connection.call("message.read", mark, _expect_ok)


async def _expect_ok(answer: dict[str, Any]) -> None:
    if not answer["ok"]:
        raise LostCountError(f"refused: {answer}")


async def run(task: Task) -> Figures:
    """Warm-up, the measured stretch, and one last message from everybody.

    The last ones are not measured: whatever arrives twice arrives before them.
    """
    first, last = task.warm_up, task.warm_up + task.messages
    total = last + len(task.seats)
    tally = Tally(total, SEATS)
    address = f"http://127.0.0.1:{task.port}"
    async with aiohttp.ClientSession(address, connector=aiohttp.TCPConnector(limit=0)) as http:
        members = await _seated(task, tally, http)
        senders = members[:: len(members) // task.senders]
        try:
            await _stretch(senders, tally, range(first), task.window)
            figures = await _measured(task, members, senders, tally)
            await _stretch(members, tally, range(last, total), 1)
        finally:
            for member in members:
                member.leave()
    return figures


async def _seated(task: Task, tally: Tally, http: aiohttp.ClientSession) -> list[Member]:
    start = perf_counter()
    members = []
    for number, seat in enumerate(task.seats):
        # Spread over the interval, or all read marks would come in one burst.
        first_read = start + READ_EVERY * number / len(task.seats)
        member = Member(seat, tally, numbered=task.numbered, first_read=first_read)
        await asyncio.wait_for(member.connect(http), CONNECTS_WITHIN)
        members.append(member)
    return members


async def _stretch(senders: list[Member], tally: Tally, numbers: range, window: int) -> None:
    supply = iter(numbers)
    for member in senders:
        await member.send_from(supply, window)
    await tally.settled(numbers.stop)


async def _measured(
    task: Task, members: list[Member], senders: list[Member], tally: Tally
) -> Figures:
    numbers = range(task.warm_up, task.warm_up + task.messages)
    heard = sum(member.other_events for member in members)
    before = Clocks.read(task.pid)
    await _stretch(senders, tally, numbers, task.window)
    used = Clocks.read(task.pid).since(before)
    stretch = slice(numbers.start, numbers.stop)
    sent = tally.sent_at[stretch]
    return Figures(
        per_second=task.messages / used.wall,
        cpu_per_1000=1000 * used.server / task.messages,
        server_busy=used.server / used.wall,
        generator_busy=used.generator / used.wall,
        # The machine's clock is coarser than a process's, so the rest may come out below nothing.
        others_busy=max(0.0, used.machine - used.server - used.generator) / used.wall,
        peak_rss_mib=peak_rss(task.pid) / 2**20,
        ack=quantiles(sent, tally.acked_at[stretch]),
        delivered=quantiles(sent, tally.delivered_at[stretch]),
        events=(sum(member.other_events for member in members) - heard) / task.messages,
    )


def main() -> None:
    given = json.load(sys.stdin)
    seats = [Seat(**seat) for seat in given.pop("seats")]
    # Nothing here makes reference cycles; a collection would only show up as a server's latency.
    gc.disable()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            figures = runner.run(run(Task(seats=seats, **given)))
        except (LostCountError, WireError) as reason:
            sys.exit(f"this run does not count: {reason}")
    json.dump(asdict(figures), sys.stdout)


if __name__ == "__main__":
    main()
