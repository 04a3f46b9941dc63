"""The official JavaScript client of Socket.IO, in node: it talks, repeats, and comes back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.conftest import Come, Order
from tests.live import LiveServer, Person, Rest
from tests.raw import PATIENCE

CLIENT = Path(__file__).with_name("client.mjs")
TRANSPORTS = {
    "websocket": ["websocket"],
    "polling": ["polling"],
    "upgrade": ["polling", "websocket"],
}
each_transport = pytest.mark.parametrize("transports", TRANSPORTS.values(), ids=list(TRANSPORTS))
Line = dict[str, Any]


class NodeClient:
    """A node process with one client in it, and everything it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._lines: list[Line] = []

    async def command(self, what: str, **more: Any) -> None:
        self._process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        await self._process.stdin.drain()

    async def says(self, did: str, **expected: Any) -> Line:
        """The next line of that kind; what comes before it stays for others to ask for."""
        wanted = {"did": did, **expected}
        async with asyncio.timeout(PATIENCE):
            seen = 0
            while True:
                for line in self._lines[seen:]:
                    seen += 1
                    if wanted.items() <= line.items():
                        self._lines.remove(line)
                        return line
                line = await self._process.stdout.readline()
                assert line, "the client is gone"
                self._lines.append(json.loads(line))

    async def call(self, operation: str, **payload: Any) -> Any:
        await self.command("call", operation=operation, payload=payload)
        return await self.says("call")

    async def end(self) -> None:
        self._process.stdin.close()
        assert await self._process.wait() == 0


@asynccontextmanager
async def node_client(server: LiveServer, token: str, **options: Any) -> AsyncIterator[NodeClient]:
    asked = json.dumps({"url": server.url, "token": token, **options})
    process = await asyncio.create_subprocess_exec(
        "node",
        CLIENT,
        asked,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**22,
    )
    client = NodeClient(process)
    try:
        yield client
        await client.end()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def opened_room(server: LiveServer, session: aiohttp.ClientSession) -> str:
    """A room of Asha and Ravi."""
    platform = Rest(server, session, server.token("platform", "service"))
    people = [("asha", "customer"), ("ravi", "rider")]
    invited = [{"user_id": who, "role": role, "name": who} for who, role in people]
    asked = {"order_id": "o", "participants": invited}
    _, room = await platform("POST", "/api/chat-rooms/create-with-participants/", asked)
    found: str = room["id"]
    return found


@each_transport
async def test_it_talks(
    server: LiveServer, come: Come, order: Order, transports: list[str]
) -> None:
    ravi = await come(order.rider, "rider")
    token = server.token(order.customer, "customer")
    async with node_client(server, token, transports=transports) as asha:
        assert (await asha.says("open"))["transport"] == transports[0]
        if len(transports) > 1:
            assert (await asha.says("upgrade"))["transport"] == "websocket"
        said = {"room_id": order.room_id, "client_id": "1", "content": "Grüße 💊"}
        answer = (await asha.call("message.send", **said))["ack"]
        assert answer["result"]["message"]["seq"] == 1
        assert await ravi.hears("message.sent") == {
            "room_id": order.room_id,
            "message": answer["result"]["message"],
        }
        reply = await ravi.do("message.send", **{**said, "content": "Hello"})
        heard = await asha.says("hear", name="message.sent")
        if heard["payload"]["message"]["seq"] == 1:
            heard = await asha.says("hear", name="message.sent")
        assert heard["payload"]["message"] == reply["message"]
        refused = (await asha.call("message.send", room_id=order.room_id))["ack"]
        assert refused["error"]["code"] == "invalid"


@each_transport
async def test_a_bad_token_is_told_apart(server: LiveServer, transports: list[str]) -> None:
    async with node_client(server, "x.y.z", transports=transports) as asha:
        failed = await asha.says("fail")
        assert failed["data"]["code"] == "unauthenticated"
        assert failed["message"] == failed["data"]["message"]


