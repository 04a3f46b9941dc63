"""What operators ask: is it alive, is it ready, and what does it offer."""

from __future__ import annotations

import aiohttp
import pytest

from handlers import OPERATIONS
from tests.live import LiveServer


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
