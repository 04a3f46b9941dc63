"""Answering a message, and reading what was answered."""

from __future__ import annotations

from typing import Any

from tests.conftest import Come, OpenRoom, Order
from tests.live import MESSAGE, Person


async def answer(person: Person, message: dict[str, Any], content: str, **more: Any) -> Any:
    words = content.replace(" ", "-")
    asked = {"client_id": f"{message['id']}-{words}", "content": content, **more}
    return (await person.do("message.reply", message_id=message["id"], **asked))["message"]


async def test_an_answer_names_what_it_answers_and_where_the_thread_began(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    root = await asha.say(order.room_id, "Where are you?")
    asked = {"message_id": root["id"], "client_id": "r1", "type": "text", "content": "Outside"}
    replied = await ravi.do("message.reply", **asked)
    assert replied.keys() == {"message", "duplicate"}
    first = replied["message"]
    assert first.keys() == MESSAGE
    assert (first["reply_to"], first["thread_root"]) == (root["id"], root["id"])
    second = await answer(asha, first, "Which door?")
    assert (second["reply_to"], second["thread_root"]) == (first["id"], root["id"])
    told = await asha.hears("message.sent", message=first)
    assert told["room_id"] == order.room_id
    again = await ravi.do("message.reply", **asked)
    # The first one as it is by now: who answered it has read it.
    assert [one["user_id"] for one in again["message"].pop("read_by")] == [order.customer]
    assert (again["message"].pop("delivered_to") != [], again["duplicate"]) == (True, True)
    assert again["message"] == {name: first[name] for name in again["message"]}
    known = (await asha.do("message.get", message_id=root["id"]))["message"]
    assert (known["reply_count"], known["reply_to"], known["thread_root"]) == (2, None, None)


async def test_sending_with_reply_to_is_the_same_as_replying(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    root = await asha.say(order.room_id, "First")
    asked = {"client_id": "same", "content": "Second"}
    sent = await asha.do("message.send", room_id=order.room_id, reply_to=root["id"], **asked)
    again = await asha.do("message.reply", message_id=root["id"], **asked)
    assert again["duplicate"]
    assert again["message"]["id"] == sent["message"]["id"]
    assert sent["message"]["reply_to"] == root["id"]


async def test_a_thread_is_read_from_any_of_its_messages(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    root = await asha.say(order.room_id, "Root")
    replies = [await answer(asha, root, "One")]
    await asha.say(order.room_id, "Beside it")
    replies.append(await answer(asha, replies[0], "Two"))
    replies.append(await answer(asha, root, "Three"))
    for asked_by in (root, replies[1]):
        thread = await asha.do("message.thread", message_id=asked_by["id"])
        assert thread.keys() >= {"root", "messages"}
        assert thread["root"].keys() == MESSAGE
        assert (thread["root"]["id"], thread["root"]["reply_count"]) == (root["id"], 3)
        assert [one["content"] for one in thread["messages"]] == ["One", "Two", "Three"]
    part = await asha.do("message.thread", message_id=root["id"], limit=2)
    assert [one["content"] for one in part["messages"]] == ["One", "Two"]
    assert part["more"]
    after = part["messages"][-1]["seq"]
    rest = await asha.do("message.thread", message_id=root["id"], limit=2, after_seq=after)
    assert [one["content"] for one in rest["messages"]] == ["Three"]
    assert not rest["more"]


async def test_an_answer_taken_back_is_no_longer_counted(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    root = await asha.say(order.room_id, "Root")
    reply = await answer(asha, root, "Never mind")
    await asha.do("message.delete", message_id=reply["id"])
    thread = await asha.do("message.thread", message_id=root["id"])
    assert thread["root"]["reply_count"] == 0
    assert [one["is_deleted"] for one in thread["messages"]] == [True]


async def test_an_edited_message_still_shows_how_many_answers_one_sees(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    root = await asha.say(order.room_id, "Root")
    await answer(asha, root, "For all")
    await answer(asha, root, "For some", audience="clinical")
    edited = await asha.do("message.edit", message_id=root["id"], content="The root")
    assert edited["message"]["reply_count"] == 2


async def test_what_was_deleted_is_not_answered(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    root = await asha.say(order.room_id, "Root")
    await asha.do("message.delete", message_id=root["id"])
    asked = {"client_id": "late", "content": "Too late"}
    assert await asha.refused("message.reply", message_id=root["id"], **asked) == "conflict"
    in_room = {"room_id": order.room_id, "reply_to": root["id"]}
    assert await asha.refused("message.send", **in_room, **asked) == "conflict"


async def test_a_message_is_answered_only_in_its_room(
    come: Come, order: Order, open_room: OpenRoom
) -> None:
    other = await open_room({order.customer: "customer"})
    asha = await come(order.customer, "customer")
    elsewhere = await asha.say(other["id"], "Elsewhere")
    asked = {"room_id": order.room_id, "client_id": "x", "content": "Here"}
    for wrong in (elsewhere["id"], f"{order.room_id}-9", "nothing"):
        assert await asha.refused("message.send", **asked, reply_to=wrong) == "not_found"
    named_twice = {**asked, "message_id": elsewhere["id"]}
    assert await asha.refused("message.reply", **named_twice) == "invalid"


async def test_an_answer_reaches_no_further_than_what_it_answers(come: Come, order: Order) -> None:
    mei = await come(order.support, "support")
    asha = await come(order.customer, "customer")
    note = await mei.say(order.room_id, "Careful here", audience="staff")
    clinical = await asha.say(order.room_id, "My tablets", audience="clinical")
    assert (await answer(mei, note, "Noted"))["audience"] == "staff"
    assert (await answer(mei, clinical, "Which ones?"))["audience"] == "clinical"
    assert (await answer(mei, clinical, "Fine", audience="everyone"))["audience"] == "everyone"
