"""The server is asked to stop while people send: it finishes, says so, and they go on after."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import socketio
from pydantic import SecretStr

from server.app import running
from server.clock import monotonic
from server.settings import Settings
from tests.crowd import Crowd
from tests.live import SECRET, LiveServer
from tests.raw import PATIENCE, RawPolling, code, raw_socket

GONE_WITHIN = 10.0
"""Seconds from SIGTERM to the exit (contract §1)."""


async def test_a_stop_loses_nothing_and_repeats_nothing(
    server_of_its_own: LiveServer, session: aiohttp.ClientSession
) -> None:
    server = server_of_its_own
    crowd = Crowd(server, session)
    await crowd.gather(rooms=4, in_each=4)
    polling = RawPolling(session, server.url)
    await polling.open(server.token("nobody", "customer"))
    waiting = asyncio.create_task(polling.get())
    talking = asyncio.create_task(crowd.talk())
    await crowd.tally.reaches(300)
    began = monotonic()
    assert await server.terminate() == 0
    assert monotonic() - began < GONE_WITHIN
    await talking
    status, _ = await waiting
    assert status in (200, 400), "a poll under way is answered, not left hanging"
    await server.start()
    await crowd.finish()
    assert await crowd.faults() == []
    # What was stored was answered before the end: no repeat found its first one there.
    assert crowd.repeats_stored_before == 0


async def test_nobody_is_let_in_while_it_stops(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    settings = Settings(
        port=0, data_dir=tmp_path, jwt_secret=SecretStr(SECRET), limits=False, demo=False
    )
    token = LiveServer(tmp_path).token("asha", "customer")
    async with running(settings) as here:
        url = here.url.rstrip("/")
        async with raw_socket(session, url, token) as inside:
            here.sockets.draining = True
            async with raw_socket(session, url) as late:
                opening = await late.shake(token)
                assert opening["data"]["code"] == "unavailable"
                assert opening["data"]["retry_after"] > 0
            async with session.get(f"{url}/api/health/ready") as answer:
                assert answer.status == 503
                assert (await answer.json())["status"] == "stopping"
            late_question = await inside.ask("room.list")
            assert late_question["ok"] or code(late_question) == "unavailable", "it is answered"


async def test_the_official_python_client_comes_back_by_itself(
    server_of_its_own: LiveServer,
) -> None:
    server = server_of_its_own
    client = socketio.AsyncClient(reconnection_delay=0.05, reconnection_delay_max=0.2)
    connected = asyncio.Event()
    gone = asyncio.Event()
    client.on("connect", connected.set)
    client.on("disconnect", lambda _: gone.set())
    token = server.token("asha", "customer")
    await client.connect(server.url, auth={"token": token}, transports=["websocket"])
    async with asyncio.timeout(PATIENCE * 2):
        await connected.wait()
        connected.clear()
        assert await server.terminate() == 0
        await gone.wait()
        await server.start()
        await connected.wait()
    assert (await client.call("room.list", {}))["ok"]
    await client.disconnect()
