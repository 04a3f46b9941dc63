"""Catching up after a break: exactly what was missed, page by page."""

from __future__ import annotations

import random  # noqa: TID251 # from a seed that is written down
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conftest import Come, OpenRoom, Order
from tests.live import MESSAGE, ROOM, Person

FOLLOWED = ("customer", "rider", "support")
_FROM_OTHERS = {"status", "delivered_to", "read_by", "reply_count"}
"""Fields that follow from marks and other messages, which have their own ways to be told."""


def lasting(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in _FROM_OTHERS}


@dataclass
class Copy:
    """What a client keeps of a room, and how far that reaches."""

    person: Person
    room_id: str
    seq: int = 0
    rev: int = 0
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)

    async def page(self) -> dict[str, Any]:
        position = {"room_id": self.room_id, "after_seq": self.seq, "after_rev": self.rev}
        answer = await self.person.do("room.sync", rooms=[position])
        return answer["rooms"][0]

    async def catch_up(self) -> int:
        """Follow the pages to the end, checking that none gives what is known; their number."""
        pages = 0
        while True:
            missed = await self.page()
            pages += 1
            assert len(missed["messages"]) <= 100
            for message in missed["messages"]:
                known = self.messages.get(message["seq"])
                assert known is None or known["rev"] < message["rev"]
                self.messages[message["seq"]] = lasting(message)
            self.seq, self.rev = missed["after_seq"], missed["after_rev"]
            if not missed["limited"]:
                return pages

    async def log(self) -> dict[int, dict[str, Any]]:
        """The whole room as history shows it to this person now."""
        found: dict[int, dict[str, Any]] = {}
        more, after = True, 0
        while more:
            part = await self.person.do(
                "message.history", room_id=self.room_id, after_seq=after, limit=100
            )
            found |= {one["seq"]: lasting(one) for one in part["messages"]}
            more = part["more"]
            after = max(found, default=0)
        return found


class Talk:
    """People who say, change and take back at random, as a seed decides."""

    def __init__(self, people: list[Person], room_id: str, seed: int) -> None:
        self._people = people
        self._room_id = room_id
        self._random = random.Random(seed)
        self._said = 0
        self._own: dict[Person, list[str]] = {one: [] for one in people}

    async def go_on(self, acts: int) -> None:
        """So many acts, each person's without waiting for the answers."""
        shares = {one: [self._act(one) for _ in range(acts)] for one in self._people}
        for person, share in shares.items():
            for place, answer in await person.pipelined(share):
                if share[place][0] == "message.send":
                    self._own[person].append(answer["result"]["message"]["id"])

    def _act(self, person: Person) -> tuple[str, dict[str, Any]]:
        own = self._own[person]
        kind = self._random.choices(("send", "edit", "delete"), (6, 3, 1))[0]
        if kind == "send" or not own:
            allowed = {"rider": 1, "support": 3}.get(person.role, 2)
            audience = self._random.choice(("everyone", "clinical", "staff")[:allowed])
            self._said += 1
            wording = {"client_id": f"t{self._said}", "content": f"Number {self._said}"}
            return "message.send", {"room_id": self._room_id, "audience": audience, **wording}
        message_id = self._random.choice(own)
        if kind == "delete":
            return "message.delete", {"message_id": message_id}
        text = f"Changed {self._random.random()}"
        return "message.edit", {"message_id": message_id, "content": text}


async def people_of(come: Come, order: Order) -> dict[str, Person]:
    roles: Any = ("customer", "rider", "pharmacy", "support")
    return {role: await come(getattr(order, role), role) for role in roles}


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_following_the_pages_gives_exactly_what_was_missed(
    come: Come, order: Order, seed: int
) -> None:
    people = await people_of(come, order)
    talk = Talk(list(people.values()), order.room_id, seed)
    copies = [Copy(people[role], order.room_id) for role in FOLLOWED]
    await talk.go_on(15)
    for copy in copies:
        await copy.catch_up()
        assert copy.messages == await copy.log()
    for _ in range(3):
        await talk.go_on(15)
    assert await copies[-1].catch_up() > 1
    for copy in copies:
        await copy.catch_up()
        assert copy.messages == await copy.log()
        assert (await copy.page())["messages"] == []


