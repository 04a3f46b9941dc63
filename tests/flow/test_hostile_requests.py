"""HTTP that no client of good will sends: REST, the polling transport, tokens and origins."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
import pytest

from handlers import OPERATIONS, Route
from server.clock import now
from tests.conftest import Order
from tests.live import SECRET, LiveServer
from tests.raw import RawPolling, code, event, noted, quiet_log, raw_socket

CANARY = "canary-9c1e"
WRITES = [
    one for found in OPERATIONS.values() for one in found.routes if one.method in ("POST", "PUT")
]
BODIES: dict[str, bytes] = {
    "no JSON": b"{",
    "list": b"[]",
    "text": b'"x"',
    "nothing": b"null",
    "no UTF-8": b'{"content":"\xff"}',
    "deep": b"[" * 50_000,
    "unknown field": b'{"nonsense":1}',
    "half a surrogate pair": b'{"content":"\\ud800"}',
    "NaN": b'{"limit":NaN}',
}


def claims(**changed: Any) -> dict[str, Any]:
    """What a good token says, but for the changes; None takes a claim away."""
    good = {"sub": f"asha-{CANARY}", "role": "customer", "name": "Asha"}
    good |= {"exp": int((now() + timedelta(hours=1)).timestamp()), **changed}
    return {name: value for name, value in good.items() if value is not None}


def signed(secret: str = SECRET, algorithm: str = "HS256", **changed: Any) -> str:
    return jwt.encode(claims(**changed), secret, algorithm=algorithm)


def tampered() -> str:
    """A good signature under other claims."""
    head, _, signature = signed().split(".")
    _, body, _ = signed(sub="admin", role="admin").split(".")
    return f"{head}.{body}.{signature}"


BAD_TOKENS: dict[str, str] = {
    "expired": signed(exp=1_700_000_000),
    "not valid yet": signed(nbf=4_000_000_000),
    "without an end": signed(exp=None),
    "an end that is no time": signed(exp=True),
    "signed by somebody else": signed("another-secret-that-is-long-enough-for-hs256"),
    "another algorithm": signed("x" * 64, algorithm="HS512"),
    "not signed": jwt.encode(claims(), None, algorithm="none"),
    "signature cut off": signed().rpartition(".")[0] + ".",
    "other claims": tampered(),
    "a role that is none": signed(role="root"),
    "nobody": signed(sub=None),
    "a name for a key": jwt.encode(claims(), SECRET, headers={"jku": "http://127.0.0.1/"}),
    "rules unknown": jwt.encode(claims(), SECRET, headers={"crit": ["exp"]}),
    "no token": "x.y.z",
    "too long": signed(name="x" * 4_000),
    "strange": CANARY + "é\u2028",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=list(BAD_TOKENS))
async def test_a_bad_token_opens_nothing(
    server: LiveServer, session: aiohttp.ClientSession, token: str
) -> None:
    async with quiet_log(server, session, CANARY, token):
        async with raw_socket(session, server.url) as nobody:
            opening = await nobody.shake(token)
            assert opening["data"]["code"] == "unauthenticated"
        headers = {"Authorization": f"Bearer {token}"}
        async with session.get(f"{server.url}/api/chat-rooms/", headers=headers) as answer:
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert (await answer.json(content_type=None))["code"] == "unauthenticated"


@pytest.mark.parametrize("handshake", ["", "null", "[]", "5", '"x"', '{"token":5}', '{"token":[]}'])
async def test_a_handshake_without_a_token_is_refused(
    server: LiveServer, session: aiohttp.ClientSession, handshake: str
) -> None:
    async with raw_socket(session, server.url) as nobody:
        await nobody.send("40" + handshake)
        opening = await nobody.until(lambda: nobody.opening)
        assert opening["data"]["code"] == "unauthenticated"
        await nobody.send(event(1, "room.list", {}))
        await nobody.ends(patience=5)
        assert nobody.answers == {}


async def test_a_token_in_the_address_is_no_token(
    server: LiveServer, session: aiohttp.ClientSession
) -> None:
    address = f"{server.url}/api/chat-rooms/?token={signed()}"
    async with session.get(address) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example"]
)
async def test_a_page_of_another_origin_is_kept_out(
    server: LiveServer, session: aiohttp.ClientSession, origin: str
) -> None:
    headers = {"Origin": origin, "X-Forwarded-Host": urlsplit(origin).netloc or "null"}
    for address in ("/api/chat-rooms/", "/socket.io/?EIO=4&transport=polling"):
        async with session.get(server.url + address, headers=headers) as answer:
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        async with raw_socket(session, server.url, headers=headers):
            pass
    async with raw_socket(session, server.url, headers={"Origin": server.url}) as asha:
        assert "sid" in await asha.shake(signed())


@pytest.mark.parametrize("one", WRITES, ids=lambda one: f"{one.method} {one.path}")
async def test_a_bad_body_is_a_problem(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, one: Route
) -> None:
    path = one.path.format(
        room_id=order.room_id, message_id=f"{order.room_id}-1", participant_id=f"{order.room_id}-1"
    )
    headers = {"Authorization": f"Bearer {server.token(order.support, 'support')}"}
    async with quiet_log(server, session):
        for what, body in BODIES.items():
            async with session.request(
                one.method, server.url + path, data=body, headers=headers
            ) as answer:
                assert answer.status == 400, (what, await answer.text())
                assert answer.content_type == "application/problem+json"
                assert (await answer.json(content_type=None))["code"] == "invalid"
        large = json.dumps({"content": "x" * 102_400})
        async with session.request(
            one.method, server.url + path, data=large, headers=headers
        ) as answer:
            assert answer.status == 413
            assert (await answer.json(content_type=None))["code"] == "too_large"


QUERIES = ("limit=0", "limit=x", "limit=5&limit=6", "cursor=%00", "nonsense=1", "cursor=💊", "x")


@pytest.mark.parametrize("query", QUERIES)
async def test_a_bad_query_is_a_problem(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, query: str
) -> None:
    headers = {"Authorization": f"Bearer {server.token(order.customer, 'customer')}"}
    address = f"{server.url}/api/chat-rooms/?{query}"
    async with quiet_log(server, session), session.get(address, headers=headers) as answer:
        assert answer.status == 400, await answer.text()
        assert (await answer.json(content_type=None))["code"] == "invalid"


PATHS = ("%00", "..%2f..%2fetc", "%0aINFO%20fake", "💊", "x" * 200, "%ff", "a%20b", "-1", "'")


@pytest.mark.parametrize("strange", PATHS)
async def test_a_strange_path_finds_nothing(
    server: LiveServer, session: aiohttp.ClientSession, strange: str
) -> None:
    headers = {"Authorization": f"Bearer {signed()}"}
    async with quiet_log(server, session):
        for folder in ("chat-rooms", "chat-messages", "no-such"):
            address = f"{server.url}/api/{folder}/{strange}/"
            async with session.get(address, headers=headers) as answer:
                assert answer.status in (400, 404), await answer.text()
                assert answer.content_type == "application/problem+json"


async def test_a_method_that_is_not_there_is_a_problem(
    server: LiveServer, session: aiohttp.ClientSession
) -> None:
    for method in ("PATCH", "DELETE", "TRACE"):
        async with session.request(method, f"{server.url}/api/chat-rooms/") as answer:
            assert answer.status == 405
            assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


# The polling transport


def sends(order: Order, count: int) -> list[str]:
    asked = {"room_id": order.room_id, "content": "Hello"}
    return [event(n, "message.send", {**asked, "client_id": f"c{n}"}) for n in range(count)]


@pytest.mark.parametrize("count", [1, 16, 17, 40, 256])
async def test_all_packets_of_one_request_are_done(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, count: int
) -> None:
    asha = RawPolling(session, server.url)
    await asha.open(server.token(order.customer, "customer"))
    assert await asha.post(*sends(order, count)) == 200
    answers = await asha.answers(count)
    placed = {n: answer["result"]["message"]["seq"] for n, answer in answers.items()}
    assert placed == {n: n + 1 for n in range(count)}


MALFORMED = {
    "no packet": [b"abc"],
    "nothing": [b""],
    "nothing in between": [b"3", b"", b"3"],
    "no UTF-8": [b"4\xff"],
    "no Socket.IO": [b"4abc"],
    "binary that is none": [b"b!!!"],
    "too many packets": [b"3"] * 1_000,
    "over 1 MiB": [b"4" + b"x" * 1_200_000],
}


@pytest.mark.parametrize("packets", MALFORMED.values(), ids=list(MALFORMED))
async def test_a_malformed_request_is_answered_and_ends_the_session(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, packets: list[bytes]
) -> None:
    async with quiet_log(server, session):
        asha = RawPolling(session, server.url)
        await asha.open(server.token(order.customer, "customer"))
        async with asyncio.timeout(5):
            assert await asha.post(*packets) == 400
            assert await asha.post(*sends(order, 1)) == 400
            assert (await asha.get())[0] == 400


async def test_a_large_packet_is_answered_over_polling_too(
    server: LiveServer, session: aiohttp.ClientSession, order: Order
) -> None:
    asha = RawPolling(session, server.url)
    await asha.open(server.token(order.customer, "customer"))
    large = event(7, "message.send", {"content": "x" * 102_400})
    assert await asha.post(large, *sends(order, 1)) == 200
    answers = await asha.answers(2)
    assert code(answers[7]) == "too_large"
    assert answers[0]["ok"]


async def test_a_request_that_breaks_off_is_no_fault_of_the_server(
    server: LiveServer, session: aiohttp.ClientSession, order: Order
) -> None:
    asha = RawPolling(session, server.url)
    await asha.open(server.token(order.customer, "customer"))
    parts = urlsplit(asha.address)
    async with quiet_log(server, session):
        for length in ("100", "100000"):
            _, writer = await asyncio.open_connection(parts.hostname, parts.port)
            head = f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            writer.write(f"{head}Content-Length: {length}\r\n\r\n4".encode())
            await writer.drain()
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize("sid", ["unknown", "evil%0aINFO%20fake", "evil%0d%0aINFO%20fake", "%00"])
async def test_an_unknown_session_is_refused_and_writes_no_line_of_its_own(
    server: LiveServer, session: aiohttp.ClientSession, sid: str
) -> None:
    address = f"{server.url}/socket.io/?EIO=4&transport=polling&sid={sid}"
    async with session.get(address) as answer:
        assert answer.status == 400
    async with session.post(address, data="3") as answer:
        assert answer.status == 400
    lines = noted(server)
    assert not [line for line in lines if str(line["event"]).startswith(("INFO", "fake"))]


ADDRESSES = ("", "?EIO=3&transport=polling", "?EIO=4&transport=carrier-pigeon", "?EIO=4&j=x")


@pytest.mark.parametrize("query", [*ADDRESSES, "?EIO=4&transport=websocket"])
async def test_another_protocol_is_refused(
    server: LiveServer, session: aiohttp.ClientSession, query: str
) -> None:
    async with quiet_log(server, session):
        async with session.get(f"{server.url}/socket.io/{query}") as answer:
            assert answer.status == 400
        async with session.put(f"{server.url}/socket.io/{query}") as answer:
            assert answer.status in (400, 405)


async def test_two_polls_at_once_end_the_session(
    server: LiveServer, session: aiohttp.ClientSession, order: Order
) -> None:
    asha = RawPolling(session, server.url)
    await asha.open(server.token(order.customer, "customer"))
    answers = await asyncio.gather(*(asha.get() for _ in range(3)))
    assert 400 in {status for status, _ in answers}
    assert await asha.post(*sends(order, 1)) == 400
