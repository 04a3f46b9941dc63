"""Finding rooms, entering and leaving them, and hearing of them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import MESSAGE, PARTICIPANT, ROOM, Person

STIRRED = {"id", "order_id", "order_number", "status", "last_seq", "last_activity"}


async def test_the_list_shows_whole_rooms_latest_activity_first(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    newer = await open_room({order.customer: "customer"})
    asha = await come(order.customer, "customer")
    listed = await asha.do("room.list")
    assert [one["id"] for one in listed["rooms"]] == [newer["id"], order.room_id]
    assert listed["next"] is None
    await asha.say(order.room_id, "Is anybody there?")
    room = (await asha.do("room.list"))["rooms"][0]
    assert room["id"] == order.room_id
    assert room.keys() == ROOM
    assert all(one.keys() == PARTICIPANT for one in room["participants"])
    assert room["last_message"].keys() == MESSAGE
    assert room["last_message"]["content"] == "Is anybody there?"
    assert (room["last_seq"], room["status"], room["closed_at"]) == (1, "open", None)


async def test_the_list_pages_without_gap_or_repeat(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    made = [(await open_room({order.customer: "customer"}))["id"] for _ in range(4)]
    asha = await come(order.customer, "customer")
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await asha.do("room.list", limit=2, **cursor)
        assert len(page["rooms"]) <= 2
        found += [one["id"] for one in page["rooms"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == [*reversed(made), order.room_id]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0},
        {"limit": 101},
        {"cursor": "not one of ours"},
        {"status": "lost"},
        {"unread": "yes"},
        {"colour": "red"},
    ],
)
async def test_a_wrong_question_for_rooms_is_refused(
    come: Come, order: Order, asked: dict[str, Any]
) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("room.list", **asked) == "invalid"


async def test_the_list_narrows_to_unread_status_and_text(
    come: Come, order: Order, open_room: OpenRoom, fresh: str
) -> None:
    other = await open_room({order.customer: "customer", f"zoë-{fresh}": "pharmacy"})
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    mei = await come(order.support, "support")

    async def found(**asked: Any) -> list[str]:
        return [one["id"] for one in (await asha.do("room.list", **asked))["rooms"]]

    assert await found(unread=True) == []
    await ravi.say(order.room_id)
    assert await found(unread=True) == [order.room_id]
    assert await found(q=f"a-{fresh}") == [order.room_id]
    assert await found(q=f"further-{fresh}") == [other["id"]]
    assert await found(q="ZOË") == [other["id"]]
    await mei.do("room.close", room_id=other["id"])
    assert await found(status="closed") == [other["id"]]
    assert await found(status="open") == [order.room_id]


async def test_people_list_their_own_rooms_and_staff_all(
    come: Come, order: Order, fresh: str
) -> None:
    stranger = await come(f"stranger-{fresh}", "customer")
    mei = await come(order.support, "support")
    assert (await stranger.do("room.list"))["rooms"] == []
    listed = (await mei.do("room.list", q=order.order_id))["rooms"]
    assert [one["id"] for one in listed] == [order.room_id]


@pytest.mark.parametrize("operation", ["room.join", "room.leave"])
async def test_a_room_is_entered_and_left_by_its_id_or_its_order(
    come: Come, order: Order, operation: str
) -> None:
    asha = await come(order.customer, "customer")
    by_room = await asha.do(operation, room_id=order.room_id)
    by_order = await asha.do(operation, order_id=order.order_id)
    assert by_room.keys() == {"room", "messages", "present"}
    assert by_room["room"] == by_order["room"]
    assert by_room["messages"] == by_order["messages"]
    assert by_room["room"].keys() == ROOM
    assert await asha.refused(operation) == "invalid"
    both = {"room_id": order.room_id, "order_id": order.order_id}
    assert await asha.refused(operation, **both) == "invalid"


async def test_entering_gives_the_newest_messages_and_who_is_there(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    for number in range(4):
        await asha.say(order.room_id, f"Number {number}")
    entered = await asha.do("room.join", room_id=order.room_id, limit=3)
    assert [one["seq"] for one in entered["messages"]] == [2, 3, 4]
    assert all(one.keys() == MESSAGE for one in entered["messages"])
    assert [one.keys() for one in entered["present"]] == [{"user_id", "status", "last_seen"}]
    assert entered["present"][0]["user_id"] == order.customer
    assert entered["room"]["last_message"] == entered["messages"][-1]


async def talk_until(enough: asyncio.Event, person: Person, room_id: str) -> None:
    while not enough.is_set():
        await person.say(room_id, "And another thing")


def is_beyond(seq: int, told: dict[str, Any]) -> bool:
    return told["message"]["seq"] > seq


async def test_who_enters_amid_talk_misses_nothing(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    enough = asyncio.Event()
    talk = asyncio.gather(*(talk_until(enough, asha, order.room_id) for _ in range(8)))
    for _ in range(40):
        mei.told.clear()
        entered = await mei.do("room.join", room_id=order.room_id, limit=1)
        known = entered["messages"][-1]["seq"] if entered["messages"] else 0
        # Unless the very next one is told, there was a moment between reading and hearing.
        await mei.hears_where("message.sent", partial(is_beyond, known))
        told = [one["message"]["seq"] for one in mei.heard("message.sent")]
        assert min(seq for seq in told if seq > known) == known + 1
        await mei.do("room.leave", room_id=order.room_id)
    enough.set()
    await talk


async def test_staff_hear_messages_only_where_they_entered(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    other = await open_room({order.customer: "customer"})
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await mei.do("room.join", room_id=order.room_id)
    inside = await asha.say(order.room_id, "For those inside")
    first = await asha.say(other["id"], "Not for those outside")
    await mei.caught_up(inside)
    # Told in the order in which the rooms were stirred: this one is the last.
    light = await stirring(mei, other["id"])
    assert {one["room_id"] for one in mei.heard("message.sent")} == {order.room_id}
    assert order.room_id not in {one["room"]["id"] for one in mei.heard("room.changed")}
    assert light.keys() == {"room"}
    assert light["room"].keys() == STIRRED
    assert light["room"]["last_seq"] == first["seq"]
    assert light["room"]["status"] == "open"


async def stirring(person: Person, room_id: str) -> Any:
    """The first ``room.changed`` of that room, past or to come."""
    return await person.hears_where("room.changed", lambda one: one["room"]["id"] == room_id)


async def test_staff_hear_of_new_rooms_and_of_their_end(come: Come, open_room: OpenRoom) -> None:
    mei = await come("support-of-all-rooms", "support")
    platform = await come("platform", "service")
    room = await open_room({"somebody": "customer"})
    assert (await stirring(mei, room["id"]))["room"]["last_seq"] == 0
    mei.told.clear()
    await platform.do("room.close", room_id=room["id"])
    assert (await stirring(mei, room["id"]))["room"]["status"] == "closed"


async def test_staff_who_left_hear_the_room_no_longer(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    other = await open_room({order.customer: "customer"})
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await mei.do("room.join", room_id=order.room_id)
    await mei.do("room.join", room_id=other["id"])
    left = await mei.do("room.leave", room_id=order.room_id)
    assert left["room"]["id"] == order.room_id
    await asha.say(order.room_id, "After they left")
    await mei.caught_up(await asha.say(other["id"], "Where they still are"))
    assert {one["room_id"] for one in mei.heard("message.sent")} == {other["id"]}


async def test_participants_hear_their_room_without_entering_and_after_leaving(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    await ravi.caught_up(await asha.say(order.room_id, "Before"))
    await ravi.do("room.leave", room_id=order.room_id)
    await ravi.caught_up(await asha.say(order.room_id, "After"))


async def test_customers_hear_nothing_of_other_rooms(
    come: Come, order: Order, open_room: OpenRoom, fresh: str
) -> None:
    other = await open_room({f"stranger-{fresh}": "customer", order.rider: "rider"})
    asha = await come(order.customer, "customer")
    stranger = await come(f"stranger-{fresh}", "customer")
    await asha.say(order.room_id, "Between us")
    await asha.do("typing.start", room_id=order.room_id)
    await asha.do("message.read", room_id=order.room_id, seq=1)
    await stranger.caught_up(await stranger.say(other["id"], "Alone here"))
    named = [payload.get("room_id") for _, payload in stranger.told if "room_id" in payload]
    assert set(named) == {other["id"]}
    assert stranger.heard("room.changed") == []


async def test_a_new_room_is_told_to_every_connection_of_its_people(
    come: Come, open_room: OpenRoom, fresh: str
) -> None:
    connections = [await come(f"customer-{fresh}", "customer") for _ in range(2)]
    bystander = await come(f"bystander-{fresh}", "customer")
    room = await open_room({f"customer-{fresh}": "customer", f"rider-{fresh}": "rider"})
    for one in connections:
        told = (await one.hears("room.opened"))["room"]
        assert told.keys() == ROOM
        assert told["id"] == room["id"]
        assert (told["unread"], told["last_message"]) == (None, None)
    await connections[0].say(room["id"], "Is this mine?")
    await connections[1].hears("message.sent", room_id=room["id"])
    own = await open_room({f"bystander-{fresh}": "customer"})
    await bystander.hears("room.opened")
    assert [one["room"]["id"] for one in bystander.heard("room.opened")] == [own["id"]]