async def test_catching_up_amid_talk_ends_equal_to_the_log(come: Come, order: Order) -> None:
    people = await people_of(come, order)
    talk = Talk(list(people.values()), order.room_id, 4)
    copy = Copy(people["rider"], order.room_id)
    for _ in range(4):
        await talk.go_on(10)
        # One page at a time, so that what changes in between falls into the middle of a break.
        missed = await copy.page()
        copy.messages |= {one["seq"]: lasting(one) for one in missed["messages"]}
        copy.seq, copy.rev = missed["after_seq"], missed["after_rev"]
    await copy.catch_up()
    assert copy.messages == await copy.log()


async def test_a_synced_room_comes_whole(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    first = await asha.say(order.room_id, "Known, then changed")
    second = await asha.say(order.room_id, "Known")
    known = Copy(
        asha, order.room_id, seq=2, rev=(await Copy(asha, order.room_id).page())["after_rev"]
    )
    nothing = await known.page()
    assert nothing["messages"] == []
    await asha.do("message.edit", message_id=first["id"], content="Changed")
    third = await asha.say(order.room_id, "New")
    missed = await known.page()
    assert missed.keys() >= {"room_id", "room", "messages", "limited"}
    assert missed["room"].keys() == ROOM
    assert [one["id"] for one in missed["messages"]] == [first["id"], third["id"]]
    assert all(one.keys() == MESSAGE for one in missed["messages"])
    assert missed["messages"][0]["content"] == "Changed"
    assert (missed["limited"], missed["after_seq"]) == (False, third["seq"])
    assert second["id"] not in {one["id"] for one in missed["messages"]}


async def test_more_changes_than_one_page_holds_come_page_by_page(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    room_id = order.room_id
    talk = [
        ("message.send", {"room_id": room_id, "client_id": f"c{n}", "content": f"{n}"})
        for n in range(1, 131)
    ]
    await asha.pipelined(talk)
    copy = Copy(asha, room_id)
    assert await copy.catch_up() == 2
    edits = [
        ("message.edit", {"message_id": f"{room_id}-{n}", "content": f"Changed {n}"})
        for n in range(1, 131)
    ]
    await asha.pipelined([*edits, ("message.delete", {"message_id": f"{room_id}-1"})])
    await asha.say(room_id, "And a new one")
    assert await copy.catch_up() == 2
    assert copy.messages == await copy.log()
    assert copy.messages[1]["is_deleted"]


async def test_each_room_is_answered_in_the_order_asked_foreign_ones_by_an_error(
    come: Come, order: Order, open_room: OpenRoom, fresh: str
) -> None:
    asha = await come(order.customer, "customer")
    own = await open_room({order.customer: "customer"})
    foreign = await open_room({f"other-{fresh}": "customer"})
    await asha.say(order.room_id, "One")
    rooms = [order.room_id, foreign["id"], "no-such-room", own["id"]]
    asked = [{"room_id": room_id, "after_seq": 0, "after_rev": 0} for room_id in rooms]
    answered = (await asha.do("room.sync", rooms=asked))["rooms"]
    assert [one["room_id"] for one in answered] == rooms
    assert [len(one["messages"]) for one in (answered[0], answered[3])] == [1, 0]
    there, nowhere = answered[1], answered[2]
    assert there["error"]["code"] == "not_found"
    assert {**there, "room_id": ""} == {**nowhere, "room_id": ""}
    assert there["room"] is None
    assert there["messages"] is None


@pytest.mark.parametrize(
    "rooms",
    [
        [],
        [{"room_id": "r", "after_seq": 0}],
        [{"room_id": "r", "after_seq": -1, "after_rev": 0}],
        [{"room_id": "r", "after_seq": 0, "after_rev": "0"}],
        [{"room_id": "r", "after_seq": 0, "after_rev": 0, "limit": 5}],
        [{"room_id": "r", "after_seq": 0, "after_rev": 0}] * 101,
        "all",
    ],
)
async def test_a_wrong_position_is_refused(come: Come, order: Order, rooms: Any) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused("room.sync", rooms=rooms) == "invalid"


async def test_who_reconnects_hears_on_from_where_the_pages_end(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    await ravi.leave()
    missed = [await asha.say(order.room_id, f"Missed {n}") for n in range(3)]
    again = await come(order.rider, "rider")
    copy = Copy(again, order.room_id)
    await copy.catch_up()
    assert list(copy.messages) == [one["seq"] for one in missed]
    await again.caught_up(await asha.say(order.room_id, "Live again"))
    assert [one["message"]["seq"] for one in again.heard("message.sent")] == [4]
