"""Finding messages by their words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import MESSAGE, Person


async def found(person: Person, query: str, **narrowed: Any) -> list[str]:
    answer = await person.do("message.search", query=query, **narrowed)
    return [one["content"] for one in answer["messages"]]


async def test_all_words_must_occur_and_the_last_may_be_a_beginning(
    come: Come, order: Order, fresh: str
) -> None:
    asha = await come(order.customer, "customer")
    word = f"w{fresh}"
    pen = await asha.say(order.room_id, f"Insulin pen {word}")
    await asha.say(order.room_id, f"Needles {word}")
    answer = await asha.do("message.search", query=f"{word} insu")
    assert answer.keys() == {"messages", "next"}
    assert answer["messages"] == [pen]
    assert answer["messages"][0].keys() == MESSAGE
    assert await found(asha, f"PEN {word}") == [f"Insulin pen {word}"]
    assert await found(asha, f"insu {word}") == []
    assert await found(asha, word) == [f"Needles {word}", f"Insulin pen {word}"]
    assert await found(asha, f"tablets {word}") == []


async def test_a_message_is_found_as_soon_as_it_is_acknowledged(
    come: Come, order: Order, fresh: str
) -> None:
    asha = await come(order.customer, "customer")
    for number in range(10):
        await asha.say(order.room_id, f"now{fresh}n{number}")
        assert await found(asha, f"now{fresh}n{number}") == [f"now{fresh}n{number}"]


async def test_only_the_words_of_now_are_found(come: Come, order: Order, fresh: str) -> None:
    asha = await come(order.customer, "customer")
    message = await asha.say(order.room_id, f"old{fresh}")
    assert await found(asha, f"old{fresh}") == [f"old{fresh}"]
    await asha.do("message.edit", message_id=message["id"], content=f"new{fresh}")
    assert await found(asha, f"old{fresh}") == []
    assert await found(asha, f"new{fresh}") == [f"new{fresh}"]
    await asha.do("message.delete", message_id=message["id"])
    assert await found(asha, f"new{fresh}") == []


async def test_a_search_is_narrowed_by_room_sender_type_and_time(
    come: Come, order: Order, open_room: OpenRoom, fresh: str
) -> None:
    other = await open_room({order.customer: "customer", order.rider: "rider"})
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    word = f"w{fresh}"
    first = await asha.say(order.room_id, f"{word} one")
    await ravi.say(order.room_id, f"{word} two")
    last = await asha.say(other["id"], f"{word} three", type="image")
    assert await found(asha, word, room_id=other["id"]) == [f"{word} three"]
    assert await found(asha, word, sender_id=order.rider) == [f"{word} two"]
    assert await found(asha, word, type="image") == [f"{word} three"]
    assert await found(asha, word, since=first["created_at"]) == [
        f"{word} three",
        f"{word} two",
        f"{word} one",
    ]
    assert await found(asha, word, until=first["created_at"]) == []
    assert f"{word} three" not in await found(asha, word, until=last["created_at"])
    assert await found(asha, word, room_id=other["id"], sender_id=order.rider) == []


async def test_a_search_pages_without_gap_or_repeat(come: Come, order: Order, fresh: str) -> None:
    asha = await come(order.customer, "customer")
    word = f"w{fresh}"
    for number in range(7):
        await asha.say(order.room_id, f"{word} {number}")
    told: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await asha.do("message.search", query=word, limit=3, **cursor)
        told += [one["content"] for one in page["messages"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert told == [f"{word} {number}" for number in reversed(range(7))]


async def test_people_find_only_what_is_in_their_rooms_staff_everything(
    come: Come, order: Order, fresh: str
) -> None:
    asha = await come(order.customer, "customer")
    stranger = await come(f"stranger-{fresh}", "customer")
    mei = await come(order.support, "support")
    word = f"w{fresh}"
    await asha.say(order.room_id, word)
    assert await found(stranger, word) == []
    assert await found(stranger, word, room_id=order.room_id) == []
    assert await found(mei, word) == [word]
    assert await found(mei, word, room_id=order.room_id) == [word]


@pytest.mark.parametrize(
    "query", ['"', "'", "*", "a*", "NEAR(a b)", "a AND", "OR", "content:a", "-a", "%", "a\tb", "^a"]
)
async def test_signs_in_a_search_are_only_signs(come: Come, order: Order, query: str) -> None:
    asha = await come(order.customer, "customer")
    await asha.say(order.room_id, "Nothing of the kind")
    assert await found(asha, query) == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"query": ""},
        {"query": "  "},
        {"query": "x" * 201},
        {"query": "x", "cursor": "not ours"},
        {"query": "x", "limit": 101},
        {"query": "x", "since": "yesterday"},
        {"query": "x", "type": "song"},
        {"query": "x", "colour": "red"},
    ],
)
async def test_a_wrong_search_is_refused(come: Come, order: Order, asked: dict[str, Any]) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("message.search", **asked) == "invalid"
