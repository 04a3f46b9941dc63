"""Access, cell by cell, against a table written out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest

from domain.errors import ChatError, not_found
from domain.model import Actor, Participant, ParticipantRole, Role, Room, RoomStatus
from domain.permissions import Action, authorize, hears
from domain.rooms import at

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)

LETTERS = {
    "n": "not_found",
    "f": "forbidden",
    "c": "room_closed",
    "m": "muted",
    "b": "blocked",
    ".": None,
}
COLUMNS = (
    Action.VIEW,
    Action.READ,
    Action.SUBMIT,
    Action.SEND,
    Action.RETRACT,
    Action.LEAVE,
    Action.CREATE,
    Action.MANAGE,
    Action.REOPEN,
    Action.MODERATE,
)
#                                V R U S T L C M O D
TABLE = """
member   stranger     open       n n n n n n n n n n
member   stranger     closed     n n n n n n n n n n
member   stranger     archived   n n n n n n n n n n
member   participant  open       . . . . . . f f f f
member   participant  closed     . . . c c . f f f f
member   participant  archived   . . . c c . f f f f
member   left         open       n n n n n n n n n n
member   left         closed     n n n n n n n n n n
member   left         archived   n n n n n n n n n n
member   muted        open       . . . m m . f f f f
member   muted        closed     . . . c c . f f f f
member   muted        archived   . . . c c . f f f f
member   mute-lapsed  open       . . . . . . f f f f
member   mute-lapsed  closed     . . . c c . f f f f
member   mute-lapsed  archived   . . . c c . f f f f
member   left-muted   open       n n n n n n n n n n
member   left-muted   closed     n n n n n n n n n n
member   left-muted   archived   n n n n n n n n n n
member   blocked      open       b b b b b b b b b b
member   blocked      closed     b b b b b b b b b b
member   blocked      archived   b b b b b b b b b b
member   block-lapsed open       . . . . . . f f f f
member   block-lapsed closed     . . . c c . f f f f
member   block-lapsed archived   . . . c c . f f f f
member   left-blocked open       b b b b b b b b b b
member   left-blocked closed     b b b b b b b b b b
member   left-blocked archived   b b b b b b b b b b
staff    stranger     open       . . . . . f . . . .
staff    stranger     closed     . . . c . f . . . .
staff    stranger     archived   . . . c . f . . . .
staff    participant  open       . . . . . . . . . .
staff    participant  closed     . . . c . . . . . .
staff    participant  archived   . . . c . . . . . .
staff    left         open       . . . . . f . . . .
staff    left         closed     . . . c . f . . . .
staff    left         archived   . . . c . f . . . .
staff    muted        open       . . . m . . . . . .
staff    muted        closed     . . . c . . . . . .
staff    muted        archived   . . . c . . . . . .
staff    mute-lapsed  open       . . . . . . . . . .
staff    mute-lapsed  closed     . . . c . . . . . .
staff    mute-lapsed  archived   . . . c . . . . . .
staff    left-muted   open       . . . . . f . . . .
staff    left-muted   closed     . . . c . f . . . .
staff    left-muted   archived   . . . c . f . . . .
staff    blocked      open       b b b b b b b b b b
staff    blocked      closed     b b b b b b b b b b
staff    blocked      archived   b b b b b b b b b b
staff    block-lapsed open       . . . . . . . . . .
staff    block-lapsed closed     . . . c . . . . . .
staff    block-lapsed archived   . . . c . . . . . .
staff    left-blocked open       b b b b b b b b b b
staff    left-blocked closed     b b b b b b b b b b
staff    left-blocked archived   b b b b b b b b b b
platform stranger     open       . f f f f f . . f .
platform stranger     closed     . f f f f f . . f .
platform stranger     archived   . f f f f f . . f .
platform participant  open       . . . . . . . . f .
platform participant  closed     . . . c c . . . f .
platform participant  archived   . . . c c . . . f .
platform left         open       . f f f f f . . f .
platform left         closed     . f f f f f . . f .
platform left         archived   . f f f f f . . f .
platform muted        open       . . . m m . . . f .
platform muted        closed     . . . c c . . . f .
platform muted        archived   . . . c c . . . f .
platform mute-lapsed  open       . . . . . . . . f .
platform mute-lapsed  closed     . . . c c . . . f .
platform mute-lapsed  archived   . . . c c . . . f .
platform left-muted   open       . f f f f f . . f .
platform left-muted   closed     . f f f f f . . f .
platform left-muted   archived   . f f f f f . . f .
platform blocked      open       b b b b b b b b b b
platform blocked      closed     b b b b b b b b b b
platform blocked      archived   b b b b b b b b b b
platform block-lapsed open       . . . . . . . . f .
platform block-lapsed closed     . . . c c . . . f .
platform block-lapsed archived   . . . c c . . . f .
platform left-blocked open       b b b b b b b b b b
platform left-blocked closed     b b b b b b b b b b
platform left-blocked archived   b b b b b b b b b b
"""
#                 V R U S T L C M O D
IN_NO_ROOM = """
member            f f f f f f f f f f
staff             . . . . . f . . . .
platform          . f f f f f . . f .
"""
ROLES: dict[Role, str] = {
    "customer": "member",
    "rider": "member",
    "pharmacy": "member",
    "support": "staff",
    "admin": "staff",
    "service": "platform",
}
STANDINGS: dict[str, dict[str, Any]] = {
    "participant": {},
    "left": {"is_active": False},
    "muted": {"is_muted": True, "muted_until": LATER},
    "mute-lapsed": {"is_muted": True, "muted_until": NOW},
    "left-muted": {"is_active": False, "is_muted": True},
    "blocked": {"is_blocked": True, "blocked_until": LATER},
    "block-lapsed": {"is_blocked": True, "blocked_until": NOW},
    "left-blocked": {"is_active": False, "is_blocked": True},
}


def cells(table: str) -> dict[tuple[str | Action, ...], str | None]:
    """The table, one entry a cell: its row's words and its column, and the code expected."""
    found: dict[tuple[str | Action, ...], str | None] = {}
    for row in table.split("\n"):
        words = row.split()
        names, letters = words[: -len(COLUMNS)], words[-len(COLUMNS) :]
        for action, letter in zip(COLUMNS, letters, strict=bool(words)):
            found[*names, action] = LETTERS[letter]
    return found


