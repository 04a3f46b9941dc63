"""Who may see a message, and that nothing anywhere gives the others a glimpse of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Come, Order
from tests.live import Person

SEERS = {
    "everyone": {"customer", "pharmacy", "rider", "support", "admin"},
    "clinical": {"customer", "pharmacy", "support", "admin"},
    "staff": {"support", "admin"},
}
ROLES = ("customer", "pharmacy", "rider", "support", "admin")


async def gather(come: Come, order: Order) -> dict[str, Person]:
    """One of each role; the staff among them have entered the room."""
    people = {role: await come(f"{role}-{order.customer[9:]}", role) for role in ROLES}
    for role in ("support", "admin"):
        await people[role].do("room.join", room_id=order.room_id)
    return people


async def seen_by(person: Person, room_id: str, word: str) -> dict[str, list[str]]:
    """What a person finds in each place where messages are read."""
    room = {"room_id": room_id}
    position = {**room, "after_seq": 0, "after_rev": 0}
    synced = (await person.do("room.sync", rooms=[position]))["rooms"][0]
    found = {
        "live": [one["message"] for one in person.heard("message.sent")],
        "history": (await person.do("message.history", **room))["messages"],
        "join": (await person.do("room.join", **room))["messages"],
        "sync": synced["messages"],
        "search": (await person.do("message.search", query=word))["messages"][::-1],
    }
    return {place: [one["id"] for one in messages] for place, messages in found.items()}


@pytest.mark.parametrize("audience", SEERS)
async def test_a_message_is_found_everywhere_by_its_audience_and_nowhere_by_others(
    come: Come, order: Order, fresh: str, audience: str
) -> None:
    people = await gather(come, order)
    word = f"word{fresh}"
    first = await people["customer"].say(order.room_id, f"{word} for all")
    hidden = await people["admin"].say(order.room_id, f"{word} for some", audience=audience)
    last = await people["pharmacy"].say(order.room_id, f"{word} at the end")
    for role, person in people.items():
        await person.caught_up(last)
        sees = role in SEERS[audience]
        expected = [first["id"], *([hidden["id"]] if sees else []), last["id"]]
        for place, ids in (await seen_by(person, order.room_id, word)).items():
            assert ids == expected, (role, place)
        answer = await person.ask("message.get", message_id=hidden["id"])
        assert answer["ok"] == sees


@pytest.mark.parametrize("audience", SEERS)
async def test_counts_and_previews_show_only_what_one_may_see(
    come: Come, order: Order, audience: str
) -> None:
    people = await gather(come, order)
    root = await people["support"].say(order.room_id, "The root")
    hidden = await people["admin"].say(
        order.room_id, "An answer", audience=audience, reply_to=root["id"]
    )
    for role, person in people.items():
        sees = role in SEERS[audience]
        room = (await person.do("room.get", room_id=order.room_id))["room"]
        assert room["last_message"]["id"] == (hidden if sees else root)["id"]
        assert room["unread"] == {"support": sees, "admin": 0}.get(role, 1 + sees)
        listed = (await person.do("room.list", q=order.order_id))["rooms"][0]
        assert listed["last_message"] == room["last_message"]
        known = (await person.do("message.get", message_id=root["id"]))["message"]
        assert known["reply_count"] == int(sees)
        thread = await person.do("message.thread", message_id=root["id"])
        assert thread["root"]["reply_count"] == int(sees)
        assert [one["id"] for one in thread["messages"]] == [hidden["id"]] * sees
        history = (await person.do("message.history", room_id=order.room_id))["messages"]
        assert history[0]["reply_count"] == int(sees)


@pytest.mark.parametrize("audience", ["clinical", "staff"])
async def test_changes_to_a_hidden_message_are_hidden_and_counted_for_nobody(
    come: Come, order: Order, audience: str
) -> None:
    people = await gather(come, order)
    admin = people["admin"]
    hidden = await admin.say(order.room_id, "Hidden", audience=audience)
    await admin.do("message.edit", message_id=hidden["id"], content="Hidden still")
    await admin.do("message.delete", message_id=hidden["id"])
    first = await people["support"].say(order.room_id, "For all")
    for role, person in people.items():
        await person.caught_up(first)
        sees = role in SEERS[audience]
        assert len(person.heard("message.edited")) == int(sees)
        assert len(person.heard("message.deleted")) == int(sees)
        if role in ("customer", "pharmacy", "rider"):
            await person.hears("unread.changed", unread=1, total=1)
        if not sees:
            assert len(person.heard("unread.changed")) == 1
            position = {"room_id": order.room_id, "after_seq": 1, "after_rev": 0}
            synced = (await person.do("room.sync", rooms=[position]))["rooms"][0]
            assert [one["id"] for one in synced["messages"]] == [first["id"]]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("message.get", {}),
        ("message.thread", {}),
        ("message.reply", {"client_id": "r", "content": "What is this?"}),
        ("message.edit", {"content": "Mine now"}),
        ("message.delete", {}),
        ("message.read_one", {}),
    ],
)
async def test_a_hidden_message_is_answered_like_one_that_is_not_there(
    come: Come, order: Order, operation: str, more: dict[str, str]
) -> None:
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    hidden = await mei.say(order.room_id, "Clinical", audience="clinical")
    there = await ravi.ask(operation, message_id=hidden["id"], **more)
    nowhere = await ravi.ask(operation, message_id=f"{order.room_id}-77", **more)
    assert there["error"]["code"] == "not_found"
    assert there == nowhere


async def test_a_hidden_message_is_not_answered_by_its_id(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    hidden = await mei.say(order.room_id, "Clinical", audience="clinical")
    asked = {"room_id": order.room_id, "client_id": "r", "content": "About that"}
    there = await ravi.ask("message.send", **asked, reply_to=hidden["id"])
    nowhere = await ravi.ask("message.send", **asked, reply_to=f"{order.room_id}-77")
    assert there == nowhere
    assert there["error"]["code"] == "not_found"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("audience", SEERS)
async def test_one_writes_only_to_audiences_one_belongs_to(
    come: Come, order: Order, role: Any, audience: str
) -> None:
    person = await come(f"{role}-{order.customer[9:]}", role)
    asked = {"room_id": order.room_id, "client_id": "a", "content": "Hello", "audience": audience}
    if role in SEERS[audience]:
        assert (await person.do("message.send", **asked))["message"]["audience"] == audience
    else:
        assert await person.refused("message.send", **asked) == "forbidden"
        last = (await person.do("room.get", room_id=order.room_id))["room"]["last_seq"]
        assert last == 0


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["text", "image", "file"])
async def test_pictures_and_files_of_the_clinical_side_stay_there_by_default(
    come: Come, order: Order, role: Any, kind: str
) -> None:
    person = await come(f"{role}-{order.customer[9:]}", role)
    message = await person.say(order.room_id, "What I mean", type=kind)
    clinical = kind != "text" and role in ("customer", "pharmacy")
    assert message["audience"] == ("clinical" if clinical else "everyone")
    if clinical:
        open_one = await person.say(order.room_id, "The parcel", type=kind, audience="everyone")
        assert open_one["audience"] == "everyone"


@pytest.mark.parametrize(
    ("signed_as", "listed_as"),
    [("customer", "rider"), ("rider", "pharmacy"), ("rider", "support"), ("pharmacy", "admin")],
)
async def test_one_sees_no_more_than_the_lesser_of_ones_two_roles(
    come: Come, order: Order, fresh: str, signed_as: Any, listed_as: str
) -> None:
    mei = await come(order.support, "support")
    user_id = f"two-faced-{fresh}"
    await mei.do("participant.add", room_id=order.room_id, user_id=user_id, role=listed_as)
    person = await come(user_id, signed_as)
    word = f"word{fresh}"
    for audience in SEERS:
        await mei.say(order.room_id, f"{word} {audience}", audience=audience)
    last = await mei.say(order.room_id, f"{word} end")
    await person.caught_up(last)
    visible = 3 if signed_as == "pharmacy" else 2
    for place, ids in (await seen_by(person, order.room_id, word)).items():
        assert len(ids) == visible, place
    assert (await person.do("room.get", room_id=order.room_id))["room"]["unread"] == visible
    await person.hears("unread.changed", unread=visible, total=visible)
