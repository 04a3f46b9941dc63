"""A disk that is full, a file that is damaged, a port that is taken: said plainly, and survived."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.live import LiveServer, Rest, live_server
from tests.raw import RawSocket, code, raw_socket

DATABASE = "chat.sqlite3"


async def becomes(
    expected: tuple[int, str], server: LiveServer, session: aiohttp.ClientSession
) -> None:
    """An answer about readiness holds for a moment: ask until the next one."""
    async with asyncio.timeout(5):
        while await readiness(server, session) != expected:
            pass


@contextmanager
def full_disk(server: LiveServer) -> Iterator[None]:
    """Nothing the server writes to any file is kept: the limit on file sizes is none at all."""
    before = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    yield
    if server.running:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, before)


async def readiness(server: LiveServer, session: aiohttp.ClientSession) -> tuple[int, str]:
    async with session.get(f"{server.url}/api/health/ready") as answer:
        body = await answer.json()
        return answer.status, body["parts"]["store"]["state"]


class Asha:
    """The customer of the only room, and what was acknowledged to her."""

    def __init__(self, socket: RawSocket, room_id: str) -> None:
        self.socket = socket
        self.room_id = room_id
        self.acknowledged: dict[str, int] = {}

    async def say(self, client_id: str) -> str:
        """``ok``, or the code of the refusal."""
        said = {"room_id": self.room_id, "client_id": client_id, "content": f"Hello {client_id}"}
        answer = await self.socket.ask("message.send", **said)
        if not answer["ok"]:
            if code(answer) == "unavailable":
                assert answer["error"]["retry_after"] > 0
            return code(answer)
        assert not answer["result"]["duplicate"], "a refused send had been kept"
        self.acknowledged[client_id] = answer["result"]["message"]["seq"]
        return "ok"

    async def kept(self) -> dict[str, int]:
        history = await self.socket.ask("message.history", room_id=self.room_id, limit=100)
        return {one["client_id"]: one["seq"] for one in history["result"]["messages"]}


async def only_room(server: LiveServer, session: aiohttp.ClientSession) -> str:
    platform = Rest(server, session, server.token("platform", "service"))
    invited = [{"user_id": "asha", "role": "customer", "name": "Asha"}]
    _, room = await platform(
        "POST",
        "/api/chat-rooms/create-with-participants/",
        {"order_id": "o", "participants": invited},
    )
    found: str = room["id"]
    return found


@pytest_asyncio.fixture
async def unmeasured_server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    """A server that keeps no record of coverage: a full disk would not take that either."""
    async with live_server(tmp_path, COVERAGE_PROCESS_CONFIG="") as running:
        yield running


async def test_a_full_disk_refuses_and_forgets_nothing(
    unmeasured_server: LiveServer, session: aiohttp.ClientSession
) -> None:
    server = unmeasured_server
    token = server.token("asha", "customer")
    room_id = await only_room(server, session)
    async with raw_socket(session, server.url, token) as socket:
        asha = Asha(socket, room_id)
        assert [await asha.say(f"before-{n}") for n in range(5)] == ["ok"] * 5
        assert await readiness(server, session) == (200, "up")
        with full_disk(server):
            assert [await asha.say(f"while-{n}") for n in range(5)] == ["unavailable"] * 5
            await becomes((503, "down"), server, session)
            assert await asha.kept() == asha.acknowledged, "what is there can still be read"
        assert [await asha.say(f"while-{n}") for n in range(5)] == ["ok"] * 5
        await becomes((200, "up"), server, session)
        assert await asha.kept() == asha.acknowledged
    with full_disk(server):
        status = await server.terminate()
    await server.start()
    async with raw_socket(session, server.url, token) as socket:
        assert await Asha(socket, room_id).kept() == asha.acknowledged
    assert sorted(asha.acknowledged.values()) == list(range(1, 11))
    assert status == 0, "it stopped as asked, whether its log could be written or not"


def no_database(path: Path) -> None:
    path.write_bytes(b"This is a letter, not a database. " * 500)


def another_programs(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE accounts (name TEXT)")
    db.close()


def a_folder(path: Path) -> None:
    path.mkdir()


def from_the_future(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9999")
    db.close()


@pytest.mark.parametrize("damage", [no_database, another_programs, a_folder, from_the_future])
async def test_a_file_that_cannot_be_used_is_one_line_and_status_1(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    (tmp_path / "data").mkdir()
    damage(tmp_path / "data" / DATABASE)
    assert DATABASE in await why_not(LiveServer(tmp_path))


async def test_a_damaged_file_is_one_line_and_status_1(
    server_of_its_own: LiveServer, session: aiohttp.ClientSession
) -> None:
    server = server_of_its_own
    await only_room(server, session)
    assert await server.terminate() == 0
    path = server.data / "data" / DATABASE
    whole = path.read_bytes()
    # The schema's own page goes, the header that says what kind of file it is stays.
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    server.log.unlink()
    assert "damaged" in await why_not(server)


async def test_a_port_that_is_taken_is_one_line_and_status_1(tmp_path: Path) -> None:
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    async with taken:
        assert f"127.0.0.1:{port}" in await why_not(LiveServer(tmp_path, PORT=str(port)))


async def why_not(server: LiveServer) -> str:
    """The one line that a server that cannot start leaves, with status 1."""
    with pytest.raises(RuntimeError, match="did not start"):
        await server.start()
    said = server.log.read_text()
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said
    assert server.wait() == 1
    return said
