from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import events
from domain.errors import FAILURES, ChatError, Code, FieldError, invalid, not_found
from domain.model import (
    Actor,
    Mark,
    Message,
    Participant,
    Role,
    Room,
    Sender,
    Snapshot,
    message_id,
    place_of,
)
from domain.ports import RoomChange
from domain.views import ParticipantView, Presence, RoomView, room_view, shared_room_view

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def participant(user_id: str = "ana", **standing: Any) -> Participant:
    return Participant(f"r-{user_id}", user_id, "customer", user_id, joined_at=NOW, **standing)


def room(*people: Participant) -> Room:
    return Room("r", "o", "A-1", "open", created_at=NOW, participants=people)


# Ids


@given(st.text(min_size=1), st.integers(min_value=1, max_value=9_999_999_999))
@settings(deadline=None)
def test_an_id_leads_back_to_its_place(room_id: str, seq: int) -> None:
    assert place_of(message_id(room_id, seq)) == (room_id, seq)


@given(st.text(st.sampled_from("a-0123 +_٣x.\n"), max_size=12) | st.text())
@settings(deadline=None)
def test_no_two_ids_lead_to_one_place(identifier: str) -> None:
    place = place_of(identifier)

    assert place is None or message_id(*place) == identifier


@pytest.mark.parametrize(
    "identifier",
    [
        *("", "-", "--", "a", "7", "a-", "-7", "a-7-", "a-b", "a-7b", "a-0x7", "a-7e3"),
        *(
            "a-0",
            "a-01",
            "a-00",
            "a-007",
            "a-+7",
            "a- 7",
            "a-7 ",
            "a-7\n",
            "a-7.0",
            "a-1_000",
            "a\u22127",
        ),
        *("a-٣", "a-\uff17", "a-²", "a-\x00", "a-7\x00"),
        *("a-10000000000", f"a-{2**63}", "a-" + "9" * 5_000, "a-" + "0" * 5_000),
    ],
)
def test_anything_else_leads_nowhere(identifier: str) -> None:
    assert place_of(identifier) is None


def test_the_last_dash_divides_so_an_id_may_hold_more() -> None:
    assert place_of("0198-ab-12") == ("0198-ab", 12)
    assert place_of("a--1") == ("a-", 1)


# People


@pytest.mark.parametrize("role", get_args(Role))
def test_support_and_admin_are_staff(role: Role) -> None:
    actor = Actor("ana", role, "Ana", expires_at=NOW)

    assert actor.is_staff is (role in ("support", "admin"))


@pytest.mark.parametrize(
    ("on", "until", "before", "then"),
    [
        (False, None, False, False),
        (False, LATER, False, False),
        (True, None, True, True),
        (True, LATER, True, False),
    ],
)
def test_a_restriction_lapses_at_its_end(
    *, on: bool, until: datetime | None, before: bool, then: bool
) -> None:
    hushed = participant(is_muted=on, muted_until=until)
    shut_out = participant(is_blocked=on, blocked_until=until)
    just_before = LATER - timedelta(milliseconds=1)

    assert (hushed.muted_at(just_before), hushed.muted_at(LATER)) == (before, then)
    assert (shut_out.blocked_at(just_before), shut_out.blocked_at(LATER)) == (before, then)


def test_a_room_knows_who_ever_took_part_and_who_does_now() -> None:
    ana, ben = participant("ana", is_active=False), participant("ben", is_blocked=True)
    here = room(ana, ben)

    assert (here.participant("ana"), here.participant("ben")) == (ana, ben)
    assert here.participant("cleo") is None
    assert here.active == (ben,)


def test_a_room_changed_unless_the_rule_gave_it_back() -> None:
    before = room(participant())

    assert not RoomChange(before, before, 4).changed
    assert RoomChange(before, room(), 5).changed


# Errors


def test_every_code_has_a_status_of_its_own_kind() -> None:
    assert {code: failure.status for code, failure in FAILURES.items()} == {
        "unauthenticated": 401,
        "forbidden": 403,
        "not_found": 404,
        "invalid": 400,
        "conflict": 409,
        "room_closed": 409,
        "room_full": 409,
        "muted": 403,
        "blocked": 403,
        "rate_limited": 429,
        "too_large": 413,
        "unknown_operation": 404,
        "unavailable": 503,
        "internal": 500,
    }
    assert set(FAILURES) == set(get_args(Code))
    retried = {code for code, failure in FAILURES.items() if failure.retry}
    assert retried == {"rate_limited", "unavailable", "internal"}
    assert all(failure.title for failure in FAILURES.values())


def test_an_error_tells_only_what_it_knows() -> None:
    plain = ChatError("forbidden", "Not you.")
    full = ChatError("rate_limited", "Slowly.", (FieldError("q", "short"),), retry_after=0.0)

    assert plain.body() == {"code": "forbidden", "message": "Not you."}
    assert full.body() == {
        "code": "rate_limited",
        "message": "Slowly.",
        "details": [{"field": "q", "message": "short"}],
        "retry_after": 0.0,
    }
    assert str(plain) == "Not you."


