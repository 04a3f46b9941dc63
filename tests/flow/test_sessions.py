"""Who gets in, for how long, and over which transport."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import socketio

from server.clock import now
from tests.conftest import Come, Order
from tests.live import PATIENCE, LiveServer, Person

NO_TOKEN: dict[str, Any] = {
    "nothing": None,
    "no token": {},
    "an empty one": {"token": ""},
    "not a text": {"token": 7},
    "not a token": {"token": "a.b.c"},
    "a list": ["token"],
}


async def refusal(server: LiveServer, auth: Any) -> dict[str, Any]:
    """What a client that may not come in is told."""
    client = socketio.AsyncClient(reconnection=False)
    told: list[Any] = []
    client.on("connect_error", told.append)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(server.url, auth=auth, transports=["websocket"], wait_timeout=PATIENCE)
    return told[0]


def expiry(token_ttl: float) -> datetime:
    return now() + timedelta(seconds=token_ttl)


@pytest.mark.parametrize("auth", NO_TOKEN.values(), ids=NO_TOKEN)
async def test_without_a_token_nobody_comes_in(server: LiveServer, auth: Any) -> None:
    told = await refusal(server, auth)
    assert told["data"]["code"] == "unauthenticated"
    assert told["message"] == told["data"]["message"]


async def test_a_token_that_has_ended_or_is_anothers_opens_nothing(server: LiveServer) -> None:
    ended = server.token("asha", "customer", ttl=-1)
    forged = server.token("asha", "customer", secret="x" * 40)
    unknown_role = server.token("asha", "owner")  # type: ignore[arg-type] # no such role: that is the point
    for token in (ended, forged, unknown_role, ended[:-2]):
        told = await refusal(server, {"token": token})
        assert told["data"]["code"] == "unauthenticated"
        assert token not in str(told)


async def test_a_session_that_ends_within_a_minute_is_told_at_once(
    server: LiveServer, order: Order, come: Come
) -> None:
    asha = await come(order.customer, "customer")
    ravi = Person(server, order.rider, "rider")
    ravi.token = server.token(order.rider, "rider", ttl=30)
    await ravi.connect()
    told = await ravi.hears("session.expiring")
    assert told.keys() == {"expires_at"}
    left = datetime.fromisoformat(told["expires_at"]) - now()
    assert timedelta(seconds=20) < left <= timedelta(seconds=30)
    await asha.caught_up(await ravi.say(order.room_id, "The marker"))
    assert asha.heard("session.expiring") == []
    await ravi.leave()


async def test_a_session_ends_with_its_token_unless_it_is_refreshed(
    server: LiveServer, order: Order
) -> None:
    staying = Person(server, order.customer, "customer")
    staying.token = server.token(order.customer, "customer", ttl=2)
    ending = Person(server, order.rider, "rider")
    ending.token = server.token(order.rider, "rider", ttl=2)
    await staying.connect()
    await ending.connect()
    answer = await staying.do("session.refresh", token=server.token(order.customer, "customer"))
    assert answer.keys() == {"expires_at"}
    until = datetime.fromisoformat(answer["expires_at"])
    assert until - now() > timedelta(minutes=59)
    async with asyncio.timeout(PATIENCE):
        await ending.disconnected.wait()
    assert not staying.disconnected.is_set()
    await staying.say(order.room_id, "Still here")
    assert staying.client.connected
    await staying.leave()


@pytest.mark.parametrize("wrong", ["another person", "another role", "ended", "forged", "garbage"])
async def test_a_session_goes_on_only_with_a_token_of_the_same_person(
    server: LiveServer, come: Come, order: Order, wrong: str
) -> None:
    asha = await come(order.customer, "customer")
    tokens = {
        "another person": server.token(order.rider, "customer"),
        "another role": server.token(order.customer, "admin"),
        "ended": server.token(order.customer, "customer", ttl=-5),
        "forged": server.token(order.customer, "customer", secret="x" * 40),
        "garbage": "garbage",
    }
    assert await asha.refused("session.refresh", token=tokens[wrong]) == "unauthenticated"
    message = await asha.say(order.room_id, "Still myself")
    assert message["sender"]["role"] == "customer"


@pytest.mark.parametrize("asked", [{}, {"token": ""}, {"token": 5}, {"token": "x" * 8_193}])
async def test_a_refresh_needs_a_token(come: Come, order: Order, asked: dict[str, Any]) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("session.refresh", **asked) == "invalid"


async def test_long_polling_carries_everything(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer", "polling")
    ravi = await come(order.rider, "rider")
    assert asha.client.transport() == "polling"
    said = await asha.say(order.room_id, "नमस्ते by polling")
    await ravi.caught_up(said)
    await asha.caught_up(await ravi.say(order.room_id, "Heard you"))
    assert await asha.refused("message.shout") == "unknown_operation"
    asked = [
        ("message.send", {"room_id": order.room_id, "client_id": f"p{n}", "content": f"{n}"})
        for n in range(30)
    ]
    answers = await asha.pipelined(asked)
    assert [one["result"]["message"]["seq"] for _, one in answers] == list(range(3, 33))


async def test_a_polling_session_becomes_a_websocket_and_loses_nothing(
    server: LiveServer, come: Come, order: Order
) -> None:
    ravi = await come(order.rider, "rider")
    asha = Person(server, order.customer, "customer")
    await asha.client.connect(
        server.url,
        auth={"token": asha.token},
        transports=["polling", "websocket"],
        wait_timeout=PATIENCE,
    )
    said = [await ravi.say(order.room_id, f"Number {number}") for number in range(10)]
    await asha.caught_up(said[-1])
    assert asha.client.transport() == "websocket"
    assert [one["message"]["id"] for one in asha.heard("message.sent")] == [
        one["id"] for one in said
    ]
    await asha.say(order.room_id, "Over the new transport")
    await asha.leave()


async def test_one_person_has_only_so_many_connections(
    strict_server: LiveServer, come_strict: Come, fresh: str
) -> None:
    for _ in range(2):
        await come_strict(f"many-{fresh}", "customer")
    told = await refusal(strict_server, {"token": strict_server.token(f"many-{fresh}", "customer")})
    assert told["data"]["code"] == "rate_limited"
    assert told["data"]["retry_after"] > 0
