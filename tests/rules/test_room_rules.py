from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import ChatError
from domain.model import MAX_PARTICIPANTS, Participant, ParticipantRole, Room
from domain.rooms import (
    Person,
    RoomRule,
    archived,
    at,
    blocked,
    closed,
    muted,
    open_room,
    reopened,
    unblocked,
    unmuted,
    with_people,
    with_person,
    without_person,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)

ANA = Person("ana", "customer", "Ana")
BEN = Person("ben", "rider", "Ben")
CLEO = Person("cleo", "pharmacy", "Cleo")


Restriction = Callable[[Room, str, datetime | None, datetime], Room]


def opened(*people: Person, seats: int = MAX_PARTICIPANTS) -> Room:
    room = open_room("r", "o", NOW, order_number=None, max_participants=seats, metadata={})
    return with_people(room, list(people), NOW)


def member(room: Room, user_id: str = "ana") -> Participant:
    found = room.participant(user_id)
    assert found is not None
    return found


# Opening


def test_a_new_room_is_open_and_empty() -> None:
    room = open_room("r", "o", NOW, order_number="A-7", max_participants=3, metadata={"city": "x"})

    assert room == Room(
        "r", "o", "A-7", "open", created_at=NOW, max_participants=3, metadata={"city": "x"}
    )
    assert room.participants == ()


def test_an_order_without_a_number_goes_by_its_id() -> None:
    assert opened().order_number == "o"


# Coming and going


def test_people_come_in_under_an_id_of_their_own() -> None:
    room = with_person(opened(ANA), BEN, LATER)

    assert room.participants == (
        Participant("r-1", "ana", "customer", "Ana", joined_at=NOW),
        Participant("r-2", "ben", "rider", "Ben", joined_at=LATER),
    )


def test_who_is_inside_is_not_added_again() -> None:
    room = opened(ANA)

    assert with_person(room, ANA, LATER) is room
    assert with_people(room, [ANA, replace(ANA, name="Other")], LATER) is room


def test_a_person_inside_may_get_another_role() -> None:
    room = with_person(opened(ANA), replace(ANA, role="pharmacy", name="Ann"), LATER)

    assert member(room) == Participant("r-1", "ana", "pharmacy", "Ann", joined_at=NOW)


@pytest.mark.parametrize("is_inside", [True, False])
def test_who_is_blocked_is_passed_over_where_many_are_added(*, is_inside: bool) -> None:
    room = blocked(opened(ANA), "ana", LATER, NOW)
    room = room if is_inside else without_person(room, "ana")

    assert with_people(room, [replace(ANA, name="Ann")], NOW) is room
    assert with_people(room, [ANA, BEN], NOW) == with_person(room, BEN, NOW)


def test_who_left_stays_on_record_and_comes_back_under_it() -> None:
    left = without_person(muted(opened(ANA, BEN), "ana", None, NOW), "ana")
    assert [one.user_id for one in left.active] == ["ben"]

    back = member(with_person(left, replace(ANA, role="pharmacy", name="Ann"), LATER))

    assert back == Participant(
        "r-1", "ana", "pharmacy", "Ann", joined_at=LATER, is_active=True, is_muted=True
    )


def test_everybody_missing_is_added_at_once() -> None:
    room = without_person(opened(ANA, BEN), "ben")

    room = with_people(room, [ANA, BEN, CLEO], LATER)

    assert [one.user_id for one in room.active] == ["ana", "ben", "cleo"]
    assert member(room, "ana").joined_at == NOW
    assert member(room, "ben").joined_at == LATER


def test_a_full_room_takes_nobody_more() -> None:
    full = opened(ANA, BEN, seats=2)

    for newcomers in ([CLEO], [ANA, CLEO]):
        with pytest.raises(ChatError, match="2 participants") as refused:
            with_people(full, newcomers, NOW)
        assert refused.value.code == "room_full"
    assert with_person(full, replace(ANA, name="Ann"), NOW) is not full


