"""What happens at the same time is told in one order, and nobody keeps what they just lost."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.conftest import Come, Order
from tests.live import LiveServer
from tests.raw import event, raw_socket


async def test_marks_told_never_move_back(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    said = [
        ("message.send", {"room_id": order.room_id, "client_id": f"c{n}", "content": "Hello"})
        for n in range(40)
    ]
    await asha.pipelined(said)
    read = [("message.read", {"room_id": order.room_id, "seq": n}) for n in range(1, 41)]
    await ravi.pipelined(read)
    await asha.hears("receipt.updated", user_id=order.rider, read_seq=40)
    told = [one["read_seq"] for one in asha.heard("receipt.updated")]
    assert told == sorted(told)


@pytest.mark.parametrize("act", ["participant.add", "room.close"])
async def test_who_is_removed_meanwhile_is_not_let_in_again(
    come: Come, order: Order, act: str
) -> None:
    ravi = await come(order.rider, "rider")
    first, second = [await come(f"{order.support}-{n}", "support") for n in range(2)]
    place = {"room_id": order.room_id, "user_id": order.rider}
    for number in range(12):
        await first.do("participant.add", **place, role="rider")
        asked = {"room_id": order.room_id} if act == "room.close" else {**place, "role": "rider"}
        await asyncio.gather(first.do(act, **asked), second.do("participant.remove", **place))
        inside = (await first.do("room.get", room_id=order.room_id))["room"]["participants"]
        stays = next(one["is_active"] for one in inside if one["user_id"] == order.rider)
        await first.do("room.reopen", room_id=order.room_id)
        before = len(ravi.heard("message.sent"))
        said = await first.say(order.room_id, f"Round {number}")
        # A removal by somebody else would be told after the message, were it told at all.
        await first.do("participant.add", **place, role="rider")
        marker = await first.say(order.room_id, f"The marker {number}")
        await ravi.caught_up(marker)
        heard = [one["message"]["seq"] for one in ravi.heard("message.sent")[before:]]
        assert (said["seq"] in heard) == stays


async def test_who_is_removed_hears_nothing_more_of_the_room(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    mei = await come(order.support, "support")
    await mei.do("participant.remove", room_id=order.room_id, user_id=order.rider)
    await ravi.hears("unread.changed", room_id=order.room_id, unread=0, total=0)
    ravi.told.clear()
    await mei.do("room.close", room_id=order.room_id)
    await asha.hears("unread.changed", room_id=order.room_id)
    # Whatever had to follow the closing has been told to everybody by the time of the next round.
    await mei.do("room.reopen", room_id=order.room_id)
    await mei.say(order.room_id, "The marker")
    await asha.hears("unread.changed", room_id=order.room_id, unread=1)
    assert [name for name, _ in ravi.told if name != "presence.changed"] == []


async def test_who_lost_the_room_is_no_longer_seen_from_it(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    await come(order.rider, "rider")
    mei = await come(order.support, "support")
    await mei.do("participant.remove", room_id=order.room_id, user_id=order.rider)
    there = (await asha.do("presence.get", room_id=order.room_id))["present"]
    assert order.rider not in [one["user_id"] for one in there]
    people = (await asha.do("room.get", room_id=order.room_id))["room"]["participants"]
    assert [one["is_online"] for one in people if one["user_id"] == order.rider] == [False]


async def test_nothing_asked_in_parting_brings_one_back(
    come: Come, order: Order, server: LiveServer, session: aiohttp.ClientSession
) -> None:
    asha = await come(order.customer, "customer")
    async with raw_socket(session, server.url, server.token(order.rider, "rider")) as leaving:
        await asha.hears("presence.changed", user_id=order.rider, status="online")
        await leaving.send(event(1, "presence.set", {"status": "online"}))
        await leaving.send("41")
        await asha.hears("presence.changed", user_id=order.rider, status="offline")


async def test_one_answer_of_sync_has_an_end(come: Come, order: Order, fresh: str) -> None:
    asha = await come(order.customer, "customer")
    platform = await come(f"platform-{fresh}", "service")
    people = [{"user_id": order.customer, "role": "customer", "name": "Asha"}]
    rooms = [order.room_id]
    for number in range(2):
        order_id = f"another-{number}-{fresh}"
        opened = await platform.do("room.open", order_id=order_id, participants=people)
        rooms.append(opened["room"]["id"])
    for room_id in rooms:
        said = [
            ("message.send", {"room_id": room_id, "client_id": f"c{n}", "content": "Hello"})
            for n in range(70)
        ]
        await asha.pipelined(said)
    known = dict.fromkeys(rooms, (0, 0))
    found: dict[str, list[int]] = {room_id: [] for room_id in rooms}
    pages = 0
    while known:
        asked = [{"room_id": r, "after_seq": s, "after_rev": v} for r, (s, v) in known.items()]
        caught = (await asha.do("room.sync", rooms=asked))["rooms"]
        assert sum(len(one["messages"]) for one in caught) <= 100
        for one in caught:
            found[one["room_id"]] += [message["seq"] for message in one["messages"]]
            known[one["room_id"]] = (one["after_seq"], one["after_rev"])
            if not one["limited"]:
                del known[one["room_id"]]
        pages += 1
    assert found == {room_id: list(range(1, 71)) for room_id in rooms}
    assert pages == 3
    twice = [{"room_id": rooms[0], "after_seq": 0, "after_rev": 0}] * 2
    assert await asha.refused("room.sync", rooms=twice) == "invalid"
