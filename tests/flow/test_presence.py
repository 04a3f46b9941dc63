"""Who is there, who stepped away, and who is writing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import Person


def statuses(person: Person, user_id: str) -> list[str]:
    return [one["status"] for one in person.heard("presence.changed") if one["user_id"] == user_id]


async def present(person: Person, room_id: str) -> dict[str, str]:
    people = (await person.do("presence.get", room_id=room_id))["present"]
    assert all(one.keys() == {"user_id", "status", "last_seen"} for one in people)
    return {one["user_id"]: one["status"] for one in people}


async def test_coming_and_stepping_away_are_told_to_who_shares_a_room(
    come: Come, order: Order, fresh: str
) -> None:
    asha = await come(order.customer, "customer")
    stranger = await come(f"stranger-{fresh}", "customer")
    ravi = await come(order.rider, "rider")
    told = await asha.hears("presence.changed", user_id=order.rider)
    assert told.keys() == {"user_id", "status", "last_seen"}
    assert told["status"] == "online"
    assert await present(asha, order.room_id) == {order.customer: "online", order.rider: "online"}
    away = await ravi.do("presence.set", status="away")
    assert [(one["user_id"], one["status"]) for one in away["present"]] == [(order.rider, "away")]
    await asha.hears("presence.changed", user_id=order.rider, status="away")
    await ravi.hears("presence.changed", user_id=order.rider, status="away")
    assert await present(asha, order.room_id) == {order.customer: "online", order.rider: "away"}
    await ravi.do("presence.set", status="online")
    await ravi.caught_up(await asha.say(order.room_id))
    assert statuses(asha, order.rider) == ["online", "away", "online"]
    await stranger.do("presence.set", status="away")
    await stranger.hears("presence.changed", status="away")
    assert statuses(stranger, order.rider) == []


async def test_a_person_is_as_present_as_the_most_present_connection(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    riders = [await come(order.rider, "rider") for _ in range(2)]
    await riders[0].do("presence.set", status="away")
    assert (await present(asha, order.room_id))[order.rider] == "online"
    await riders[1].do("presence.set", status="away")
    assert (await present(asha, order.room_id))[order.rider] == "away"
    await riders[0].do("presence.set", status="online")
    await asha.hears("presence.changed", user_id=order.rider, status="away")
    await asha.caught_up(await asha.say(order.room_id, "The marker"))
    assert statuses(asha, order.rider) == ["online", "away", "online"]


async def test_who_leaves_is_offline_after_the_grace_and_who_reloads_is_not(
    come: Come, order: Order
) -> None:
    mei = await come(order.support, "support")
    await mei.do("room.join", room_id=order.room_id)
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    await ravi.leave()
    await come(order.rider, "rider")
    online = await mei.hears("presence.changed", user_id=order.customer)
    # Asha goes after Ravi's first connection: her grace ends later than his would have.
    await asha.leave()
    gone = await mei.hears("presence.changed", user_id=order.customer, status="offline")
    assert gone["last_seen"] >= online["last_seen"]
    assert statuses(mei, order.rider) == ["online"]
    assert await present(mei, order.room_id) == {order.rider: "online", order.support: "online"}
    people = (await mei.do("participant.list", room_id=order.room_id))["participants"]
    assert [one["user_id"] for one in people if one["is_online"]] == [order.rider]


async def test_who_lost_the_room_hears_nothing_of_its_people(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    mei = await come(order.support, "support")
    await mei.do("participant.remove", room_id=order.room_id, user_id=order.rider)
    await asha.do("presence.set", status="away")
    await open_room({order.rider: "rider"})
    await ravi.hears("room.opened")
    assert "away" not in statuses(ravi, order.customer)


@pytest.mark.parametrize("status", ["offline", "busy", None, 1])
async def test_a_status_is_online_or_away(come: Come, order: Order, status: Any) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("presence.set", status=status) == "invalid"


async def test_writing_is_told_to_the_others_only(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    second = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    assert await asha.do("typing.start", room_id=order.room_id) == {}
    told = await ravi.hears("typing.started")
    assert told == {"room_id": order.room_id, "user_id": order.customer}
    assert await asha.do("typing.stop", room_id=order.room_id) == {}
    assert await ravi.hears("typing.stopped") == told
    marker = await ravi.say(order.room_id, "The marker")
    for own in (asha, second):
        await own.caught_up(marker)
        assert own.heard("typing.started") + own.heard("typing.stopped") == []
