"""Thousands of frames made by chance: each is answered, or ends its connection."""

from __future__ import annotations

import json
import random  # noqa: TID251 # seeded: every run sends the same frames
import re
from asyncio import gather
from typing import Any

import aiohttp

from handlers import OPERATIONS
from tests.conftest import Come, Order
from tests.live import LiveServer
from tests.raw import WRONG, RawSocket, event, example_in, quiet_log, raw_socket

CANARY = "canary-7f3a in a message"


class Mischief:
    """Frames made from proper ones by chance: cut, doubled, bent and mixed."""

    def __init__(self, seed: int, order: Order) -> None:
        self._chance = random.Random(seed)
        self._proper = [(name, example_in(order, name)) for name in OPERATIONS]

    def frame(self, number: int) -> str:
        """The next frame; most still carry the number."""
        name, example = self._chance.choice(self._proper)
        asked = {key: self._value(value) for key, value in example.items()}
        text = event(number, name, asked)
        if self._chance.random() < 0.5:
            return text
        for _ in range(self._chance.randint(1, 4)):
            text = self._bent(text)
        return text

    def _value(self, value: Any) -> Any:
        if self._chance.random() < 0.6:
            return value
        return self._chance.choice([*WRONG.values(), CANARY, self._text(), [value], {"a": value}])

    def _text(self) -> str:
        letters = ("\u0000", "\ud83d", "💊", "\u202e", '"', "\\", "[", "{", "-", "/", ",", "9", "é")
        return "".join(self._chance.choices(letters, k=self._chance.randint(0, 40)))

    def _bent(self, text: str) -> str:
        at = self._chance.randrange(len(text) + 1)
        to = min(len(text), at + self._chance.randint(1, 6))
        piece = json.dumps(self._text())[1:-1]
        ways = (text[:at], text[:at] + piece + text[at:], text[:at] + text[to:], text + text[at:to])
        return self._chance.choice(ways) or "4"


ASKED = re.compile(r"42(\d{1,15})(?![\d-])", re.ASCII)


async def _make_mischief(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, seed: int, count: int
) -> int:
    """Send so many frames; how many of them asked for an acknowledgement. All of those got it."""
    mischief = Mischief(seed, order)
    asked_for = sent = 0
    while sent < count:
        token = server.token(order.customer, "customer")
        async with raw_socket(session, server.url, token) as asha:
            while sent < count and not asha.ended:
                sent += 1
                frame = mischief.frame(sent)
                asked_for += await _answered(asha, frame)
    return asked_for


async def _answered(asha: RawSocket, frame: str) -> bool:
    asha.answers.clear()
    await asha.send(frame)
    asked = ASKED.match(frame)
    if asked:
        assert await asha.until(lambda: asha.answers.get(int(asked[1]))), f"not answered: {frame!r}"
        assert asha.answers[int(asked[1])].get("error", {}).get("code") != "internal", frame
    else:
        # Either it ended the connection, or what comes next is answered as ever.
        await asha.send(event(10**14, "room.list", {}))
        await asha.until(lambda: asha.answers.get(10**14))
    return bool(asked)


async def test_generated_frames_are_answered_or_end_their_connection(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, come: Come
) -> None:
    ravi = await come(order.rider, "rider")
    token = server.token(order.customer, "customer")
    async with quiet_log(server, session, CANARY, token, token.rpartition(".")[2]):
        runs = (_make_mischief(server, session, order, seed, 1_000) for seed in range(8))
        asked_for = sum(await gather(*runs))
    assert asked_for > 4_000, "too few of them could be answered at all"
    await ravi.do("room.list")
