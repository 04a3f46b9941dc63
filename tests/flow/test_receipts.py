"""Delivered, read, the status a sender sees, and what is unread."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import Person

RECEIPT = {"room_id", "user_id", "delivered_seq", "read_seq", "at"}


async def message_of(person: Person, message: dict[str, Any]) -> Any:
    return (await person.do("message.get", message_id=message["id"]))["message"]


async def unread_of(person: Person, room_id: str) -> int:
    """The number by every way it is told in, which must all agree."""
    got = (await person.do("room.get", room_id=room_id))["room"]["unread"]
    listed = (await person.do("room.list"))["rooms"]
    joined = (await person.do("room.join", room_id=room_id))["room"]["unread"]
    assert got == joined == next(one["unread"] for one in listed if one["id"] == room_id)
    assert (room_id in [r["id"] for r in (await person.do("room.list", unread=True))["rooms"]]) == (
        got > 0
    )
    return got


async def test_marks_are_answered_and_told_to_everybody(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    for _ in range(3):
        await asha.say(order.room_id)
    marked = await ravi.do("message.delivered", room_id=order.room_id, seq=2)
    assert marked.keys() == {"receipt", "unread"}
    assert marked["receipt"].keys() == RECEIPT
    assert marked["unread"] == 3
    told = await asha.hears("receipt.updated", user_id=order.rider)
    assert told == marked["receipt"]
    assert (told["delivered_seq"], told["read_seq"]) == (2, 0)
    marked = await ravi.do("message.read", room_id=order.room_id, seq=3)
    assert (marked["receipt"]["delivered_seq"], marked["receipt"]["read_seq"]) == (3, 3)
    assert marked["unread"] == 0
    await asha.hears("receipt.updated", user_id=order.rider, read_seq=3, delivered_seq=3)
    people = (await asha.do("participant.list", room_id=order.room_id))["participants"]
    mine = next(one for one in people if one["user_id"] == order.rider)
    assert (mine["delivered_seq"], mine["read_seq"]) == (3, 3)


async def test_marks_never_move_back_nor_beyond_the_log(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    for _ in range(3):
        await asha.say(order.room_id)

    async def marks(operation: str, seq: int) -> tuple[int, int]:
        receipt = (await ravi.do(operation, room_id=order.room_id, seq=seq))["receipt"]
        return receipt["delivered_seq"], receipt["read_seq"]

    assert await marks("message.read", 2) == (2, 2)
    assert await marks("message.delivered", 1) == (2, 2)
    assert await marks("message.read", 0) == (2, 2)
    assert await marks("message.delivered", 99) == (3, 2)
    assert await marks("message.read", 1) == (3, 2)
    await asha.caught_up(await asha.say(order.room_id, "The marker"))
    told = [one["delivered_seq"] for one in asha.heard("receipt.updated")]
    assert told == [2, 3]


@pytest.mark.parametrize("seq", [-1, "1", 1.5, None, 2**40])
@pytest.mark.parametrize("operation", ["message.read", "message.delivered"])
async def test_a_mark_is_a_number(come: Come, order: Order, operation: str, seq: Any) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused(operation, room_id=order.room_id, seq=seq) == "invalid"


async def test_the_status_goes_from_sent_to_delivered_to_read(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    city = await come(order.pharmacy, "pharmacy")
    message = await asha.say(order.room_id)
    room = {"room_id": order.room_id}
    steps = [
        (ravi, "message.delivered", "sent", 1, 0),
        (city, "message.delivered", "delivered", 2, 0),
        (ravi, "message.read", "delivered", 2, 1),
        (city, "message.read", "read", 2, 2),
    ]
    for person, operation, status, delivered, read in steps:
        at = (await person.do(operation, **room, seq=1))["receipt"]["at"]
        known = await message_of(asha, message)
        assert known["status"] == status
        assert (len(known["delivered_to"]), len(known["read_by"])) == (delivered, read)
        field = "delivered_to" if operation == "message.delivered" else "read_by"
        assert {"user_id": person.user_id, "at": at} in known[field]
    history = (await asha.do("message.history", **room))["messages"]
    assert history == [known]


async def test_the_list_of_rooms_shows_the_status_too(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    message = await asha.say(order.room_id)
    for role in ("rider", "pharmacy"):
        person = await come(getattr(order, role), role)
        await person.do("message.read", room_id=order.room_id, seq=1)
    known = await message_of(asha, message)
    assert known["status"] == "read"
    assert (await asha.do("room.list"))["rooms"][0]["last_message"] == known


async def test_who_answers_has_read(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    question = await asha.say(order.room_id, "Are you there?")
    assert await unread_of(ravi, order.room_id) == 1
    await ravi.say(order.room_id, "Yes")
    assert await unread_of(ravi, order.room_id) == 0
    known = await message_of(asha, question)
    assert [one["user_id"] for one in known["read_by"]] == [order.rider]
    assert [one["user_id"] for one in known["delivered_to"]] == [order.rider]


async def test_nobody_waits_for_riders_on_clinical_messages(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    city = await come(order.pharmacy, "pharmacy")
    message = await asha.say(order.room_id, "My prescription", audience="clinical")
    await city.do("message.read", room_id=order.room_id, seq=1)
    known = await message_of(asha, message)
    assert known["status"] == "read"
    assert [one["user_id"] for one in known["read_by"]] == [order.pharmacy]


@pytest.mark.parametrize("how", ["participant.remove", "participant.block"])
async def test_nobody_waits_for_who_lost_the_room(come: Come, order: Order, how: str) -> None:
    asha = await come(order.customer, "customer")
    city = await come(order.pharmacy, "pharmacy")
    mei = await come(order.support, "support")
    message = await asha.say(order.room_id)
    await city.do("message.read", room_id=order.room_id, seq=1)
    assert (await message_of(asha, message))["status"] == "sent"
    await mei.do(how, room_id=order.room_id, user_id=order.rider)
    assert (await message_of(asha, message))["status"] == "read"


async def test_support_looking_in_is_nobodys_recipient(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    message = await asha.say(order.room_id)
    await mei.do("room.join", room_id=order.room_id)
    marked = await mei.do("message.read", room_id=order.room_id, seq=1)
    assert marked["unread"] == 0
    await asha.caught_up(await asha.say(order.room_id, "The marker"))
    assert asha.heard("receipt.updated") == []
    known = await message_of(asha, message)
    assert (known["status"], known["read_by"]) == ("sent", [])


async def test_reading_one_message_reads_up_to_it(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    messages = [await asha.say(order.room_id) for _ in range(3)]
    marked = await ravi.do("message.read_one", message_id=messages[1]["id"])
    assert (marked["receipt"]["read_seq"], marked["unread"]) == (2, 1)
    await asha.hears("receipt.updated", user_id=order.rider, read_seq=2)


async def test_unread_is_told_absolutely_to_all_of_ones_own_connections(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    other = await open_room({order.customer: "customer", order.rider: "rider"})
    asha = await come(order.customer, "customer")
    riders = [await come(order.rider, "rider") for _ in range(2)]
    for _ in range(3):
        await asha.say(order.room_id)
    await asha.say(other["id"])
    for ravi in riders:
        told = await ravi.hears("unread.changed", room_id=order.room_id, unread=3, total=4)
        assert told.keys() == {"room_id", "unread", "total"}
        await ravi.hears("unread.changed", room_id=other["id"], unread=1, total=4)
    await riders[0].do("message.read", room_id=order.room_id, seq=2)
    for ravi in riders:
        await ravi.hears("unread.changed", room_id=order.room_id, unread=1, total=2)
    await riders[0].say(other["id"], "Back to you")
    await asha.hears("unread.changed", room_id=other["id"], unread=1, total=1)
    assert {one["room_id"] for one in asha.heard("unread.changed")} == {other["id"]}


async def test_unread_counts_what_one_may_see_that_others_said_and_left_there(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    mei = await come(order.support, "support")
    first = await asha.say(order.room_id, "Seen by all")
    second = await asha.say(order.room_id, "Taken back soon")
    await asha.say(order.room_id, "Not for riders", audience="clinical")
    await mei.say(order.room_id, "Not for either", audience="staff")
    assert await unread_of(ravi, order.room_id) == 2
    assert await unread_of(asha, order.room_id) == 0
    await ravi.hears("unread.changed", room_id=order.room_id, unread=2, total=2)
    await asha.do("message.delete", message_id=second["id"])
    await ravi.hears("unread.changed", room_id=order.room_id, unread=1, total=1)
    assert await unread_of(ravi, order.room_id) == 1
    marked = await ravi.do("message.read", room_id=order.room_id, seq=first["seq"])
    assert marked["unread"] == 0
    assert await unread_of(ravi, order.room_id) == 0


async def test_an_edit_leaves_read_what_was_read(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    message = await asha.say(order.room_id)
    await ravi.do("message.read", room_id=order.room_id, seq=1)
    await asha.do("message.edit", message_id=message["id"], content="Changed")
    assert await unread_of(ravi, order.room_id) == 0


async def test_support_is_told_the_number_it_is_shown(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await mei.do("room.join", room_id=order.room_id)
    await asha.say(order.room_id)
    told = await mei.hears("unread.changed", room_id=order.room_id)
    shown = (await mei.do("room.get", room_id=order.room_id))["room"]["unread"]
    assert told["unread"] == shown == 1


async def test_what_is_unread_in_an_archived_room_is_no_longer_in_the_total(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await mei.say(order.room_id)
    await asha.hears("unread.changed", room_id=order.room_id, unread=1, total=1)
    await mei.do("room.archive", room_id=order.room_id)
    await asha.hears("unread.changed", patience=3, room_id=order.room_id, total=0)