def test_a_seat_given_up_can_be_taken_but_not_by_two() -> None:
    free = without_person(opened(ANA, BEN, seats=2), "ben")

    full = with_person(free, CLEO, NOW)

    with pytest.raises(ChatError) as refused:
        with_person(full, BEN, NOW)
    assert refused.value.code == "room_full"


# Standing


def test_a_mute_has_an_end_or_none() -> None:
    for until in (LATER, None):
        ana = member(muted(opened(ANA), "ana", until, NOW))
        assert (ana.is_muted, ana.muted_until) == (True, until)


def test_a_block_has_an_end_or_none() -> None:
    for until in (LATER, None):
        ana = member(blocked(opened(ANA), "ana", until, NOW))
        assert (ana.is_blocked, ana.blocked_until) == (True, until)


@pytest.mark.parametrize("restrict", [muted, blocked])
@pytest.mark.parametrize("until", [NOW, NOW - timedelta(seconds=1)])
def test_a_restriction_that_is_over_is_refused(restrict: Restriction, until: datetime) -> None:
    with pytest.raises(ChatError) as refused:
        restrict(opened(ANA), "ana", until, NOW)

    assert refused.value.code == "invalid"
    assert [one.field for one in refused.value.details] == ["until"]


@pytest.mark.parametrize("until", [LATER, None])
@pytest.mark.parametrize(("restrict", "lift"), [(muted, unmuted), (blocked, unblocked)])
def test_lifting_a_restriction_leaves_no_trace(
    restrict: Restriction, lift: Callable[[Room, str], Room], until: datetime | None
) -> None:
    before = opened(ANA, BEN)

    assert lift(restrict(before, "ana", until, NOW), "ana") == before


@pytest.mark.parametrize("restrict", [muted, blocked])
def test_a_restriction_that_ran_out_is_gone(restrict: Restriction) -> None:
    before = opened(ANA)
    room = restrict(before, "ana", LATER, NOW)

    assert at(room, LATER - timedelta(milliseconds=1)) is room
    assert at(room, LATER) == before


def test_only_what_ran_out_is_gone() -> None:
    before = muted(blocked(opened(ANA, BEN), "ana", None, NOW), "ben", None, NOW)
    room = blocked(muted(before, "ana", LATER, NOW), "ben", LATER, NOW)

    assert at(room, LATER) == before


def test_a_room_without_passing_restrictions_stands_as_it_is() -> None:
    room = blocked(muted(opened(ANA, BEN), "ana", None, NOW), "ben", None, NOW)

    assert at(room, LATER) is room


@pytest.mark.parametrize("restrict", [muted, blocked])
def test_who_is_added_after_the_end_of_a_restriction_is_free_of_it(restrict: Restriction) -> None:
    inside = restrict(opened(ANA), "ana", LATER, NOW)
    outside = without_person(inside, "ana")

    back = with_person(outside, ANA, LATER)

    assert member(back) == Participant("r-1", "ana", "customer", "Ana", joined_at=LATER)
    assert with_people(outside, [ANA], LATER) == back
    assert with_person(inside, ANA, LATER) == opened(ANA)


def test_who_is_added_before_the_end_of_a_mute_stays_muted() -> None:
    inside = muted(opened(ANA), "ana", LATER, NOW)
    just_before = LATER - timedelta(milliseconds=1)

    assert with_person(inside, ANA, just_before) is inside
    back = member(with_person(without_person(inside, "ana"), ANA, just_before))
    assert (back.is_active, back.is_muted, back.muted_until) == (True, True, LATER)


def test_who_is_blocked_stays_blocked_however_often_they_are_added() -> None:
    inside = blocked(opened(ANA), "ana", None, NOW)
    outside = without_person(inside, "ana")

    for room in (inside, outside):
        with pytest.raises(ChatError, match="ana") as refused:
            with_person(room, ANA, LATER)
        assert refused.value.code == "blocked"
    assert member(outside).is_blocked
    assert member(with_person(unblocked(outside, "ana"), ANA, LATER)).is_active


