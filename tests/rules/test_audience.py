from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any, get_args

import pytest

from domain.audience import AUDIENCES, CLEARANCE, LEVELS, audience_for, clearance
from domain.errors import ChatError
from domain.model import Actor, Audience, MessageType, Participant, ParticipantRole, Role, Room

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

NOTHING, EVERYONE, CLINICAL, STAFF = -1, 0, 1, 2
OUTSIDE: dict[Role, int] = {
    "customer": CLINICAL,
    "pharmacy": CLINICAL,
    "rider": EVERYONE,
    "service": NOTHING,
    "support": STAFF,
    "admin": STAFF,
}
INSIDE: dict[tuple[Role, ParticipantRole], int] = {
    ("customer", "customer"): CLINICAL,
    ("customer", "pharmacy"): CLINICAL,
    ("customer", "rider"): EVERYONE,
    ("customer", "support"): CLINICAL,
    ("customer", "admin"): CLINICAL,
    ("pharmacy", "customer"): CLINICAL,
    ("pharmacy", "pharmacy"): CLINICAL,
    ("pharmacy", "rider"): EVERYONE,
    ("pharmacy", "support"): CLINICAL,
    ("pharmacy", "admin"): CLINICAL,
    ("rider", "customer"): EVERYONE,
    ("rider", "pharmacy"): EVERYONE,
    ("rider", "rider"): EVERYONE,
    ("rider", "support"): EVERYONE,
    ("rider", "admin"): EVERYONE,
    ("service", "customer"): NOTHING,
    ("service", "pharmacy"): NOTHING,
    ("service", "rider"): NOTHING,
    ("service", "support"): NOTHING,
    ("service", "admin"): NOTHING,
    ("support", "customer"): STAFF,
    ("support", "pharmacy"): STAFF,
    ("support", "rider"): STAFF,
    ("support", "support"): STAFF,
    ("support", "admin"): STAFF,
    ("admin", "customer"): STAFF,
    ("admin", "pharmacy"): STAFF,
    ("admin", "rider"): STAFF,
    ("admin", "support"): STAFF,
    ("admin", "admin"): STAFF,
}
DEFAULTS: dict[tuple[Role, MessageType], Audience] = {
    ("customer", "image"): "clinical",
    ("customer", "file"): "clinical",
    ("pharmacy", "image"): "clinical",
    ("pharmacy", "file"): "clinical",
}
LISTED: tuple[ParticipantRole | None, ...] = (None, *get_args(ParticipantRole))
ASKED: tuple[Audience | None, ...] = (None, *get_args(Audience))


def actor(role: Role) -> Actor:
    return Actor("ana", role, "Ana", expires_at=NOW)


def room(listed_as: ParticipantRole | None, **standing: Any) -> Room:
    people = [Participant("r-1", "ben", "admin", "Ben", NOW)]
    if listed_as is not None:
        people.append(Participant("r-2", "ana", listed_as, "Ana", NOW, **standing))
    return Room("r", "o", "A-1", "open", created_at=NOW, participants=tuple(people))


def test_the_tables_name_every_role_and_audience() -> None:
    assert set(OUTSIDE) == set(CLEARANCE) == set(get_args(Role))
    assert set(INSIDE) == set(product(get_args(Role), get_args(ParticipantRole)))
    assert get_args(Audience) == AUDIENCES
    assert [LEVELS[one] for one in AUDIENCES] == [EVERYONE, CLINICAL, STAFF]


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("listed_as", LISTED)
def test_nobody_sees_more_than_both_of_their_roles_allow(
    role: Role, listed_as: ParticipantRole | None
) -> None:
    expected = OUTSIDE[role] if listed_as is None else INSIDE[role, listed_as]

    assert clearance(actor(role), room(listed_as)) == expected
    assert clearance(actor(role), room(listed_as, is_active=False)) == expected


@pytest.mark.parametrize("role", get_args(Role))
@pytest.mark.parametrize("listed_as", LISTED)
@pytest.mark.parametrize("message_type", get_args(MessageType))
def test_a_message_reaches_whom_it_should_or_is_refused_but_never_others(
    role: Role, listed_as: ParticipantRole | None, message_type: MessageType
) -> None:
    here = room(listed_as)
    level = clearance(actor(role), here)
    by_itself = DEFAULTS.get((role, message_type), "everyone")
    for asked, answered in product(ASKED, get_args(Audience)):
        wanted: Audience = asked or max(by_itself, answered, key=AUDIENCES.index)
        if AUDIENCES.index(wanted) > level:
            with pytest.raises(ChatError) as refused:
                audience_for(asked, message_type, actor(role), here, answered)
            assert refused.value.code == "forbidden"
        else:
            assert audience_for(asked, message_type, actor(role), here, answered) == wanted


@pytest.mark.parametrize("listed_as", LISTED)
@pytest.mark.parametrize("asked", ASKED)
def test_the_order_platform_says_nothing_anywhere(
    listed_as: ParticipantRole | None, asked: Audience | None
) -> None:
    for message_type, answered in product(get_args(MessageType), get_args(Audience)):
        with pytest.raises(ChatError, match="order platform") as refused:
            audience_for(asked, message_type, actor("service"), room(listed_as), answered)
        assert refused.value.code == "forbidden"


@pytest.mark.parametrize(
    ("role", "listed_as", "message_type", "asked", "answered", "needed"),
    [
        ("rider", None, "text", "clinical", "everyone", "clinical"),
        ("rider", None, "text", None, "clinical", "clinical"),
        ("customer", None, "text", "staff", "everyone", "staff"),
        ("customer", None, "text", None, "staff", "staff"),
        ("customer", "rider", "image", None, "everyone", "clinical"),
        ("pharmacy", "rider", "file", None, "everyone", "clinical"),
    ],
)
def test_who_is_refused_learns_which_audience_it_was(
    role: Role,
    listed_as: ParticipantRole | None,
    message_type: MessageType,
    asked: Audience | None,
    answered: Audience,
    needed: Audience,
) -> None:
    with pytest.raises(ChatError, match=f"'{needed}'") as refused:
        audience_for(asked, message_type, actor(role), room(listed_as), answered)

    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("role", sorted(set(get_args(Role)) - {"service"}))
@pytest.mark.parametrize("message_type", get_args(MessageType))
def test_only_what_may_be_a_prescription_is_clinical_by_itself(
    role: Role, message_type: MessageType
) -> None:
    found = audience_for(None, message_type, actor(role), room(None))

    assert found == DEFAULTS.get((role, message_type), "everyone")


@pytest.mark.parametrize("role", ["customer", "pharmacy"])
@pytest.mark.parametrize("message_type", ["image", "file"])
def test_who_sends_it_may_open_a_picture_to_everyone(role: Role, message_type: MessageType) -> None:
    assert audience_for("everyone", message_type, actor(role), room(None)) == "everyone"


@pytest.mark.parametrize(
    ("role", "message_type", "answered", "expected"),
    [
        ("support", "text", "staff", "staff"),
        ("support", "image", "clinical", "clinical"),
        ("admin", "text", "everyone", "everyone"),
        ("pharmacy", "text", "clinical", "clinical"),
        ("customer", "image", "everyone", "clinical"),
        ("rider", "text", "everyone", "everyone"),
    ],
)
def test_an_answer_reaches_no_further_than_what_it_answers(
    role: Role, message_type: MessageType, answered: Audience, expected: Audience
) -> None:
    assert audience_for(None, message_type, actor(role), room(None), answered) == expected


def test_staff_may_answer_a_note_in_the_open() -> None:
    assert audience_for("everyone", "text", actor("support"), room(None), "staff") == "everyone"
