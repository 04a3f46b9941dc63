"""Socket.IO spoken by hand: for what the official clients would never send."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
import orjson
from aiohttp import WSMsgType

from handlers import OPERATIONS
from tests.live import LiveServer

PATIENCE = 10.0
"""Seconds to wait for what must come: far more than it takes, on a machine that is busy."""


WRONG: dict[str, Any] = {
    "number": 7,
    "negative": -7,
    "fraction": 1.5,
    "truth": True,
    "nothing": None,
    "list": [{}],
    "object": {"$gt": ""},
    "text": "\u0000",
    "long": "x" * 20_000,
}
"""A value of every kind that JSON has, and some that are worse."""


class RawSocket:
    """One WebSocket, and everything that came over it.

    ``silent``: pings are left unanswered. ``told`` has the events as (name, payload), ``answers``
    the acknowledgements by their number, ``opening`` the answer to the handshake.
    """

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.silent = False
        self.opening: dict[str, Any] | None = None
        self.answers: dict[int, Any] = {}
        self.told: list[tuple[str, Any]] = []
        self.ended = False
        self._number = 1_000_000

    async def send(self, *frames: str | bytes) -> None:
        """Send frames as they stand; on a connection that is gone they are lost."""
        try:
            for frame in frames:
                if isinstance(frame, bytes):
                    await self.ws.send_bytes(frame)
                else:
                    await self.ws.send_str(frame)
        except ConnectionError:
            return

    async def read(self) -> None:
        """Take in one frame, or that the connection has ended."""
        message = await self.ws.receive()
        if message.type is not WSMsgType.TEXT:
            self.ended = True
            return
        text: str = message.data
        if text == "2":
            await self.send(*(() if self.silent else ("3",)))
        elif text.startswith("43"):
            number, _, body = text[2:].partition("[")
            assert int(number) not in self.answers, f"answered twice: {number}"
            self.answers[int(number)] = orjson.loads("[" + body)[0]
        elif text.startswith("42"):
            name, payload = orjson.loads(text[2:])
            self.told.append((name, payload))
        elif text.startswith(("40", "44")):
            self.opening = orjson.loads(text[2:])

    async def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """What the condition gives once it gives anything; None if the connection ends first."""
        async with asyncio.timeout(patience):
            while not (found := condition()):
                if self.ended:
                    return None
                await self.read()
            return found

    async def shake(self, token: str | None, **more: Any) -> dict[str, Any]:
        """Connect the default namespace: the server's answer to it."""
        await self.send("40" + json.dumps({"token": token, **more}))
        opening = await self.until(lambda: self.opening)
        assert opening is not None, "the handshake was not answered"
        return dict(opening)

    async def answer(self, number: int, patience: float = PATIENCE) -> dict[str, Any]:
        """The acknowledgement with that number; one that never comes fails the test."""
        found = await self.until(lambda: self.answers.get(number), patience)
        assert found is not None, f"{number} was never answered: the connection ended"
        return dict(found)

    async def ask(self, operation: str, /, **payload: Any) -> dict[str, Any]:
        """The acknowledgement of a proper request."""
        self._number += 1
        await self.send(event(self._number, operation, payload))
        return await self.answer(self._number)

    async def ends(self, patience: float = PATIENCE) -> int | None:
        """Wait until the server has ended the connection: its close code, if it gave one."""
        async with asyncio.timeout(patience):
            while not self.ended:
                await self.read()
        return self.ws.close_code

    async def hears(self, message: dict[str, Any]) -> None:
        """Wait until it is told of that very message as the newest."""

        def told() -> bool:
            sent = self.heard("message.sent")
            return bool(sent) and sent[-1]["message"] == message

        assert await self.until(told), "the connection ended"

    def heard(self, event: str) -> list[Any]:
        return [payload for name, payload in self.told if name == event]


