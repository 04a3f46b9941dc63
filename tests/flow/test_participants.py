"""Who takes part: coming, going, and what everybody is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import PARTICIPANT, Person

READING = {
    "room.get": {},
    "room.join": {},
    "message.history": {},
    "message.read": {"seq": 1},
    "message.send": {"client_id": "c", "content": "Let me in"},
    "typing.start": {},
    "presence.get": {},
    "participant.list": {},
    "participant.leave": {},
}


def newcomer(order: Order, **more: Any) -> dict[str, Any]:
    user_id = f"second-{order.rider}"
    return {"room_id": order.room_id, "user_id": user_id, "role": "rider", "name": "Uma", **more}


async def test_who_is_added_is_shown_the_room_first_on_every_connection(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    asked = newcomer(order)
    riders = [await come(asked["user_id"], "rider") for _ in range(2)]
    added = (await mei.do("participant.add", **asked))["participant"]
    assert added.keys() == PARTICIPANT
    told = await asha.hears("participant.changed", room_id=order.room_id)
    assert told.keys() == {"room_id", "participant", "change"}
    assert told["change"] == "added"
    assert told["participant"] == added
    assert (added["name"], added["role"], added["is_active"]) == ("Uma", "rider", True)
    last = await asha.say(order.room_id, "Welcome")
    for rider in riders:
        await rider.caught_up(last)
        names = [
            name for name, _ in rider.told if name not in ("presence.changed", "unread.changed")
        ]
        assert names[:3] == ["room.opened", "participant.changed", "message.sent"]
    assert asha.heard("room.opened") == []


async def test_adding_who_is_there_already_tells_nobody(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    first = await mei.do("participant.add", **newcomer(order))
    again = await mei.do("participant.add", **newcomer(order))
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert again["participant"]["id"] == first["participant"]["id"]
    await asha.caught_up(await asha.say(order.room_id, "Marker"))
    assert len(asha.heard("participant.changed")) == 1


async def test_a_name_left_out_is_the_id(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    asked = newcomer(order)
    del asked["name"]
    added = (await mei.do("participant.add", **asked))["participant"]
    assert added["name"] == asked["user_id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("role", "service"), ("role", "owner"), ("user_id", ""), ("user_id", "a b"), ("name", "\x07")],
)
async def test_a_wrong_participant_is_refused(
    come: Come, order: Order, field: str, value: str
) -> None:
    mei = await come(order.support, "support")
    answer = await mei.ask("participant.add", **newcomer(order, **{field: value}))
    assert answer["error"]["code"] == "invalid"
    assert [one["field"] for one in answer["error"]["details"]] == [field]


async def lose(order: Order, mei: Person, ravi: Person, how: str) -> None:
    if how == "participant.leave":
        await ravi.do(how, room_id=order.room_id)
    else:
        await mei.do(how, room_id=order.room_id, user_id=order.rider)


@pytest.mark.parametrize(
    ("how", "change", "code"),
    [
        ("participant.remove", "removed", "not_found"),
        ("participant.leave", "left", "not_found"),
        ("participant.block", "blocked", "blocked"),
    ],
)
async def test_who_loses_a_room_loses_it_at_once_on_every_connection(
    come: Come, order: Order, open_room: OpenRoom, how: str, change: str, code: str
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    riders = [await come(order.rider, "rider") for _ in range(2)]
    said = await asha.say(order.room_id, "While they are here")
    await riders[0].hears("unread.changed", room_id=order.room_id, unread=1, total=1)
    await lose(order, mei, riders[0], how)
    told = await asha.hears("participant.changed", change=change)
    assert told["participant"]["user_id"] == order.rider
    unseen = await asha.say(order.room_id, "After they are gone")
    await asha.do("typing.start", room_id=order.room_id)
    await asha.do("message.edit", message_id=said["id"], content="Changed")
    await asha.do("message.read", room_id=order.room_id, seq=2)
    other = await open_room({order.rider: "rider", order.customer: "customer"})
    marker = await asha.say(other["id"], "The marker")
    for rider in riders:
        await rider.caught_up(marker)
        of_the_room = [e for e, p in rider.told if p.get("room_id") == order.room_id]
        assert [e for e in of_the_room if e != "unread.changed"] == [
            "message.sent",
            "participant.changed",
        ]
        await rider.hears("unread.changed", room_id=order.room_id, unread=0)
        for operation, more in READING.items():
            assert await rider.refused(operation, room_id=order.room_id, **more) == code, operation
        assert await rider.refused("message.get", message_id=unseen["id"]) == code
        listed = await rider.do("room.list")
        assert [one["id"] for one in listed["rooms"]] == [other["id"]]
        found = await rider.do("message.search", query="While")
        assert found["messages"] == []


@pytest.mark.parametrize(
    ("how", "code"), [("participant.remove", "not_found"), ("participant.block", "blocked")]
)
async def test_connecting_anew_brings_no_lost_room_back(
    come: Come, order: Order, open_room: OpenRoom, how: str, code: str
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await mei.do(how, room_id=order.room_id, user_id=order.rider)
    ravi = await come(order.rider, "rider")
    await asha.say(order.room_id, "Not for Ravi")
    other = await open_room({order.rider: "rider", order.customer: "customer"})
    await ravi.caught_up(await asha.say(other["id"], "The marker"))
    assert {one["room_id"] for one in ravi.heard("message.sent")} == {other["id"]}
    assert await ravi.refused("room.join", room_id=order.room_id) == code


async def test_who_comes_back_finds_everything_under_the_old_record(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    place = {"room_id": order.room_id, "user_id": order.rider}
    gone = (await mei.do("participant.remove", **place, reason="reassigned"))["participant"]
    assert gone["is_active"] is False
    await asha.say(order.room_id, "Meanwhile")
    back = (await mei.do("participant.add", **place, role="rider"))["participant"]
    assert (back["id"], back["is_active"], back["name"]) == (gone["id"], True, gone["name"])
    assert (await ravi.hears("room.opened"))["room"]["id"] == order.room_id
    await ravi.hears("unread.changed", room_id=order.room_id, unread=1)
    told = await ravi.do("message.history", room_id=order.room_id)
    assert [one["content"] for one in told["messages"]] == ["Meanwhile"]


async def test_everybody_who_takes_part_or_did_is_listed(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    await mei.do("participant.remove", room_id=order.room_id, user_id=order.rider)
    people = (await asha.do("participant.list", room_id=order.room_id))["participants"]
    assert all(one.keys() == PARTICIPANT for one in people)
    assert {one["user_id"]: one["is_active"] for one in people} == {
        order.customer: True,
        order.rider: False,
        order.pharmacy: True,
    }
    assert {one["user_id"] for one in people if one["is_online"]} == {order.customer}


async def test_a_participant_is_also_named_by_its_own_id(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    people = (await mei.do("participant.list", room_id=order.room_id))["participants"]
    ravi = next(one for one in people if one["user_id"] == order.rider)
    gone = await mei.do("participant.remove", participant_id=ravi["id"])
    assert gone["participant"]["user_id"] == order.rider
    everything = {"participant_id": ravi["id"], "room_id": order.room_id, "user_id": order.rider}
    for wrong in ({}, {"room_id": order.room_id}, {"user_id": order.rider}, everything):
        assert await mei.refused("participant.remove", **wrong) == "invalid"


@pytest.mark.parametrize("operation", ["remove", "mute", "unmute", "block", "unblock"])
async def test_nobody_of_that_name_is_not_found(come: Come, order: Order, operation: str) -> None:
    mei = await come(order.support, "support")
    nobody = {"room_id": order.room_id, "user_id": "nobody"}
    assert await mei.refused(f"participant.{operation}", **nobody) == "not_found"
    by_id = {"participant_id": f"{order.room_id}-99"}
    assert await mei.refused(f"participant.{operation}", **by_id) == "not_found"


async def test_support_that_takes_no_part_has_nothing_to_leave(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    assert await mei.refused("participant.leave", room_id=order.room_id) == "forbidden"


async def test_people_missing_from_an_order_are_added_and_announced(
    come: Come, order: Order
) -> None:
    platform = await come("platform", "service")
    asha = await come(order.customer, "customer")
    second = await come(f"second-{order.rider}", "rider")
    people = [
        {"user_id": order.customer, "role": "customer", "name": "Asha"},
        {"user_id": second.user_id, "role": "rider", "name": "Uma"},
    ]
    asked = {"order_id": order.order_id, "participants": people}
    opened = await platform.do("room.open", **asked)
    assert (opened["room"]["id"], opened["duplicate"]) == (order.room_id, True)
    assert len(opened["room"]["participants"]) == 4
    await second.hears("room.opened")
    marker = await second.say(order.room_id, "Here I am")
    await asha.caught_up(marker)
    changes = [one["change"] for one in asha.heard("participant.changed")]
    assert changes == ["added"]


async def test_a_new_part_in_the_order_changes_what_is_heard_at_once(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    place = {"room_id": order.room_id, "user_id": order.customer}
    await mei.do("room.join", room_id=order.room_id)
    await asha.caught_up(await mei.say(order.room_id, "Seen", audience="clinical"))
    await mei.do("participant.add", **place, role="rider")
    hidden = await mei.say(order.room_id, "Unseen", audience="clinical")
    await asha.caught_up(await mei.say(order.room_id, "The marker"))
    assert [one["message"]["content"] for one in asha.heard("message.sent")] == [
        "Seen",
        "The marker",
    ]
    assert await asha.refused("message.get", message_id=hidden["id"]) == "not_found"
    await mei.do("participant.add", **place, role="customer")
    await asha.caught_up(await mei.say(order.room_id, "Seen again", audience="clinical"))


async def test_a_new_part_in_the_order_is_told_as_a_change(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    place = {"room_id": order.room_id, "user_id": order.rider}
    await mei.do("participant.add", **place, role="pharmacy")
    told = await asha.hears("participant.changed")
    assert told["participant"]["role"] == "pharmacy"
    assert told["change"] == "changed"
