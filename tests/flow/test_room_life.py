"""The life of a room, from its making through closed and open again to the archive."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import ROOM


async def test_a_closed_room_is_read_and_not_written(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    said = await asha.say(order.room_id, "Before the end")
    room = (await mei.do("room.close", room_id=order.room_id, reason="delivered"))["room"]
    assert room.keys() == ROOM
    assert room["status"] == "closed"
    assert room["closed_at"] is not None
    told = (await asha.hears("room.changed"))["room"]
    assert told.keys() == ROOM
    assert (told["status"], told["closed_at"]) == ("closed", room["closed_at"])
    on_message = {"message_id": said["id"]}
    in_room = {"room_id": order.room_id}
    wording = {"client_id": "late", "content": "Too late"}
    assert await asha.refused("message.send", **in_room, **wording) == "room_closed"
    assert await mei.refused("message.send", **in_room, **wording) == "room_closed"
    assert await asha.refused("message.reply", **on_message, **wording) == "room_closed"
    assert await asha.refused("message.edit", **on_message, content="Other") == "room_closed"
    assert await asha.refused("message.delete", **on_message) == "room_closed"
    assert await asha.refused("typing.start", **in_room) == "room_closed"
    await asha.do("message.history", **in_room)
    await asha.do("message.read", **in_room, seq=1)
    await mei.do("message.delete", **on_message)


async def test_closing_what_is_closed_changes_and_tells_nothing(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    first = await mei.do("room.close", room_id=order.room_id)
    again = await mei.do("room.close", room_id=order.room_id)
    assert again["room"]["closed_at"] == first["room"]["closed_at"]
    assert again["room"]["rev"] == first["room"]["rev"]
    await mei.do("room.reopen", room_id=order.room_id)
    await asha.caught_up(await asha.say(order.room_id, "Open again"))
    statuses = [one["room"]["status"] for one in asha.heard("room.changed")]
    assert statuses == ["closed", "open"]


@pytest.mark.parametrize("role", ["support", "admin"])
async def test_staff_reopen_a_closed_room(come: Come, order: Order, role: Any) -> None:
    asha = await come(order.customer, "customer")
    platform = await come("platform", "service")
    staff = await come(f"{role}-{order.room_id}", role)
    await platform.do("room.close", room_id=order.room_id)
    assert await asha.refused("room.reopen", room_id=order.room_id) == "forbidden"
    assert await platform.refused("room.reopen", room_id=order.room_id) == "forbidden"
    room = (await staff.do("room.reopen", room_id=order.room_id))["room"]
    assert (room["status"], room["closed_at"]) == ("open", None)
    assert (await asha.say(order.room_id, "Still here"))["seq"] == 1


async def test_an_archived_room_is_read_only_and_listed_only_when_asked_for(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await asha.say(order.room_id, "For the archive")
    room = (await mei.do("room.archive", room_id=order.room_id))["room"]
    assert room["status"] == "archived"
    assert room["closed_at"] is not None
    for person in (asha, mei):
        usual = (await person.do("room.list", q=order.order_id))["rooms"]
        asked = (await person.do("room.list", q=order.order_id, status="archived"))["rooms"]
        assert usual == []
        assert [one["id"] for one in asked] == [order.room_id]
    assert (await asha.do("room.get", room_id=order.room_id))["room"]["status"] == "archived"
    entered = await asha.do("room.join", room_id=order.room_id)
    assert [one["content"] for one in entered["messages"]] == ["For the archive"]
    wording = {"room_id": order.room_id, "client_id": "late", "content": "Too late"}
    assert await asha.refused("message.send", **wording) == "room_closed"
    assert await mei.refused("room.close", room_id=order.room_id) == "conflict"


async def test_who_connects_while_a_room_is_archived_hears_it_when_it_is_reopened(
    come: Come, order: Order
) -> None:
    mei = await come(order.support, "support")
    await mei.do("room.archive", room_id=order.room_id)
    asha = await come(order.customer, "customer")
    await mei.do("room.reopen", room_id=order.room_id)
    await asha.hears("room.changed", patience=3)
    await asha.caught_up(await mei.say(order.room_id, "Open again"))


async def test_a_full_room_takes_nobody_more(come: Come, open_room: OpenRoom, fresh: str) -> None:
    people = {f"customer-{fresh}": "customer", f"pharmacy-{fresh}": "pharmacy"}
    room = await open_room(people, max_participants=2)
    mei = await come(f"support-{fresh}", "support")
    newcomer = {"room_id": room["id"], "user_id": f"rider-{fresh}", "role": "rider"}
    assert await mei.refused("participant.add", **newcomer) == "room_full"
    place = {"room_id": room["id"], "user_id": f"pharmacy-{fresh}"}
    await mei.do("participant.remove", **place)
    await mei.do("participant.add", **newcomer)
    assert await mei.refused("participant.add", **place, role="pharmacy") == "room_full"


async def test_a_room_that_cannot_hold_its_people_is_not_made(come: Come, fresh: str) -> None:
    platform = await come("platform", "service")
    people = [{"user_id": f"u{n}-{fresh}", "role": "customer", "name": "U"} for n in range(3)]
    asked = {"order_id": f"full-{fresh}", "participants": people}
    assert await platform.refused("room.open", **asked, max_participants=2) == "room_full"
    assert not (await platform.do("room.open", **asked))["duplicate"]


async def test_only_the_platform_and_staff_make_rooms(come: Come, order: Order) -> None:
    asked = {"order_id": f"another-{order.order_id}"}
    for role in ("customer", "rider", "pharmacy"):
        person = await come(f"{role}-{order.room_id}", role)
        assert await person.refused("room.create", **asked) == "forbidden"
        assert await person.refused("room.open", **asked) == "forbidden"
    mei = await come(order.support, "support")
    made = await mei.do("room.create", **asked)
    assert made["room"].keys() == ROOM
    assert (made["room"]["participants"], made["duplicate"]) == ([], False)
    assert made["room"]["order_number"] == asked["order_id"]
    again = await mei.do("room.create", **asked)
    assert (again["room"]["id"], again["duplicate"]) == (made["room"]["id"], True)