@pytest.mark.parametrize(
    "rule",
    [
        lambda room: without_person(room, "nobody"),
        lambda room: muted(room, "nobody", None, NOW),
        lambda room: unmuted(room, "nobody"),
        lambda room: blocked(room, "nobody", None, NOW),
        lambda room: unblocked(room, "nobody"),
    ],
)
def test_who_never_took_part_is_not_found(rule: RoomRule) -> None:
    with pytest.raises(ChatError) as refused:
        rule(opened(ANA))

    assert refused.value.code == "not_found"


# Status


def test_a_room_closes_and_opens_again() -> None:
    before = opened(ANA)
    shut = closed(before, LATER)

    assert (shut.status, shut.closed_at) == ("closed", LATER)
    assert closed(shut, LATER + timedelta(1)) is shut
    assert reopened(shut) == before


def test_an_archived_room_remembers_when_it_was_closed() -> None:
    straight = archived(opened(), NOW)
    after_closing = archived(closed(opened(), NOW), LATER)

    assert (straight.status, straight.closed_at) == ("archived", NOW)
    assert (after_closing.status, after_closing.closed_at) == ("archived", NOW)
    assert archived(straight, LATER) is straight
    assert reopened(straight) == opened()


def test_an_archived_room_is_beyond_closing() -> None:
    with pytest.raises(ChatError) as refused:
        closed(archived(opened(), NOW), LATER)

    assert refused.value.code == "conflict"


def test_what_is_open_need_not_be_opened() -> None:
    room = opened()

    assert reopened(room) is room


# Whatever happens, in whatever order

SEATS = 3
names = st.sampled_from(["ana", "ben", "cleo", "dan", "eve"])
persons = st.builds(
    Person, names, st.sampled_from(get_args(ParticipantRole)), st.sampled_from(["A", "B"])
)
moments = st.sampled_from([NOW, LATER])
whens = st.none() | st.just(LATER + timedelta(hours=1))


def about(rule: Callable[[Room, str], Room]) -> Callable[[str], RoomRule]:
    return lambda user_id: lambda room: rule(room, user_id)


rules: st.SearchStrategy[RoomRule] = st.one_of(
    st.builds(lambda one, now: lambda room: with_person(room, one, now), persons, moments),
    st.builds(
        lambda some, now: lambda room: with_people(room, some, now),
        st.lists(persons, max_size=3),
        moments,
    ),
    st.builds(
        lambda rule, *rest: lambda room: rule(room, *rest),
        st.sampled_from([muted, blocked]),
        names,
        whens,
        moments,
    ),
    st.builds(about(without_person), names),
    st.builds(about(unmuted), names),
    st.builds(lambda now: lambda room: closed(room, now), moments),
    st.builds(lambda now: lambda room: archived(room, now), moments),
    st.just(reopened),
)


def tried(rule: RoomRule, room: Room) -> Room:
    """The room after the rule, which may refuse; a refusal leaves the room as it was."""
    try:
        return rule(room)
    except ChatError:
        return room


@given(st.lists(rules, max_size=25))
@settings(deadline=None)
def test_no_history_of_a_room_breaks_its_promises(history: list[RoomRule]) -> None:
    room = opened(seats=SEATS)
    for rule in history:
        before, room = room, tried(rule, room)

        if room == before:
            assert room is before, "what changes nothing gives back the very room"
        assert tried(rule, room) is room, "what was done once is done"
        assert len(room.active) <= SEATS
        ids = [one.id for one in room.participants]
        assert ids == [f"r-{number}" for number in range(1, len(ids) + 1)]
        assert len({one.user_id for one in room.participants}) == len(ids)
        for one in before.participants:
            assert member(room, one.user_id).id == one.id, "records stay"
            assert member(room, one.user_id).is_blocked >= one.is_blocked, "blocked stays blocked"
        assert (room.closed_at is None) is (room.status == "open")