EXPECTED = cells(TABLE)
EXPECTED_IN_NO_ROOM = cells(IN_NO_ROOM)


def actor(role: Role) -> Actor:
    return Actor("ana", role, "Ana", expires_at=LATER)


def room(standing: str, status: RoomStatus = "open", role: ParticipantRole = "customer") -> Room:
    other = Participant("r-1", "ben", "customer", "Ben", NOW, is_muted=True, is_blocked=True)
    people: tuple[Participant, ...] = (other,)
    if standing != "stranger":
        people += (Participant("r-2", "ana", role, "Ana", NOW, **STANDINGS[standing]),)
    return Room("r", "o", "A-1", status, created_at=NOW, participants=people)


def outcome(who: Actor, action: Action, here: Room | None) -> str | None:
    try:
        authorize(who, action, here, NOW)
    except ChatError as refusal:
        return refusal.code
    return None


def test_the_table_leaves_no_cell_out() -> None:
    standings = ("stranger", *STANDINGS)
    everything = product(set(ROLES.values()), standings, get_args(RoomStatus), Action)

    assert set(EXPECTED) == set(everything)
    assert set(EXPECTED_IN_NO_ROOM) == set(product(set(ROLES.values()), Action))
    assert set(ROLES) == set(get_args(Role))


@pytest.mark.parametrize("status", get_args(RoomStatus))
@pytest.mark.parametrize("standing", ["stranger", *STANDINGS])
@pytest.mark.parametrize("role", ROLES)
def test_every_cell_is_as_written(role: Role, standing: str, status: RoomStatus) -> None:
    who = actor(role)
    for listed_as, action in product(get_args(ParticipantRole), Action):
        here = room(standing, status, listed_as)
        expected = EXPECTED[ROLES[role], standing, status, action]
        assert outcome(who, action, here) == expected, (action, listed_as)


@pytest.mark.parametrize("role", ROLES)
def test_in_no_room_only_staff_and_the_platform_act(role: Role) -> None:
    found = {action: outcome(actor(role), action, None) for action in Action}

    assert found == {action: EXPECTED_IN_NO_ROOM[ROLES[role], action] for action in Action}


@pytest.mark.parametrize("standing", ["stranger", "left"])
@pytest.mark.parametrize("action", Action)
def test_a_room_that_is_not_yours_answers_as_one_that_is_not_there(
    standing: str, action: Action
) -> None:
    with pytest.raises(ChatError) as refused:
        authorize(actor("rider"), action, room(standing), NOW)

    assert refused.value.body() == not_found("room").body()


def test_who_is_muted_learns_until_when() -> None:
    with pytest.raises(ChatError, match="until 2026-03-01T12:05:00Z"):
        authorize(actor("customer"), Action.SEND, room("muted"), NOW)


def test_a_mute_without_an_end_names_none() -> None:
    ana = Participant("r-1", "ana", "customer", "Ana", NOW, is_muted=True)
    here = Room("r", "o", "A-1", "open", created_at=NOW, participants=(ana,))

    with pytest.raises(ChatError) as refused:
        authorize(actor("customer"), Action.SEND, here, NOW)

    assert refused.value.code == "muted"
    assert "until" not in refused.value.message


@pytest.mark.parametrize("role", ROLES)
def test_who_is_inside_hears_the_room_and_nobody_else_does(role: Role) -> None:
    standings = ("stranger", *STANDINGS)
    heard = {one for one in standings if hears(actor(role), at(room(one), NOW))}

    assert heard == {"participant", "muted", "mute-lapsed", "block-lapsed"}