def event(number: int | str, *arguments: Any) -> str:
    """The frame of an event that asks for an acknowledgement."""
    return f"42{number}" + json.dumps(arguments)


class HasRoom(Protocol):
    room_id: str


def example_in(order: HasRoom, operation: str) -> dict[str, Any]:
    """The operation's example, about a room and a message that are really there."""
    text = json.dumps(OPERATIONS[operation].example)
    filled = text.replace('"r1"', f'"{order.room_id}"').replace('"r1-7"', f'"{order.room_id}-1"')
    found: dict[str, Any] = json.loads(filled)
    return found


def code(answer: dict[str, Any]) -> str:
    """The code of a refusal; fails for anything else."""
    assert answer["ok"] is False, answer
    found: str = answer["error"]["code"]
    return found


@asynccontextmanager
async def raw_socket(
    session: aiohttp.ClientSession, url: str, token: str | None = None, **options: Any
) -> AsyncIterator[RawSocket]:
    """A WebSocket for the length of the block; with a token it is connected already."""
    address = f"{url}/socket.io/?EIO=4&transport=websocket"
    ws = await session.ws_connect(address, compress=0, **options)
    socket = RawSocket(ws)
    try:
        if token is not None:
            opening = await socket.shake(token)
            assert "sid" in opening, opening
        yield socket
    finally:
        await ws.close()


class RawPolling:
    """A polling client: one request at a time."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self.address = f"{url}/socket.io/?EIO=4&transport=polling"

    async def begin(self) -> None:
        """Open the transport only."""
        status, text = await self.get()
        assert status == 200
        self.address += "&sid=" + orjson.loads(text[1:])["sid"]

    async def open(self, token: str) -> None:
        """Open the transport and connect the default namespace."""
        await self.begin()
        assert await self.post("40" + json.dumps({"token": token})) == 200
        _, text = await self.get()
        assert text.startswith("40"), text

    async def get(self) -> tuple[int, str]:
        async with self._session.get(self.address) as response:
            return response.status, await response.text()

    async def post(self, *packets: str | bytes) -> int:
        """Send packets in one request: its status."""
        parts = [one.encode() if isinstance(one, str) else one for one in packets]
        body = io.BytesIO(b"\x1e".join(parts))
        async with self._session.post(self.address, data=body) as response:
            await response.read()
            return response.status

    async def answers(self, count: int) -> dict[int, Any]:
        """Poll until so many acknowledgements came: they, by their numbers."""
        found: dict[int, Any] = {}
        async with asyncio.timeout(PATIENCE):
            while len(found) < count:
                status, text = await self.get()
                assert status == 200, (status, text)
                # More than the official Python client takes in one answer would end it.
                assert text.count("\x1e") < 16
                for one in text.split("\x1e"):
                    if one == "2":
                        await self.post("3")
                    elif one.startswith("43"):
                        number, _, body = one[2:].partition("[")
                        found[int(number)] = orjson.loads("[" + body)[0]
        return found


def noted(server: LiveServer) -> list[dict[str, Any]]:
    """The lines of the server's log; every one must be a line of its own and JSON."""
    return [orjson.loads(line) for line in server.log.read_text().splitlines()]


@asynccontextmanager
async def quiet_log(
    server: LiveServer, session: aiohttp.ClientSession, *unsaid: str
) -> AsyncIterator[None]:
    """Fails if an exception is logged during the block, or one of these texts."""
    before = len(server.log.read_text())
    yield
    # What the block left behind has come to its end when this is answered.
    async with session.get(f"{server.url}/api/health/live") as answer:
        assert answer.status == 200
    added = server.log.read_text()[before:]
    assert "Traceback" not in added
    lines = [orjson.loads(line) for line in added.splitlines()]
    faults = [line for line in lines if "error" in line]
    assert not faults, (Counter(line["error"] for line in faults), faults[:3])
    for text in unsaid:
        assert text not in added, f"{text!r} is in the log"
