from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.model import (
    Audience,
    Mark,
    Message,
    MessageStatus,
    Participant,
    ParticipantRole,
    Room,
    Seen,
    Sender,
    Step,
    message_id,
)
from domain.receipts import advance, recipients, with_receipts

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LAST = 9
"""How long the logs are that hypothesis thinks of."""

SEES: dict[Audience, tuple[ParticipantRole, ...]] = {
    "everyone": ("customer", "pharmacy", "rider", "support", "admin"),
    "clinical": ("customer", "pharmacy", "support", "admin"),
    "staff": ("support", "admin"),
}


def at(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def person(
    user_id: str, role: ParticipantRole = "customer", joined_at: datetime = NOW, **standing: Any
) -> Participant:
    return Participant(f"r-{user_id}", user_id, role, user_id, joined_at, **standing)


def room(*people: Participant) -> Room:
    return Room("r", "o", "A-1", "open", created_at=NOW, participants=people)


def said(seq: int, sender_id: str = "ana", audience: Audience = "everyone") -> Message:
    """A message sent as many seconds in as its number."""
    return Message(
        id=message_id("r", seq),
        room_id="r",
        seq=seq,
        rev=0,
        client_id=f"c{seq}",
        sender=Sender(sender_id, "customer", sender_id),
        type="text",
        audience=audience,
        content="hello",
        attachments=(),
        reply_to=None,
        thread_root=None,
        reply_count=0,
        created_at=at(seq),
        edited_at=None,
        is_edited=False,
        is_deleted=False,
        deleted_by=None,
        metadata={},
    )


# Marks

numbers = st.integers(min_value=-3, max_value=LAST + 3)


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    delivered = draw(st.integers(0, LAST))
    return Mark(delivered, draw(st.integers(0, delivered)))


@given(marks(), numbers, numbers, st.integers(0, LAST))
@settings(deadline=None)
def test_marks_move_forward_only_up_to_the_log_and_read_is_delivered(
    mark: Mark, delivered: int, read: int, last: int
) -> None:
    after = advance(mark, delivered, read, last)

    assert after.read_seq == max(mark.read_seq, min(read, last))
    assert after.delivered_seq >= mark.delivered_seq
    assert after.delivered_seq >= after.read_seq
    assert after.delivered_seq <= max(last, mark.delivered_seq)
    assert after.delivered_seq in (mark.delivered_seq, min(delivered, last), after.read_seq)
    assert after.delivered_seq >= min(delivered, last)


@given(marks(), numbers, numbers)
@settings(deadline=None)
def test_saying_it_again_moves_nothing(mark: Mark, delivered: int, read: int) -> None:
    once = advance(mark, delivered, read, LAST)

    assert advance(once, delivered, read, LAST) == once
    assert advance(once, 0, 0, LAST) == once


@given(marks(), st.lists(st.tuples(numbers, numbers), max_size=5), st.randoms())
@settings(deadline=None)
def test_the_order_in_which_it_is_said_does_not_matter(
    mark: Mark, words: list[tuple[int, int]], chance: Any
) -> None:
    mixed = list(words)
    chance.shuffle(mixed)

    def told(said_so: Sequence[tuple[int, int]]) -> Mark:
        after = mark
        for delivered, read in said_so:
            after = advance(after, delivered, read, LAST)
        return after

    assert told(words) == told(mixed)


# Recipients


@pytest.mark.parametrize("audience", get_args(Audience))
@pytest.mark.parametrize("role", get_args(ParticipantRole))
def test_who_may_see_a_message_is_to_get_it(audience: Audience, role: ParticipantRole) -> None:
    here = room(person("ana"), person("ben", role))

    expected = ["ben"] if role in SEES[audience] else []
    for reached_by in ((), ("ana", "ben")):
        assert recipients(here, said(1, audience=audience), reached_by) == expected


def test_neither_the_sender_nor_who_lost_the_room_is_to_get_it() -> None:
    here = room(
        person("ana"),
        person("gone", is_active=False),
        person("out", is_blocked=True),
        person("hush", is_muted=True),
        person("ben"),
    )

    for reached_by in ((), [one.user_id for one in here.participants]):
        assert recipients(here, said(1), reached_by) == ["hush", "ben"]


def test_who_came_later_counts_once_they_have_it() -> None:
    here = room(person("ana"), person("ben", joined_at=at(5)), person("cleo", joined_at=at(6)))

    assert recipients(here, said(5), reached=()) == ["ben"]
    assert recipients(here, said(5), reached={"cleo"}) == ["ben", "cleo"]


def test_a_new_rider_does_not_make_unread_what_everybody_had_read() -> None:
    here = room(person("ana"), person("ben"), person("rob", "rider", joined_at=at(60)))
    steps = [
        Step("r", "ben", "read", 1, at(2)),
        Step("r", "rob", "delivered", 1, at(61)),
        Step("r", "rob", "read", 1, at(62)),
    ]

    filled = [with_receipts([said(1)], here, steps[:count])[0] for count in range(4)]

    assert [one.status for one in filled] == ["sent", "read", "delivered", "read"]
    assert filled[1].delivered_to == filled[1].read_by == (Seen("ben", at(2)),)
    assert filled[3].read_by == (Seen("ben", at(2)), Seen("rob", at(62)))


# Receipts, against a replay of everything that was ever said about them


Kind = Literal["delivered", "read"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Word:
    """One person saying, ``when`` seconds in, how far they are."""

    user_id: str
    kind: Kind
    seq: int
    when: int


names = ("ana", "ben", "cleo", "dan")
people = st.tuples(
    *(
        st.builds(
            person,
            st.just(name),
            st.sampled_from(get_args(ParticipantRole)),
            joined_at=st.just(NOW) | st.integers(0, LAST + 1).map(at),
            is_active=st.sampled_from([True, True, False]),
            is_blocked=st.sampled_from([False, False, True]),
        )
        for name in names
    )
)
logs = st.lists(
    st.tuples(st.sampled_from(names), st.sampled_from(get_args(Audience))),
    min_size=LAST,
    max_size=LAST,
)


@st.composite
def words(draw: st.DrawFn) -> list[Word]:
    said_so = draw(
        st.lists(
            st.tuples(st.sampled_from(names), st.sampled_from(KINDS), st.integers(1, LAST)),
            max_size=14,
        )
    )
    return [Word(*one, when) for when, one in enumerate(said_so)]


def steps_of(said_so: list[Word]) -> list[Step]:
    """What a store keeps of it: the words that moved a mark."""
    kept: list[Step] = []
    farthest: dict[tuple[str, str], int] = {}
    for word in said_so:
        key = (word.user_id, word.kind)
        if word.seq > farthest.get(key, 0):
            farthest[key] = word.seq
            kept.append(Step("r", word.user_id, word.kind, word.seq, at(word.when)))
    return kept


def reached(said_so: list[Word], user_id: str, seq: int) -> tuple[datetime | None, datetime | None]:
    """When the person's marks first covered ``seq``: as delivered, and as read."""
    delivered = read = None
    mark = Mark()
    for word in said_so:
        if word.user_id != user_id:
            continue
        read_seq = word.seq if word.kind == "read" else 0
        mark = advance(mark, word.seq, read_seq, LAST)
        if delivered is None and mark.delivered_seq >= seq:
            delivered = at(word.when)
        if read is None and mark.read_seq >= seq:
            read = at(word.when)
    return delivered, read


def replayed(message: Message, here: Room, said_so: list[Word]) -> Message:
    delivered_to: list[Seen] = []
    read_by: list[Seen] = []
    owed = [
        one.user_id
        for one in here.participants
        if one.is_active
        and not one.is_blocked
        and one.user_id != message.sender.user_id
        and one.role in SEES[message.audience]
        and (one.joined_at <= message.created_at or any(reached(said_so, one.user_id, message.seq)))
    ]
    for user_id in owed:
        delivered, read = reached(said_so, user_id, message.seq)
        if delivered:
            delivered_to.append(Seen(user_id, delivered))
        if read:
            read_by.append(Seen(user_id, read))
    status: MessageStatus = "sent"
    if owed and {one.user_id for one in delivered_to} == set(owed):
        status = "delivered"
    if owed and {one.user_id for one in read_by} == set(owed):
        status = "read"
    return replace(message, status=status, delivered_to=tuple(delivered_to), read_by=tuple(read_by))


@given(people, logs, words(), st.randoms())
@settings(deadline=None)
def test_receipts_equal_a_replay_of_every_word(
    here: tuple[Participant, ...],
    log: list[tuple[str, Audience]],
    said_so: list[Word],
    chance: Any,
) -> None:
    messages = [said(seq, *one) for seq, one in enumerate(log, start=1)]
    steps = steps_of(said_so)
    chance.shuffle(steps)

    filled = with_receipts(messages, room(*here), steps)

    assert filled == [replayed(one, room(*here), said_so) for one in messages]


@given(people, logs, words(), st.integers(1, LAST), st.integers(1, LAST))
@settings(deadline=None)
def test_a_page_needs_only_the_steps_inside_it_and_the_first_beyond(
    here: tuple[Participant, ...],
    log: list[tuple[str, Audience]],
    said_so: list[Word],
    one_end: int,
    other_end: int,
) -> None:
    first, last = sorted((one_end, other_end))
    page = [said(seq, *one) for seq, one in enumerate(log, start=1) if first <= seq <= last]
    enough: list[Step] = []
    beyond: set[tuple[str, str]] = set()
    for step in steps_of(said_so):
        key = (step.user_id, step.kind)
        if step.seq >= first and key not in beyond:
            enough.append(step)
        if step.seq > last:
            beyond.add(key)

    filled = with_receipts(page, room(*here), enough)

    assert filled == [replayed(one, room(*here), said_so) for one in page]


def test_steps_of_another_room_count_for_nothing() -> None:
    elsewhere = Step("other", "ben", "read", 5, at(1))

    (filled,) = with_receipts([said(1)], room(person("ana"), person("ben")), [elsewhere])

    assert (filled.status, filled.delivered_to, filled.read_by) == ("sent", (), ())


def test_all_have_to_have_it_and_reading_is_having() -> None:
    here = room(person("ana"), person("ben"), person("cleo"))
    steps = [
        Step("r", "ben", "read", 1, at(1)),
        Step("r", "cleo", "delivered", 1, at(2)),
        Step("r", "cleo", "read", 1, at(3)),
    ]

    statuses = [with_receipts([said(1)], here, steps[:count])[0].status for count in range(4)]

    assert statuses == ["sent", "sent", "delivered", "read"]


def test_what_nobody_else_may_see_stays_sent() -> None:
    here = room(person("ana", "support"), person("ben", "rider"))

    (filled,) = with_receipts(
        [said(1, audience="staff")], here, [Step("r", "ben", "read", 1, at(1))]
    )

    assert (filled.status, filled.read_by) == ("sent", ())
