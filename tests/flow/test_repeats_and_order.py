"""One message once, whatever is repeated, and in the order sent, whatever runs beside it."""

from __future__ import annotations

import asyncio

import pytest

from tests.conftest import Come, OpenRoom, Order


async def test_repeats_in_flight_on_two_connections_are_one_message(
    come: Come, order: Order
) -> None:
    connections = [await come(order.customer, "customer") for _ in range(2)]
    ravi = await come(order.rider, "rider")
    asked = ("message.send", {"room_id": order.room_id, "client_id": "once", "content": "Once"})
    answers = [
        answer["result"]
        for part in await asyncio.gather(*(one.pipelined([asked] * 10) for one in connections))
        for _, answer in part
    ]
    assert [one["duplicate"] for one in answers].count(False) == 1
    assert len({one["message"]["id"] for one in answers}) == 1
    await ravi.caught_up(await connections[0].say(order.room_id, "The marker"))
    assert [one["message"]["seq"] for one in ravi.heard("message.sent")] == [1, 2]


@pytest.mark.parametrize(
    "change", [{"content": "Other"}, {"type": "file"}, {"audience": "clinical"}]
)
async def test_another_message_under_the_same_client_id_is_a_conflict(
    come: Come, order: Order, change: dict[str, str]
) -> None:
    asha = await come(order.customer, "customer")
    asked = {"room_id": order.room_id, "client_id": "c1", "content": "Hello"}
    await asha.do("message.send", **asked)
    assert await asha.refused("message.send", **{**asked, **change}) == "conflict"


async def test_a_client_id_is_its_senders_and_its_rooms(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    other = await open_room({order.customer: "customer"})
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    first = await asha.say(order.room_id, "Asha here", client_id="c1")
    second = await ravi.say(order.room_id, "Ravi here", client_id="c1")
    third = await asha.say(other["id"], "Asha there", client_id="c1")
    assert [one["seq"] for one in (first, second, third)] == [1, 2, 1]
    assert len({one["id"] for one in (first, second, third)}) == 3


async def test_a_repeat_returns_the_message_as_it_is_now(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    asked = {"room_id": order.room_id, "client_id": "c1", "content": "First wording"}
    message = (await asha.do("message.send", **asked))["message"]
    changed = await asha.do("message.edit", message_id=message["id"], content="Better")
    again = await asha.do("message.send", **asked)
    assert again["duplicate"]
    assert again["message"]["content"] == "Better"
    assert again["message"]["rev"] == changed["message"]["rev"]
    await asha.do("message.delete", message_id=message["id"])
    again = await asha.do("message.send", **asked)
    assert again["duplicate"]
    assert again["message"]["is_deleted"]


@pytest.mark.parametrize("end", ["room.close", "participant.mute"])
async def test_a_repeat_after_the_room_fell_silent_still_returns_the_first(
    come: Come, order: Order, end: str
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    asked = {"room_id": order.room_id, "client_id": "c1", "content": "In time"}
    first = (await asha.do("message.send", **asked))["message"]
    whom = {"user_id": order.customer} if end == "participant.mute" else {}
    await mei.do(end, room_id=order.room_id, **whom)
    again = await asha.do("message.send", **asked)
    assert (again["duplicate"], again["message"]["id"]) == (True, first["id"])


async def test_sends_without_waiting_keep_their_order(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    asked = [
        (
            "message.send",
            {"room_id": order.room_id, "client_id": f"c{number}", "content": f"Number {number}"},
        )
        for number in range(50)
    ]
    answers = await asha.pipelined(asked)
    assert [place for place, _ in answers] == list(range(50))
    assert [one["result"]["message"]["seq"] for _, one in answers] == list(range(1, 51))
    assert [one["result"]["message"]["client_id"] for _, one in answers] == [
        payload["client_id"] for _, payload in asked
    ]
    await ravi.caught_up(answers[-1][1]["result"]["message"])
    assert [one["message"]["seq"] for one in ravi.heard("message.sent")] == list(range(1, 51))


async def test_sends_edits_and_deletions_without_waiting_keep_their_order(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    message_id = f"{order.room_id}-1"
    wording = {"room_id": order.room_id, "client_id": "c1", "content": "One"}
    answers = await asha.pipelined(
        [
            ("message.send", wording),
            ("message.edit", {"message_id": message_id, "content": "Two"}),
            ("message.edit", {"message_id": message_id, "content": "Three"}),
            ("message.delete", {"message_id": message_id}),
            ("message.edit", {"message_id": message_id, "content": "Four"}),
        ]
    )
    assert [answer["ok"] for _, answer in sorted(answers)] == [True, True, True, True, False]
    await ravi.caught_up(await asha.say(order.room_id, "The marker"))
    said = [(name, one["message"]["content"]) for name, one in ravi.told if "message" in one]
    assert said == [
        ("message.sent", "One"),
        ("message.edited", "Two"),
        ("message.edited", "Three"),
        ("message.deleted", ""),
        ("message.sent", "The marker"),
    ]


async def test_many_searches_hold_up_no_message(come: Come, order: Order, fresh: str) -> None:
    asha = await come(order.customer, "customer")
    word = f"word{fresh}"
    talk = [
        ("message.send", {"room_id": order.room_id, "client_id": f"t{n}", "content": f"{word} {n}"})
        for n in range(100)
    ]
    await asha.pipelined(talk)
    searches = [("message.search", {"query": word, "room_id": order.room_id, "limit": 10})] * 60
    send = ("message.send", {"room_id": order.room_id, "client_id": "now", "content": "Now"})
    answers = await asha.pipelined([*searches, send])
    assert all(answer["ok"] for _, answer in answers)
    acked = [place for place, _ in answers]
    assert acked.index(len(searches)) < len(searches)
