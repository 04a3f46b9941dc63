"""Which pages of other origins may use the server, and what every answer tells a browser."""

from __future__ import annotations

import aiohttp
import pytest

from tests.live import LiveServer, Rest

FOREIGN = "https://elsewhere.example"
ALLOWED = "https://shop.example"
POLL = "/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize("path", ["/api/health/live", "/api/chat-rooms/", POLL])
async def test_a_foreign_origin_is_refused_everywhere(
    strict_server: LiveServer, session: aiohttp.ClientSession, fresh: str, path: str
) -> None:
    person = Rest(strict_server, session, strict_server.token(f"origin-{fresh}", "customer"))
    for origin in (FOREIGN, "null", f"{ALLOWED}.evil.example", "http://shop.example"):
        status, headers, problem = await person.full("GET", path, headers={"Origin": origin})
        assert (status, problem["code"]) == (403, "forbidden"), origin
        assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", ["/api/health/live", "/api/chat-rooms/", "/api/nothing/", POLL])
async def test_a_listed_origin_is_let_in(
    strict_server: LiveServer, session: aiohttp.ClientSession, fresh: str, path: str
) -> None:
    person = Rest(strict_server, session, strict_server.token(f"origin-{fresh}", "customer"))
    status, headers, _ = await person.full("GET", path, headers={"Origin": ALLOWED})
    assert status == (404 if "nothing" in path else 200)
    assert headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "Origin" in headers["Vary"]
    own = await person.full("GET", path, headers={"Origin": strict_server.url})
    assert own[0] == status


async def test_a_preflight_names_what_is_allowed(
    strict_server: LiveServer, session: aiohttp.ClientSession
) -> None:
    asked = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    url = f"{strict_server.url}/api/chat-messages/x-1/"
    async with session.options(url, headers=asked) as answer:
        assert answer.status in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        methods = answer.headers["Access-Control-Allow-Methods"]
        assert {one.strip() for one in methods.split(",")} >= {"GET", "POST", "PUT", "DELETE"}
        named = answer.headers["Access-Control-Allow-Headers"].lower()
        assert {one.strip() for one in named.split(",")} >= {
            "authorization",
            "content-type",
            "idempotency-key",
        }
    async with session.options(url, headers={**asked, "Origin": FOREIGN}) as answer:
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_scripts_of_a_listed_origin_may_read_where_and_when(
    strict_server: LiveServer, session: aiohttp.ClientSession, fresh: str
) -> None:
    platform = Rest(strict_server, session, strict_server.token(f"origin-{fresh}", "service"))
    body = {"order_id": f"cors-{fresh}"}
    status, headers, _ = await platform.full(
        "POST", "/api/chat-rooms/", body, headers={"Origin": ALLOWED}
    )
    assert status == 201
    exposed = headers.get("Access-Control-Expose-Headers", "").lower()
    assert {one.strip() for one in exposed.split(",")} >= {"location", "retry-after"}
