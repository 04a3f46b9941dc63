"""Peers that are silent, slow, too many or never finished: they are ended and others go on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from domain.model import Role
from server.clock import monotonic, now
from server.engine import HANDSHAKE_TIMEOUT
from server.tokens import sign
from tests.live import SECRET, LiveServer, live_server
from tests.raw import RawPolling, RawSocket, quiet_log, raw_socket

AUDIENCE = "order-chat"
CONNECTIONS = 3
SETTINGS = {
    "PING_INTERVAL": "1",
    "PING_TIMEOUT": "1",
    "PRESENCE_GRACE": "0",
    "SEND_BUFFER": "65536",
    "MAX_CONNECTIONS_PER_USER": str(CONNECTIONS),
    "JWT_AUDIENCE": AUDIENCE,
}


def token(user_id: str, role: Role, audience: str | None = AUDIENCE) -> str:
    return sign(
        SECRET, user_id=user_id, role=role, name=None, ttl=3600, now=now(), audience=audience
    )


@dataclass
class Unfinished:
    """Sockets that were opened and never connected; each task ends with its socket."""

    ended: list[asyncio.Task[float]]
    polling: RawPolling
    opened: float


async def end_of(one: RawSocket) -> float:
    """When the server ended it."""
    await one.ends(patience=HANDSHAKE_TIMEOUT + 2)
    return monotonic()


@pytest_asyncio.fixture(scope="module")
async def strict(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path_factory.mktemp("strict"), **SETTINGS) as running:
        yield running


@pytest_asyncio.fixture(scope="module", autouse=True)
async def unfinished(
    strict: LiveServer, session: aiohttp.ClientSession
) -> AsyncIterator[Unfinished]:
    """Opened before the first test here, so that most of the wait is over when the last looks."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(raw_socket(session, strict.url)) for _ in "12"]
        opening = await opened[1].shake("no token")
        assert opening["data"]["code"] == "unauthenticated"
        polling = RawPolling(session, strict.url)
        await polling.begin()
        ended = [asyncio.create_task(end_of(one)) for one in opened]
        yield Unfinished(ended, polling, monotonic())
        for one in ended:
            one.cancel()


@pytest.fixture
def people(fresh: str) -> dict[Role, str]:
    return {"customer": f"asha-{fresh}", "rider": f"ravi-{fresh}", "pharmacy": f"noor-{fresh}"}


@pytest_asyncio.fixture
async def room_id(
    strict: LiveServer, session: aiohttp.ClientSession, people: dict[Role, str], fresh: str
) -> str:
    """A room of the three."""
    invited = [{"user_id": who, "role": role, "name": "X"} for role, who in people.items()]
    async with raw_socket(session, strict.url, token("platform", "service")) as platform:
        answer = await platform.ask("room.open", order_id=f"o-{fresh}", participants=invited)
        found: str = answer["result"]["room"]["id"]
        return found


def offline(watcher: RawSocket, user_id: str) -> Callable[[], bool]:
    return lambda: any(
        told["user_id"] == user_id and told["status"] == "offline"
        for told in watcher.heard("presence.changed")
    )


async def presence_of(watcher: RawSocket, room_id: str, user_id: str) -> str:
    answer = await watcher.ask("presence.get", room_id=room_id)
    found = {one["user_id"]: one["status"] for one in answer["result"]["present"]}
    return found.get(user_id, "offline")


async def test_a_silent_peer_is_ended_and_no_longer_there(
    strict: LiveServer, session: aiohttp.ClientSession, room_id: str, people: dict[Role, str]
) -> None:
    asha, ravi = people["customer"], people["rider"]
    async with (
        raw_socket(session, strict.url, token(ravi, "rider")) as watcher,
        raw_socket(session, strict.url, token(asha, "customer")) as silent,
    ):
        assert await presence_of(watcher, room_id, asha) == "online"
        silent.silent = True
        ended = asyncio.create_task(silent.ends())
        assert await watcher.until(offline(watcher, asha))
        assert await presence_of(watcher, room_id, asha) == "offline"
        await ended


@pytest.mark.parametrize("frame", ["abc", "", "4", "49", "1"])
async def test_who_is_ended_for_a_bad_frame_leaves_no_ghost(
    strict: LiveServer,
    session: aiohttp.ClientSession,
    room_id: str,
    people: dict[Role, str],
    frame: str,
) -> None:
    asha, ravi = people["customer"], people["rider"]
    async with (
        quiet_log(strict, session),
        raw_socket(session, strict.url, token(ravi, "rider")) as watcher,
        raw_socket(session, strict.url, token(asha, "customer")) as bad,
    ):
        assert await presence_of(watcher, room_id, asha) == "online"
        await bad.send(frame)
        await bad.ends()
        assert await watcher.until(offline(watcher, asha))


async def test_a_polling_client_that_stops_asking_is_ended(
    strict: LiveServer, session: aiohttp.ClientSession, room_id: str, people: dict[Role, str]
) -> None:
    asha, ravi = people["customer"], people["rider"]
    async with raw_socket(session, strict.url, token(ravi, "rider")) as watcher:
        polling = RawPolling(session, strict.url)
        await polling.open(token(asha, "customer"))
        assert await presence_of(watcher, room_id, asha) == "online"
        assert await watcher.until(offline(watcher, asha))


