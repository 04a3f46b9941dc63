"""Saying something, changing it, taking it back, and reading it again."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.conftest import Come, Order
from tests.live import MESSAGE

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def contents(messages: list[dict[str, Any]]) -> list[str]:
    return [one["content"] for one in messages]


async def test_a_message_has_every_field_of_the_contract(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    asked = {"room_id": order.room_id, "client_id": "c1", "type": "text", "content": " Hi  \n"}
    sent = await asha.do("message.send", **asked, audience="clinical")
    assert sent.keys() == {"message", "duplicate"}
    message = sent["message"]
    assert message.keys() == MESSAGE
    assert message["sender"] == {
        "user_id": order.customer,
        "role": "customer",
        "name": order.customer.title(),
    }
    expected = {
        "room_id": order.room_id,
        "seq": 1,
        "rev": 0,
        "client_id": "c1",
        "type": "text",
        "audience": "clinical",
        "content": "Hi",
        "attachments": [],
        "reply_to": None,
        "thread_root": None,
        "reply_count": 0,
        "edited_at": None,
        "is_edited": False,
        "is_deleted": False,
        "deleted_by": None,
        "metadata": {},
        "status": "sent",
        "delivered_to": [],
        "read_by": [],
    }
    assert {name: message[name] for name in expected} == expected
    assert TIME.fullmatch(message["created_at"])
    assert (await asha.do("message.get", message_id=message["id"]))["message"] == message


async def test_every_connection_is_told_the_senders_others_too(come: Come, order: Order) -> None:
    connections = [await come(order.customer, "customer") for _ in range(2)]
    ravi = await come(order.rider, "rider")
    message = await connections[0].say(order.room_id)
    for person in (*connections, ravi):
        told = await person.hears("message.sent")
        assert told == {"room_id": order.room_id, "message": message}


@pytest.mark.parametrize("text", ["x" * 4_000, "नमस्ते 👩‍⚕️", "a\n\tb", "<b>&amp;</b>", "𝄞" * 4_000])
async def test_text_comes_back_as_it_was_sent(come: Come, order: Order, text: str) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    message = await asha.say(order.room_id, text)
    assert message["content"] == text
    assert (await ravi.hears("message.sent"))["message"]["content"] == text
    assert contents((await ravi.do("message.history", room_id=order.room_id))["messages"]) == [text]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("content", "", "invalid"),
        ("content", " \n ", "invalid"),
        ("content", "bell \x07", "invalid"),
        ("content", 7, "invalid"),
        ("content", None, "invalid"),
        ("content", "x" * 4_001, "too_large"),
        ("client_id", "", "invalid"),
        ("client_id", "two words", "invalid"),
        ("client_id", "x" * 129, "invalid"),
        ("client_id", 1, "invalid"),
        ("type", "system", "invalid"),
        ("type", "order_update", "invalid"),
        ("audience", "nobody", "invalid"),
        ("attachments", ["unknown"], "invalid"),
        ("attachments", list("abcdef"), "invalid"),
        ("colour", "red", "invalid"),
        ("seq", 5, "invalid"),
    ],
)
async def test_what_cannot_be_said_is_refused_by_field_and_not_kept(
    come: Come, order: Order, field: str, value: Any, code: str
) -> None:
    asha = await come(order.customer, "customer")
    asked = {"room_id": order.room_id, "client_id": "c1", "content": "Hello", field: value}
    answer = await asha.ask("message.send", **asked)
    assert answer.keys() == {"ok", "error"}
    assert answer["error"]["code"] == code
    assert field in answer["error"]["message"]
    if code == "invalid":
        assert [one["field"] for one in answer["error"]["details"]] == [field]
    assert (await asha.do("message.history", room_id=order.room_id))["messages"] == []


async def test_what_is_no_operation_is_answered(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("message.shout", room_id=order.room_id) == "unknown_operation"
    for wrong in (None, "text", [1, 2], 7):
        answer = await asha.client.call("message.send", wrong, timeout=10)
        assert answer["error"]["code"] == "invalid"


async def test_an_edit_changes_the_text_and_raises_the_rev(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    first = await asha.say(order.room_id, "Frist")
    edited = (await asha.do("message.edit", message_id=first["id"], content=" First "))["message"]
    assert edited.keys() == MESSAGE
    assert (edited["content"], edited["is_edited"], edited["seq"]) == ("First", True, 1)
    assert edited["rev"] == (await asha.do("room.get", room_id=order.room_id))["room"]["rev"] > 0
    assert TIME.fullmatch(edited["edited_at"])
    assert edited["created_at"] == first["created_at"]
    for person in (asha, ravi):
        told = await person.hears("message.edited")
        assert told == {"room_id": order.room_id, "message": edited}
    assert (await ravi.do("message.get", message_id=first["id"]))["message"] == edited


async def test_an_edit_that_changes_nothing_tells_nobody(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    first = await asha.say(order.room_id, "As it is")
    same = await asha.do("message.edit", message_id=first["id"], content="As it is")
    assert same["message"] == first
    await asha.caught_up(await asha.say(order.room_id, "The marker"))
    assert asha.heard("message.edited") == []


async def test_only_its_sender_edits_a_message_and_only_text(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    mei = await come(order.support, "support")
    ravi = await come(order.rider, "rider")
    text = await asha.say(order.room_id, "Mine")
    picture = await asha.say(order.room_id, "A caption", type="image", audience="everyone")
    for person in (mei, ravi):
        asked = {"message_id": text["id"], "content": "Yours"}
        assert await person.refused("message.edit", **asked) == "forbidden"
    asked = {"message_id": picture["id"], "content": "Another caption"}
    assert await asha.refused("message.edit", **asked) == "forbidden"


@pytest.mark.parametrize("content", ["", "x" * 4_001, "\x00", 5])
async def test_an_edit_to_what_cannot_be_said_changes_nothing(
    come: Come, order: Order, content: Any
) -> None:
    asha = await come(order.customer, "customer")
    first = await asha.say(order.room_id, "Fine")
    code = await asha.refused("message.edit", message_id=first["id"], content=content)
    assert code in ("invalid", "too_large")
    assert (await asha.do("message.get", message_id=first["id"]))["message"] == first


@pytest.mark.parametrize("who", ["the sender", "support"])
async def test_a_deleted_message_leaves_a_tombstone(come: Come, order: Order, who: str) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    mei = await come(order.support, "support")
    word = f"secret{order.room_id}"
    first = await asha.say(order.room_id, word)
    assert await ravi.refused("message.delete", message_id=first["id"]) == "forbidden"
    deleter = asha if who == "the sender" else mei
    asked = {"message_id": first["id"], "reason": "wrong order"}
    grave = (await deleter.do("message.delete", **asked))["message"]
    assert grave.keys() == MESSAGE
    assert (grave["id"], grave["seq"], grave["content"]) == (first["id"], 1, "")
    assert (grave["is_deleted"], grave["deleted_by"]) == (True, deleter.user_id)
    assert grave["rev"] > first["rev"]
    told = await ravi.hears("message.deleted")
    assert told == {"room_id": order.room_id, "message": grave}
    await asha.do("message.delete", message_id=first["id"])
    await ravi.caught_up(await asha.say(order.room_id, "The marker"))
    assert len(ravi.heard("message.deleted")) == 1
    for person in (asha, ravi, mei):
        assert (await person.do("message.search", query=word))["messages"] == []
        assert word not in str(await person.do("message.history", room_id=order.room_id))
    edit = {"message_id": first["id"], "content": "Risen"}
    assert await asha.refused("message.edit", **edit) == "conflict"


async def test_history_is_read_from_the_end_backwards_and_forwards(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    talk = [
        ("message.send", {"room_id": order.room_id, "client_id": f"c{n}", "content": f"{n}"})
        for n in range(1, 61)
    ]
    await asha.pipelined(talk)

    async def seqs(**asked: Any) -> tuple[list[int], bool]:
        part = await asha.do("message.history", room_id=order.room_id, **asked)
        assert part.keys() >= {"messages", "more"}
        return [one["seq"] for one in part["messages"]], part["more"]

    assert await seqs() == (list(range(11, 61)), True)
    assert await seqs(before_seq=11) == (list(range(1, 11)), False)
    assert await seqs(after_seq=55) == (list(range(56, 61)), False)
    assert await seqs(after_seq=0, limit=3) == ([1, 2, 3], True)
    assert await seqs(before_seq=60, limit=2) == ([58, 59], True)
    assert await seqs(after_seq=60) == ([], False)
    assert await seqs(limit=100) == (list(range(1, 61)), False)
    part = await asha.do("message.history", room_id=order.room_id, limit=1)
    assert part["messages"][0].keys() == MESSAGE


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0},
        {"limit": 101},
        {"before_seq": 1, "after_seq": 1},
        {"before_seq": -1},
        {"after_seq": 1.5},
        {"cursor": "x9"},
        {"cursor": "b"},
    ],
)
async def test_a_wrong_question_for_history_is_refused(
    come: Come, order: Order, asked: dict[str, Any]
) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("message.history", room_id=order.room_id, **asked) == "invalid"


@pytest.mark.parametrize("number", ["0", "2", "01", "-1", "x", "99999999999"])
async def test_a_message_that_is_not_there_is_not_found(
    come: Come, order: Order, number: str
) -> None:
    asha = await come(order.customer, "customer")
    await asha.say(order.room_id)
    asked = {"message_id": f"{order.room_id}-{number}"}
    assert await asha.refused("message.get", **asked) == "not_found"
    assert await asha.refused("message.thread", **asked) == "not_found"
    assert await asha.refused("message.edit", **asked, content="Hm") == "not_found"
    assert await asha.refused("message.delete", **asked) == "not_found"


async def test_an_edited_message_still_shows_its_sender_who_read_it(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    first = await asha.say(order.room_id, "Frist")
    for role in ("rider", "pharmacy"):
        person = await come(getattr(order, role), role)
        await person.do("message.read", room_id=order.room_id, seq=1)
    known = (await asha.do("message.get", message_id=first["id"]))["message"]
    assert known["status"] == "read"
    edited = (await asha.do("message.edit", message_id=first["id"], content="First"))["message"]
    assert (edited["status"], edited["read_by"]) == ("read", known["read_by"])


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("message.history", {"limit": 100}),
        ("room.sync", {}),
    ],
)
async def test_a_page_of_the_longest_messages_arrives(
    come: Come, order: Order, operation: str, asked: dict[str, int]
) -> None:
    asha = await come(order.customer, "customer")
    for _ in range(100):
        await asha.say(order.room_id, "च" * 4_000)
    position = {"room_id": order.room_id, "after_seq": 0, "after_rev": 0}
    place = {"rooms": [position]} if operation == "room.sync" else {"room_id": order.room_id}
    result = await asha.do(operation, **place, **asked)
    page = result["rooms"][0] if operation == "room.sync" else result
    assert len(page["messages"]) == 100
    assert not asha.disconnected.is_set()


async def test_a_client_that_reads_is_not_cut_off_for_asking_much_at_once(
    come: Come, order: Order
) -> None:
    asha = await come(order.customer, "customer")
    said = [
        ("message.send", {"room_id": order.room_id, "client_id": f"c{n}", "content": "x" * 500})
        for n in range(100)
    ]
    await asha.pipelined(said)
    page = ("message.history", {"room_id": order.room_id, "limit": 100})
    answers = await asha.pipelined([page] * 50)
    assert all(len(answer["result"]["messages"]) == 100 for _, answer in answers)
    await asha.say(order.room_id, "Still connected")
