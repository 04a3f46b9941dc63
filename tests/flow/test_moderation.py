"""Keeping order: muting, blocking, and taking both back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from server.clock import now
from tests.conftest import Come, OpenRoom, Order
from tests.live import PARTICIPANT, PATIENCE


def of(order: Order, **more: Any) -> dict[str, Any]:
    return {"room_id": order.room_id, "user_id": order.rider, **more}


def later(seconds: float) -> str:
    return (now() + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


async def test_who_is_muted_reads_and_cannot_write(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    asha = await come(order.customer, "customer")
    own = await ravi.say(order.room_id, "Before")
    muted = (await mei.do("participant.mute", **of(order, reason="rude")))["participant"]
    assert muted.keys() == PARTICIPANT
    assert (muted["is_muted"], muted["muted_until"], muted["is_active"]) == (True, None, True)
    for person in (asha, ravi):
        told = await person.hears("participant.changed", room_id=order.room_id)
        assert told == {"room_id": order.room_id, "participant": muted, "change": "muted"}
    wording = {"client_id": "m", "content": "May I?"}
    in_room, on_message = {"room_id": order.room_id}, {"message_id": own["id"]}
    assert await ravi.refused("message.send", **in_room, **wording) == "muted"
    assert await ravi.refused("message.reply", **on_message, **wording) == "muted"
    assert await ravi.refused("message.edit", **on_message, content="Other") == "muted"
    assert await ravi.refused("message.delete", **on_message) == "muted"
    assert await ravi.refused("typing.start", **in_room) == "muted"
    await ravi.caught_up(await asha.say(order.room_id, "Still heard"))
    assert len((await ravi.do("message.history", **in_room))["messages"]) == 2
    assert (await ravi.do("message.read", **in_room, seq=2))["unread"] == 0
    after = (await mei.do("participant.unmute", **of(order)))["participant"]
    assert after["is_muted"] is False
    await asha.hears("participant.changed", change="unmuted")
    assert (await ravi.say(order.room_id, "Thank you"))["seq"] == 3


async def test_a_mute_with_an_end_lapses_by_itself(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    until = later(0.7)
    muted = (await mei.do("participant.mute", **of(order, until=until)))["participant"]
    assert muted["is_muted"] is True
    assert muted["muted_until"].startswith(until[:22])
    ask = {"room_id": order.room_id, "client_id": "m", "content": "Again?"}
    answer = await ravi.ask("message.send", **ask)
    assert answer["error"]["code"] == "muted"
    async with asyncio.timeout(PATIENCE):
        while not answer["ok"]:
            assert answer["error"]["code"] == "muted"
            answer = await ravi.ask("message.send", **ask)
    assert answer["result"]["message"]["created_at"] >= until[:22]
    people = (await mei.do("participant.list", room_id=order.room_id))["participants"]
    lapsed = next(one for one in people if one["user_id"] == order.rider)
    assert (lapsed["is_muted"], lapsed["muted_until"]) == (False, None)


@pytest.mark.parametrize("until", ["2001-01-01T00:00:00Z", "2036-01-01T00:00:00", "soon", 7])
async def test_a_mute_needs_an_end_in_the_future(come: Come, order: Order, until: Any) -> None:
    mei = await come(order.support, "support")
    answer = await mei.ask("participant.mute", **of(order, until=until))
    assert answer["error"]["code"] == "invalid"
    assert [one["field"] for one in answer["error"]["details"]] == ["until"]


async def test_who_is_blocked_comes_back_only_when_unblocked(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    mei = await come(order.support, "support")
    asha = await come(order.customer, "customer")
    riders = [await come(order.rider, "rider") for _ in range(2)]
    blocked = (await mei.do("participant.block", **of(order)))["participant"]
    assert (blocked["is_blocked"], blocked["is_active"]) == (True, True)
    assert await mei.refused("participant.add", **of(order, role="rider")) == "blocked"
    assert await riders[0].refused("room.join", room_id=order.room_id) == "blocked"
    await asha.say(order.room_id, "Unheard")
    other = await open_room({order.rider: "rider"})
    after = (await mei.do("participant.unblock", **of(order)))["participant"]
    assert after["is_blocked"] is False
    await asha.hears("participant.changed", change="unblocked")
    last = await riders[0].say(order.room_id, "Back again")
    for rider in riders:
        await rider.caught_up(last)
        opened = [one["room"]["id"] for one in rider.heard("room.opened")]
        assert opened == [other["id"], order.room_id]
        assert [one["message"]["content"] for one in rider.heard("message.sent")] == ["Back again"]
    seen = (await riders[1].do("message.history", room_id=order.room_id))["messages"]
    assert [one["content"] for one in seen] == ["Unheard", "Back again"]


async def test_unblocking_brings_nobody_back_who_was_removed(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    for how in ("block", "remove", "unblock"):
        await mei.do(f"participant.{how}", **of(order))
    assert await ravi.refused("room.join", room_id=order.room_id) == "not_found"
    assert ravi.heard("room.opened") == []


@pytest.mark.parametrize("operation", ["mute", "unmute", "block", "unblock"])
async def test_doing_it_twice_tells_once(come: Come, order: Order, operation: str) -> None:
    mei = await come(order.support, "support")
    asha = await come(order.customer, "customer")
    if operation.startswith("un"):
        await mei.do(f"participant.{operation[2:]}", **of(order))
    first = await mei.do(f"participant.{operation}", **of(order))
    again = await mei.do(f"participant.{operation}", **of(order))
    assert again == first
    await asha.caught_up(await asha.say(order.room_id, "The marker"))
    changes = [one["change"] for one in asha.heard("participant.changed")]
    assert changes.count(f"{operation}{'ed' if operation.endswith('block') else 'd'}") == 1


@pytest.mark.parametrize("role", ["customer", "pharmacy", "rider"])
@pytest.mark.parametrize("operation", ["mute", "unmute", "block", "unblock", "remove"])
async def test_participants_do_not_moderate(
    come: Come, order: Order, role: Any, operation: str
) -> None:
    person = await come(getattr(order, role), role)
    assert await person.refused(f"participant.{operation}", **of(order)) == "forbidden"


async def test_the_platform_moderates(come: Come, order: Order) -> None:
    platform = await come("platform", "service")
    await platform.do("participant.mute", **of(order))
    await platform.do("participant.unmute", **of(order))
    await platform.do("participant.block", **of(order))
    await platform.do("participant.unblock", **of(order))