async def test_pongs_nobody_asked_for_change_nothing(
    strict: LiveServer, session: aiohttp.ClientSession, people: dict[Role, str]
) -> None:
    async with raw_socket(session, strict.url, token(people["customer"], "customer")) as asha:
        await asha.send(*["3"] * 20_000)
        assert (await asha.ask("room.list"))["ok"]
        asha.silent = True
        await asha.send(*["3"] * 100)
        await asha.ends()


def narrow_session() -> aiohttp.ClientSession:
    """Its sockets take in little before the network makes the sender wait."""

    def narrow(address: Any) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        return made

    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=narrow))


async def test_a_slow_reader_is_cut_off_and_others_go_on(
    strict: LiveServer, session: aiohttp.ClientSession, room_id: str, people: dict[Role, str]
) -> None:
    asha, ravi, noor = people["customer"], people["rider"], people["pharmacy"]
    async with (
        raw_socket(session, strict.url, token(ravi, "rider")) as sender,
        raw_socket(session, strict.url, token(noor, "pharmacy")) as reader,
        narrow_session() as narrow,
        raw_socket(narrow, strict.url, token(asha, "customer")) as slow,
    ):
        cut_off = offline(reader, asha)
        sent = 0
        async with asyncio.timeout(20):
            while not cut_off():
                sent += 1
                content = "💊" * 3_900 + str(sent)
                said = await sender.ask(
                    "message.send", room_id=room_id, client_id=str(sent), content=content
                )
                assert said["ok"], said
                # It lives as far as pings can tell: what ends it is what it leaves unread.
                await slow.send("3")
                await reader.hears(said["result"]["message"])
        seqs = [told["message"]["seq"] for told in reader.heard("message.sent")]
        assert seqs == list(range(1, sent + 1))
        await slow.ends()
        assert "slow_reader" in strict.log.read_text(), "something else ended it"
        assert len(slow.heard("message.sent")) < sent
    # The log makes being cut off harmless: who comes back reads on from where they were.
    async with raw_socket(session, strict.url, token(asha, "customer")) as back:
        known = len(slow.heard("message.sent"))
        page = await back.ask("message.history", room_id=room_id, after_seq=known, limit=1)
        assert page["result"]["messages"][0]["seq"] == known + 1


async def test_many_sockets_of_nobody_leave_the_others_served(
    strict: LiveServer, session: aiohttp.ClientSession, people: dict[Role, str]
) -> None:
    connector = aiohttp.TCPConnector(limit=0)
    async with AsyncExitStack() as stack:
        crowd = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
        address = f"{strict.url}/socket.io/?EIO=4&transport=websocket"
        sockets = await asyncio.gather(*(crowd.ws_connect(address) for _ in range(300)))
        asha = await stack.enter_async_context(
            raw_socket(session, strict.url, token(people["customer"], "customer"))
        )
        began = monotonic()
        for _ in range(20):
            assert (await asha.ask("room.list"))["ok"]
        assert monotonic() - began < 4
        await asyncio.gather(*(one.close() for one in sockets))


async def test_one_person_has_so_many_connections_and_no_more(
    strict: LiveServer, session: aiohttp.ClientSession, people: dict[Role, str]
) -> None:
    asha = token(people["customer"], "customer")
    async with AsyncExitStack() as stack:
        kept = [
            await stack.enter_async_context(raw_socket(session, strict.url, asha))
            for _ in range(CONNECTIONS)
        ]
        async with raw_socket(session, strict.url) as one_more:
            opening = await one_more.shake(asha)
            assert opening["data"]["code"] == "rate_limited"
            assert opening["data"]["retry_after"] > 0
        for one in kept:
            assert (await one.ask("room.list"))["ok"]
        async with raw_socket(session, strict.url, token(people["rider"], "rider")):
            pass
        await kept[0].send("1")
        await kept[0].ends()
        async with raw_socket(session, strict.url, asha):
            pass


@pytest.mark.parametrize("audience", [None, "another-service", AUDIENCE.upper()])
async def test_a_token_for_somebody_else_opens_nothing(
    strict: LiveServer, session: aiohttp.ClientSession, audience: str | None
) -> None:
    foreign = token("asha", "customer", audience)
    async with raw_socket(session, strict.url) as nobody:
        assert (await nobody.shake(foreign))["data"]["code"] == "unauthenticated"
    headers = {"Authorization": f"Bearer {foreign}"}
    async with session.get(f"{strict.url}/api/chat-rooms/", headers=headers) as answer:
        assert answer.status == 401


async def test_who_never_connects_is_ended(unfinished: Unfinished) -> None:
    for ended in await asyncio.gather(*unfinished.ended):
        assert HANDSHAKE_TIMEOUT - 1 < ended - unfinished.opened < HANDSHAKE_TIMEOUT + 2
    async with asyncio.timeout(2):
        while (await unfinished.polling.get())[0] == 200:
            pass
