"""What operators ask: is it alive, is it ready, and what does it offer."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest

from handlers import OPERATIONS
from tests.live import LiveServer, Rest, live_server


async def test_a_server_that_runs_is_alive_and_ready(
    server: LiveServer, session: aiohttp.ClientSession
) -> None:
    for slash in ("", "/"):
        async with session.get(f"{server.url}/api/health/live{slash}") as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "live"})
        async with session.get(f"{server.url}/api/health/ready{slash}") as answer:
            assert answer.status == 200
            state = await answer.json()
            assert state == {"status": "ready", "parts": {"store": {"state": "up"}}}


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
async def test_the_contract_is_served(
    server: LiveServer, session: aiohttp.ClientSession, name: str
) -> None:
    async with session.get(f"{server.url}/api/{name}.json") as answer:
        assert answer.status == 200
        document = await answer.json()
    assert document[name].startswith("3.")
    if name == "openapi":
        routes = {route.path for one in OPERATIONS.values() for route in one.routes}
        assert set(document["paths"]) >= routes
    else:
        text = str(document)
        assert all(operation in text for operation in OPERATIONS)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_weak_secret_is_said_once_at_the_start(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    weak = "x" * 20
    async with live_server(tmp_path, JWT_SECRET=weak) as server:
        for number in range(2):
            token = server.token(f"asha-{number}", "customer", secret=weak)
            status, _ = await Rest(server, session, token)("GET", "/api/chat-rooms/")
            assert status == 200
        notes = [json.loads(line) for line in server.log.read_text().splitlines()]
    warned = [(one["event"], one["bytes"]) for one in notes if one["level"] == "warning"]
    assert warned == [("weak_secret", 20)]


async def test_agents_are_led_to_their_panel(
    server: LiveServer, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{server.url}/console/", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "/#show=support")
