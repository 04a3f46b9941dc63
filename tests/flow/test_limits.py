"""How fast one may go: refused with the time to wait, and nothing done."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.conftest import Come
from tests.live import PATIENCE, LiveServer, Rest

BURST = 10
ROOM_RATE = 20
REST_WRITES = 5


@pytest.fixture
def as_strict(strict_server: LiveServer, session: aiohttp.ClientSession) -> Any:
    return lambda user_id, role: Rest(strict_server, session, strict_server.token(user_id, role))


@pytest_asyncio.fixture
async def room_id(as_strict: Any, fresh: str) -> str:
    """A room of the strict server, with three customers in it, by a platform of its own."""
    people = [
        {"user_id": f"customer{n}-{fresh}", "role": "customer", "name": "C"} for n in range(3)
    ]
    status, room = await as_strict(f"platform-{fresh}", "service")(
        "POST",
        "/api/chat-rooms/create-with-participants/",
        {"order_id": f"order-{fresh}", "participants": people},
    )
    assert status == 201, room
    return room["id"]


def sends(room_id: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("message.send", {"room_id": room_id, "client_id": f"c{n}", "content": f"Number {n}"})
        for n in range(count)
    ]


async def test_after_a_burst_one_waits_and_nothing_was_done(
    come_strict: Come, room_id: str, fresh: str
) -> None:
    asha = await come_strict(f"customer0-{fresh}", "customer")
    other = await come_strict(f"customer1-{fresh}", "customer")
    answers = await asha.pipelined(sends(room_id, BURST + 5))
    accepted = [one["result"]["message"] for _, one in answers if one["ok"]]
    refused = [(place, one["error"]) for place, one in answers if not one["ok"]]
    assert [one["client_id"] for one in accepted[:BURST]] == [f"c{n}" for n in range(BURST)]
    assert refused
    assert {error["code"] for _, error in refused} == {"rate_limited"}
    assert all(0 < error["retry_after"] <= 1 for _, error in refused)
    history = (await asha.do("message.history", room_id=room_id))["messages"]
    assert [one["id"] for one in history] == [one["id"] for one in accepted]
    # Another person is not slowed, and who was slowed gets the same request through in the end.
    marker = await other.say(room_id, "The marker")
    await other.caught_up(marker)
    assert len(other.heard("message.sent")) == len(accepted) + 1
    ask = sends(room_id, BURST + 5)[refused[0][0]][1]
    async with asyncio.timeout(PATIENCE):
        while not (answer := await asha.ask("message.send", **ask))["ok"]:
            assert answer["error"]["code"] == "rate_limited"
    assert not answer["result"]["duplicate"]


async def test_a_room_takes_only_so_many_messages_a_minute(
    come_strict: Come, room_id: str, fresh: str
) -> None:
    people = [await come_strict(f"customer{n}-{fresh}", "customer") for n in range(3)]
    answers = [answer for one in people for _, answer in await one.pipelined(sends(room_id, BURST))]
    accepted = [one["result"]["message"]["seq"] for one in answers if one["ok"]]
    refused = [one["error"] for one in answers if not one["ok"]]
    assert ROOM_RATE <= len(accepted) < 3 * BURST
    assert accepted == list(range(1, len(accepted) + 1))
    assert {one["code"] for one in refused} == {"rate_limited"}
    assert all(0 < one["retry_after"] <= 60 / ROOM_RATE + 0.1 for one in refused)


async def test_writing_is_told_once_in_three_seconds(
    come_strict: Come, room_id: str, fresh: str
) -> None:
    asha = await come_strict(f"customer0-{fresh}", "customer")
    other = await come_strict(f"customer1-{fresh}", "customer")
    await asha.do("typing.start", room_id=room_id)
    answer = await asha.ask("typing.start", room_id=room_id)
    assert answer["error"]["code"] == "rate_limited"
    assert 0 < answer["error"]["retry_after"] <= 3.1
    await other.do("typing.start", room_id=room_id)
    await other.caught_up(await asha.say(room_id, "The marker"))
    assert len(other.heard("typing.started")) == 1


async def test_a_flood_of_any_operations_is_answered_to_the_last(
    come_strict: Come, room_id: str, fresh: str
) -> None:
    asha = await come_strict(f"customer0-{fresh}", "customer")
    answers = await asha.pipelined([("presence.get", {"room_id": room_id})] * 300)
    codes = [one["error"]["code"] for _, one in answers if not one["ok"]]
    assert set(codes) == {"rate_limited"}
    assert len(answers) - len(codes) >= 200


async def test_rest_writes_are_limited_by_person_and_endpoint_group(
    as_strict: Any, room_id: str, fresh: str
) -> None:
    mei = as_strict(f"support-{fresh}", "support")
    other = as_strict(f"support2-{fresh}", "support")
    close = ("POST", f"/api/chat-rooms/{room_id}/close/")
    for _ in range(REST_WRITES):
        status, _, _ = await mei.full(*close)
        assert status == 200
    status, headers, body = await mei.full("POST", f"/api/chat-rooms/{room_id}/reopen/")
    assert status == 429
    assert headers["Content-Type"].startswith("application/problem+json")
    assert (body["code"], body["status"]) == ("rate_limited", 429)
    assert 0 < body["retry_after"] <= 60 / REST_WRITES + 0.1
    assert 1 <= int(headers["Retry-After"]) <= 60 / REST_WRITES + 1
    status, room = await mei("GET", f"/api/chat-rooms/{room_id}/")
    assert (status, room["status"]) == (200, "closed")
    status, _ = await mei("POST", "/api/chat-messages/search/", {"query": "x"})
    assert status == 200
    status, _ = await other(*close)
    assert status == 200