def test_a_field_at_fault_is_named() -> None:
    assert invalid("until", "must be later").body() == {
        "code": "invalid",
        "message": "until: must be later",
        "details": [{"field": "until", "message": "must be later"}],
    }


def test_what_is_not_there_is_said_in_one_way() -> None:
    assert not_found("room").code == "not_found"
    assert not_found("room").body() == not_found("room").body()


# What clients see

MESSAGE = Message(
    id="r-1",
    room_id="r",
    seq=1,
    rev=0,
    client_id="c",
    sender=Sender("ana", "customer", "Ana"),
    type="text",
    audience="everyone",
    content="hello",
    attachments=(),
    reply_to=None,
    thread_root=None,
    reply_count=0,
    created_at=NOW,
    edited_at=None,
    is_edited=False,
    is_deleted=False,
    deleted_by=None,
    metadata={},
)


@pytest.mark.parametrize(
    ("shape", "names"),
    [
        (
            Message,
            (
                "id room_id seq rev client_id sender type audience content attachments"
                " reply_to thread_root reply_count created_at edited_at is_edited is_deleted"
                " deleted_by metadata status delivered_to read_by"
            ),
        ),
        (
            RoomView,
            (
                "id order_id order_number status max_participants participants last_seq rev"
                " last_message unread created_at last_activity closed_at support labels metadata"
            ),
        ),
        (
            ParticipantView,
            (
                "id user_id role name is_active is_muted muted_until is_blocked is_online"
                " delivered_seq read_seq joined_at notification_preferences"
            ),
        ),
        (events.MessageSent, "room_id message"),
        (events.MessageEdited, "room_id message"),
        (events.MessageDeleted, "room_id message"),
        (events.ReceiptUpdated, "room_id user_id delivered_seq read_seq at"),
        (events.TypingStarted, "room_id user_id"),
        (events.TypingStopped, "room_id user_id"),
        (events.PresenceChanged, "user_id status last_seen"),
        (events.ParticipantChanged, "room_id participant change"),
        (events.RoomOpened, "room"),
        (events.RoomChanged, "room"),
        (events.RoomStirred, "room"),
        (events.UnreadChanged, "room_id unread total"),
        (events.SessionExpiring, "expires_at"),
    ],
)
def test_shapes_carry_what_was_promised_and_nothing_else(shape: type, names: str) -> None:
    assert " ".join(one.name for one in fields(shape)) == names


def test_events_are_named_after_what_happened() -> None:
    assert {one.name for one in get_args(events.Event)} == {
        "message.sent",
        "message.edited",
        "message.deleted",
        "receipt.updated",
        "typing.started",
        "typing.stopped",
        "presence.changed",
        "participant.changed",
        "room.opened",
        "room.changed",
        "unread.changed",
        "session.expiring",
    }


def snapshot() -> Snapshot:
    ana = participant("ana", is_muted=True, muted_until=LATER, notification_preferences={"a": 1})
    return Snapshot(
        room=room(ana, participant("ben", is_active=False, is_blocked=True, blocked_until=LATER)),
        last_seq=4,
        rev=2,
        last_activity=LATER,
        marks={"ana": Mark(3, 2)},
        last_message=MESSAGE,
        unread=2,
    )


def test_a_room_shows_its_people_how_far_they_are_and_whether_they_are_there() -> None:
    present = {"ana": Presence("ana", "away", NOW)}

    shown = room_view(snapshot(), present, NOW)

    ana, ben = shown.participants
    assert (ana.is_muted, ana.muted_until, ana.is_online) == (True, LATER, True)
    assert (ana.delivered_seq, ana.read_seq, ana.notification_preferences) == (3, 2, {"a": 1})
    assert (ben.is_muted, ben.muted_until, ben.is_online) == (False, None, False)
    assert (ben.delivered_seq, ben.read_seq, ben.is_active, ben.is_blocked) == (0, 0, False, True)
    assert (shown.last_seq, shown.rev, shown.last_activity) == (4, 2, LATER)
    assert (shown.last_message, shown.unread) == (MESSAGE, 2)


def test_a_restriction_that_lapsed_is_not_shown() -> None:
    ana, ben = room_view(snapshot(), {}, LATER).participants

    assert (ana.is_muted, ana.muted_until, ben.is_blocked) == (False, None, False)


def test_what_differs_from_person_to_person_is_not_in_what_all_are_told() -> None:
    mine, shared = room_view(snapshot(), {}, NOW), shared_room_view(snapshot(), {}, NOW)

    assert (shared.last_message, shared.unread) == (None, None)
    alike = [one.name for one in fields(RoomView) if one.name not in ("last_message", "unread")]
    assert [getattr(shared, one) for one in alike] == [getattr(mine, one) for one in alike]
