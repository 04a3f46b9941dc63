"""A Socket.IO client in forty lines: Engine.IO 4 and Socket.IO 5, text packets, default namespace.

It is written out because the generator shares its two cores with the server it measures, and
because it must see every packet: nothing is queued, reconnected or recovered on the quiet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import orjson

OnAck = Callable[[dict[str, Any]], Awaitable[None]]
OnEvent = Callable[[str], Awaitable[None]]


class WireError(Exception):
    """The server said something that this client does not expect, or hung up."""


class Connection:
    """One client. ``on_event`` gets each event as its raw packet, for most are not worth parsing.

    ``call`` may be used once ``open`` has returned and while ``listen`` runs.
    """

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._acks: dict[str, OnAck] = {}
        self._last_ack = 0
        self._socket: aiohttp.ClientWebSocketResponse

    async def open(self, http: aiohttp.ClientSession, auth: dict[str, str]) -> None:
        """The handshake of both layers; ``auth`` goes with the connect packet."""
        self._socket = await http.ws_connect("/socket.io/?EIO=4&transport=websocket")
        await self._expect("0")
        await self._socket.send_str(f"40{orjson.dumps(auth).decode()}")
        await self._expect("40")

    async def listen(self) -> None:
        """Takes packets as they come; ends only with an error or by being cancelled."""
        async for frame in self._socket:
            packet = frame.data
            if packet.startswith("42"):
                await self._on_event(packet)
            elif packet.startswith("43"):
                number, bracket, rest = packet[2:].partition("[")
                await self._acks.pop(number)(orjson.loads(bracket + rest)[0])
            elif packet == "2":
                await self._socket.send_str("3")
            else:
                raise WireError(f"unexpected packet {packet[:200]}")
        raise WireError(f"the server hung up with code {self._socket.close_code}")

    async def call(self, event: str, argument: dict[str, Any], on_ack: OnAck) -> None:
        """Sends one operation; ``on_ack`` gets the acknowledgement's single argument."""
        self._last_ack += 1
        number = str(self._last_ack)
        self._acks[number] = on_ack
        body = orjson.dumps([event, argument]).decode()
        await self._socket.send_str(f"42{number}{body}")

    async def ask(self, event: str, argument: dict[str, Any]) -> dict[str, Any]:
        """The acknowledgement of one operation, awaited."""
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        async def answered(result: dict[str, Any]) -> None:
            answer.set_result(result)

        await self.call(event, argument, answered)
        return await answer

    async def _expect(self, kind: str) -> None:
        packet = await self._socket.receive_str()
        if not packet.startswith(kind):
            raise WireError(f"expected a packet {kind}, got {packet[:200]}")
