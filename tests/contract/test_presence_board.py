"""What every presence board keeps to, whatever it is made of (``domain.ports.PresenceBoard``)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from domain.model import PresenceStatus
from domain.ports import Lease, PresenceBoard
from domain.views import Presence
from presence.memory import MemoryPresence

Opener = Callable[[], AbstractAsyncContextManager[PresenceBoard]]

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REMEMBERED = 3
"""How many of those who left the boards under test remember: few, so that forgetting is seen."""


@asynccontextmanager
async def in_memory() -> AsyncIterator[PresenceBoard]:
    yield MemoryPresence(remembered=REMEMBERED)


@pytest.fixture(params=[in_memory])
def open_board(request: pytest.FixtureRequest) -> Opener:
    """Opens an empty board of one kind: a new backend is one more parameter here."""
    opener: Opener = request.param
    return opener


@pytest.fixture
async def board(open_board: Opener) -> AsyncIterator[PresenceBoard]:
    async with open_board() as opened:
        yield opened


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def lease(
    user_id: str, until: float, *, status: PresenceStatus = "online", connection_id: str = "one"
) -> Lease:
    return Lease(user_id, f"{user_id}/{connection_id}", status, at(until))


async def test_nobody_is_there_at_first(board: PresenceBoard) -> None:
    assert await board.present(["ana"], at(0)) == {}
    assert await board.lapse(at(0)) == []
    assert await board.touch([], at(0)) == []


async def test_the_first_lease_brings_a_person_in(board: PresenceBoard) -> None:
    assert await board.touch([lease("ana", 6)], at(0)) == [Presence("ana", "online", at(0))]

    assert await board.present(["ana"], at(1)) == {"ana": Presence("ana", "online", at(0))}


async def test_only_those_asked_for_are_named(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6), lease("ben", 6)], at(0))

    assert set(await board.present(["ben", "cleo"], at(1))) == {"ben"}
    assert await board.present([], at(1)) == {}


async def test_renewing_changes_nothing_but_when_they_were_seen(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6)], at(0))

    assert await board.touch([lease("ana", 8)], at(2)) == []

    assert await board.present(["ana"], at(7)) == {"ana": Presence("ana", "online", at(2))}
    assert await board.lapse(at(7)) == []


async def test_a_lease_ends_at_the_very_moment_it_names(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6)], at(0))

    assert set(await board.present(["ana"], at(5.999))) == {"ana"}
    assert await board.lapse(at(5.999)) == []
    assert await board.present(["ana"], at(6)) == {}
    assert await board.lapse(at(6)) == [Presence("ana", "offline", at(0))]


async def test_lapsing_is_reported_once(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6), lease("ana", 7, connection_id="two")], at(0))

    assert await board.lapse(at(9)) == [Presence("ana", "offline", at(0))]
    assert await board.lapse(at(9)) == []
    assert await board.lapse(at(60)) == []


async def test_everybody_who_ran_out_is_reported(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6), lease("ben", 5), lease("cleo", 20)], at(0))

    gone = await board.lapse(at(10))

    assert {one.user_id: one.status for one in gone} == {"ana": "offline", "ben": "offline"}
    assert set(await board.present(["ana", "ben", "cleo"], at(10))) == {"cleo"}


async def test_a_lease_that_is_over_ends_at_once(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6)], at(0))

    assert await board.touch([lease("ana", 3)], at(3)) == [Presence("ana", "offline", at(3))]

    assert await board.present(["ana"], at(3)) == {}
    assert await board.lapse(at(10)) == []


async def test_ending_what_never_was_says_nothing(board: PresenceBoard) -> None:
    assert await board.touch([lease("ana", 0)], at(0)) == []
    assert await board.touch([lease("ana", -5)], at(0)) == []
    assert await board.present(["ana"], at(0)) == {}


async def test_a_person_is_there_as_long_as_one_connection_is(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6), lease("ana", 6, connection_id="two")], at(0))

    assert await board.touch([lease("ana", 1)], at(1)) == []
    assert set(await board.present(["ana"], at(1))) == {"ana"}
    assert [one.status for one in await board.lapse(at(6))] == ["offline"]


async def test_one_online_connection_outweighs_any_that_are_away(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 60, status="away")], at(0))
    assert (await board.present(["ana"], at(0)))["ana"].status == "away"

    came = await board.touch([lease("ana", 6, connection_id="two")], at(1))
    assert came == [Presence("ana", "online", at(1))]
    another = await board.touch([lease("ana", 60, status="away", connection_id="three")], at(2))
    assert another == []


async def test_stepping_away_and_coming_back_are_reported(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6)], at(0))

    stepped = await board.touch([lease("ana", 8, status="away")], at(2))
    back = await board.touch([lease("ana", 10)], at(4))

    assert stepped == [Presence("ana", "away", at(2))]
    assert back == [Presence("ana", "online", at(4))]


async def test_losing_the_online_connection_leaves_a_person_away(board: PresenceBoard) -> None:
    away = lease("ana", 60, status="away", connection_id="two")
    await board.touch([lease("ana", 6), away], at(0))

    assert await board.lapse(at(6)) == [Presence("ana", "away", at(0))]
    assert await board.lapse(at(60)) == [Presence("ana", "offline", at(0))]


async def test_one_call_reports_a_person_once_and_as_they_end_up(board: PresenceBoard) -> None:
    changed = await board.touch(
        [lease("ana", 6, status="away"), lease("ben", 6), lease("ana", 6, connection_id="two")],
        at(0),
    )

    assert [(one.user_id, one.status) for one in changed] == [("ana", "online"), ("ben", "online")]


async def test_coming_and_going_in_one_call_changes_nothing(board: PresenceBoard) -> None:
    assert await board.touch([lease("ana", 6), lease("ana", 0)], at(0)) == []
    assert await board.touch([lease("ben", 6)], at(0)) != []


async def test_renewing_late_but_before_anybody_noticed_is_no_change(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6)], at(0))

    assert await board.touch([lease("ana", 14)], at(8)) == []
    assert await board.lapse(at(8)) == []
    assert set(await board.present(["ana"], at(8))) == {"ana"}


async def test_a_touch_sees_what_else_of_that_person_ran_out(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6), lease("ana", 60, status="away", connection_id="b")], at(0))

    touched = await board.touch([lease("ana", 60, status="away", connection_id="b")], at(7))

    assert touched == [Presence("ana", "away", at(7))]
    assert await board.lapse(at(7)) == []


async def test_a_shorter_lease_takes_the_place_of_a_longer_one(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 60)], at(0))

    assert await board.touch([lease("ana", 4)], at(1)) == []
    assert [one.status for one in await board.lapse(at(4))] == ["offline"]
    assert await board.lapse(at(60)) == []


async def test_two_people_may_name_their_connections_alike(board: PresenceBoard) -> None:
    await board.touch([Lease(one, "c", "online", at(6)) for one in ("ana", "ben")], at(0))

    await board.touch([Lease("ana", "c", "online", at(1))], at(1))

    assert set(await board.present(["ana", "ben"], at(1))) == {"ben"}


async def test_last_seen_outlives_the_last_lease_and_never_moves_back(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 106)], at(100))
    await board.touch([lease("ana", 103)], at(103))

    # Another instance, whose clock is behind.
    back = await board.touch([lease("ana", 108)], at(102))

    assert back == [Presence("ana", "online", at(103))]


async def test_of_those_who_left_only_the_latest_are_remembered(board: PresenceBoard) -> None:
    for moment, user_id in enumerate(["ana", "ben", "ana", "cleo", "dan"], start=100):
        await board.touch([lease(user_id, moment + 0.5)], at(moment))
        await board.lapse(at(moment + 0.5))

    # A clock that is behind tells a remembered moment from a new one.
    back = await board.touch([lease(one, 200) for one in ("ana", "ben", "cleo", "dan")], at(50))

    assert [one.last_seen for one in back] == [at(102), at(50), at(103), at(104)]


async def test_ending_what_had_run_out_is_no_sign_of_life(board: PresenceBoard) -> None:
    await board.touch([lease("ana", 6)], at(0))

    assert await board.touch([lease("ana", 6)], at(6)) == [Presence("ana", "offline", at(0))]


class NaiveBoard:
    """The specification, read aloud: every lease in one list, everything worked out each time."""

    def __init__(self) -> None:
        self.leases: dict[tuple[str, str], Lease] = {}
        self.reported: dict[str, PresenceStatus] = {}
        self.seen: dict[str, datetime] = {}

    def touch(self, leases: list[Lease], now: datetime) -> set[Presence]:
        for one in leases:
            before = self.leases.pop((one.user_id, one.connection_id), None)
            if one.until > now:
                self.leases[one.user_id, one.connection_id] = one
            if one.until > now or (before is not None and before.until > now):
                self.seen[one.user_id] = max(self.seen.get(one.user_id, now), now)
        return self.report({one.user_id for one in leases}, now)

    def lapse(self, now: datetime) -> set[Presence]:
        over = {one.user_id for one in self.leases.values() if one.until <= now}
        self.leases = {key: one for key, one in self.leases.items() if one.until > now}
        return self.report(over, now)

    def report(self, user_ids: Iterable[str], now: datetime) -> set[Presence]:
        changed = set()
        for user_id in user_ids:
            status = self.status(user_id, now)
            if status != self.reported.get(user_id, "offline"):
                self.reported[user_id] = status
                changed.add(Presence(user_id, status, self.seen.get(user_id)))
        return changed

    def present(self, user_ids: Iterable[str], now: datetime) -> dict[str, Presence]:
        statuses = {user_id: self.status(user_id, now) for user_id in user_ids}
        return {
            user_id: Presence(user_id, status, self.seen.get(user_id))
            for user_id, status in statuses.items()
            if status != "offline"
        }

    def status(self, user_id: str, now: datetime) -> PresenceStatus:
        live = [one for one in self.leases.values() if one.user_id == user_id and one.until > now]
        if any(one.status == "online" for one in live):
            return "online"
        return "away" if any(one.status == "away" for one in live) else "offline"


PEOPLE = ("ana", "ben", "cleo")
TOUCHES = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(("one", "two", "three")),
        st.sampled_from(("online", "away")),
        st.integers(min_value=-2, max_value=8),
    ),
    max_size=4,
)


class BoardMachine(RuleBasedStateMachine):
    """The board and the naive one are asked the same and must answer the same, at every moment."""

    open_board: Opener

    def __init__(self) -> None:
        super().__init__()
        # A loop of its own: hypothesis drives the machine from outside of any.
        self.runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.opened = self.open_board()
        self.board = self.run(self.opened.__aenter__())
        self.naive = NaiveBoard()
        self.now = START

    def run(self, question: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(question)

    def teardown(self) -> None:
        self.run(self.opened.__aexit__(None, None, None))
        self.runner.close()

    @rule(seconds=st.integers(min_value=0, max_value=7))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(touches=TOUCHES)
    def touch(self, touches: list[tuple[str, str, PresenceStatus, int]]) -> None:
        leases = [
            Lease(user_id, connection_id, status, self.now + timedelta(seconds=seconds))
            for user_id, connection_id, status, seconds in touches
        ]
        changed = self.run(self.board.touch(leases, self.now))
        assert len(changed) == len(set(changed))
        assert set(changed) == self.naive.touch(leases, self.now)

    @rule()
    def lapse(self) -> None:
        changed = self.run(self.board.lapse(self.now))
        assert len(changed) == len(set(changed))
        assert set(changed) == self.naive.lapse(self.now)

    @invariant()
    def the_same_people_are_there(self) -> None:
        present = self.run(self.board.present(PEOPLE, self.now))
        assert present == self.naive.present(PEOPLE, self.now)


def test_it_answers_as_the_naive_board_does(open_board: Opener) -> None:
    class Machine(BoardMachine):
        pass

    Machine.open_board = staticmethod(open_board)
    run_state_machine_as_test(
        Machine, settings=settings(deadline=None, max_examples=60, stateful_step_count=25)
    )