async def talk_meanwhile(ravi: Person, room_id: str) -> list[tuple[int, str]]:
    """What Ravi changes and says while Asha is away: each as number and text, as she catches up."""
    texts = ["one", "two", "three"]
    for text in texts:
        await ravi.do("message.send", room_id=room_id, client_id=text, content=text)
    first = await ravi.do("message.history", room_id=room_id, limit=1, after_seq=0)
    await ravi.do("message.edit", message_id=first["messages"][0]["id"], content="edited")
    start = first["messages"][0]["seq"]
    return [(start, "edited"), *((start + 2 + n, text) for n, text in enumerate(texts))]


async def catches_up(asha: NodeClient, ravi: Person, room_id: str) -> None:
    """Asha is away and held at the door: once let in, she gets exactly what she missed."""
    missed = await talk_meanwhile(ravi, room_id)
    await asha.command("go")
    caught = await asha.says("catch up")
    assert [(one["seq"], one["content"]) for one in caught["messages"]] == missed
    after = {"room_id": room_id, "client_id": "after", "content": "after"}
    sent = await ravi.do("message.send", **after)
    while (await asha.says("hear", name="message.sent"))["payload"]["message"] != sent["message"]:
        pass


async def known_room(asha: NodeClient, ravi: Person, room_id: str) -> None:
    """Both know the room's first two messages."""
    for text in ("known", "known too"):
        said = {"room_id": room_id, "client_id": text[-3:], "content": text}
        await ravi.do("message.send", **said)
    await asha.command("join", room_id=room_id)
    assert (await asha.says("join"))["after_seq"] == 2


@each_transport
async def test_it_comes_back_from_a_break_and_catches_up(
    server: LiveServer, come: Come, order: Order, transports: list[str]
) -> None:
    ravi = await come(order.rider, "rider")
    token = server.token(order.customer, "customer")
    async with node_client(server, token, transports=transports) as asha:
        first = await asha.says("connect")
        await known_room(asha, ravi, order.room_id)
        await asha.command("hold")
        await asha.says("hold")
        await asha.command("break")
        await asha.says("disconnect")
        await catches_up(asha, ravi, order.room_id)
        assert (await asha.says("connect"))["id"] != first["id"]


async def test_it_comes_back_to_a_server_that_was_killed_and_catches_up(
    server_of_its_own: LiveServer, session: aiohttp.ClientSession
) -> None:
    server = server_of_its_own
    room_id = await opened_room(server, session)
    async with node_client(server, server.token("asha", "customer")) as asha:
        await asha.says("connect")
        before = Person(server, "ravi", "rider")
        await before.connect()
        await known_room(asha, before, room_id)
        await asha.command("hold")
        await asha.says("hold")
        server.kill()
        await asha.says("disconnect")
        await before.leave()
        await server.start()
        ravi = Person(server, "ravi", "rider")
        await ravi.connect()
        await catches_up(asha, ravi, room_id)
        await ravi.leave()


async def test_its_repeats_place_a_message_once(
    server_of_its_own: LiveServer, session: aiohttp.ClientSession
) -> None:
    """With ``retries`` the client repeats what is not acknowledged in time, by itself."""
    server = server_of_its_own
    room_id = await opened_room(server, session)
    options = {"transports": ["websocket"], "retries": 100, "ackTimeout": 200}
    async with node_client(server, server.token("asha", "customer"), **options) as asha:
        await asha.says("connect")
        said = {"room_id": room_id, "client_id": "1", "content": "Hello"}
        os.kill(server.pid, signal.SIGSTOP)
        await asha.command("call", operation="message.send", payload=said)
        for _ in range(3):
            await asha.says("write")
        os.kill(server.pid, signal.SIGCONT)
        assert (await asha.says("call"))["ack"]["ok"]
        server.kill()
        await asha.says("disconnect")
        said |= {"client_id": "2", "content": "Still there?"}
        await asha.command("call", operation="message.send", payload=said)
        await server.start()
        assert (await asha.says("call"))["ack"]["ok"]
        log = (await asha.call("message.history", room_id=room_id))["ack"]["result"]["messages"]
        assert [(one["seq"], one["client_id"]) for one in log] == [(1, "1"), (2, "2")]
