"""The registry holds what it promises: every operation, and nothing by the way."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, get_args

import pytest
import pytest_asyncio
from pydantic import SecretStr

from domain.events import Event, RoomStirred, SessionExpiring, UnreadChanged
from domain.model import Actor, Role
from handlers import OPERATIONS, Context, Operation, Outcome
from handlers.operation import operation as registering
from handlers.requests import InRoom, Request
from presence.memory import MemoryPresence
from server.app import Chores
from server.channels import Channels
from server.clock import monotonic, now
from server.dispatch import Dispatch
from server.fanout import Fanout
from server.limits import RateLimits
from server.settings import Settings
from server.tallies import Tallies
from storage.sqlite import open_sqlite
from tests.live import SECRET

MAX_STATEMENTS = 12
TOLD_BY_THE_SERVER: dict[type[Any], str] = {
    RoomStirred: "support's list of all rooms, worked out from what happened in them",
    UnreadChanged: "worked out for each person from the messages and marks of a moment",
    SessionExpiring: "the clock's doing, nobody asked for anything",
}
CONTRACT = """
session.refresh room.list room.join room.leave room.sync room.close room.reopen room.archive
message.send message.reply message.edit message.delete message.history message.thread message.search
message.delivered message.read typing.start typing.stop presence.get presence.set
participant.add participant.remove participant.mute participant.unmute participant.block
participant.unblock participant.leave
"""
NOT_YET = ("notification.list", "notification.read", "notification.unread", "notification.read_all")
NAMES = sorted(OPERATIONS)
ON_ROOM = [name for name in NAMES if OPERATIONS[name].on_room]
each = pytest.mark.parametrize("name", NAMES)


def test_every_operation_of_the_contract_is_there() -> None:
    assert set(CONTRACT.split()) <= set(OPERATIONS)
    assert not set(NOT_YET) & set(OPERATIONS), "no longer missing: take it out of NOT_YET"


@each
def test_it_is_documented_with_an_example(name: str) -> None:
    one = OPERATIONS[name]
    assert one.documentation.strip()
    assert one.request.model_validate_json(json.dumps(one.example))


@each
def test_its_name_is_dotted_and_imperative(name: str) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+(_[a-z]+)?", name)
    events = {one.name for one in get_args(Event)}
    assert name not in events


def statements(function: Any) -> int:
    """How many statements the body has, those inside others counted, the docstring not."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return sum(isinstance(one, ast.stmt) for one in ast.walk(tree.body[0])) - 2


@each
def test_its_handler_is_short(name: str) -> None:
    assert statements(OPERATIONS[name].handler) <= MAX_STATEMENTS


def test_statements_are_counted() -> None:
    def three(given: int) -> int:
        """Count me."""
        if given:
            given += 1
        return given

    assert statements(three) == 3


@each
def test_an_operation_on_a_room_names_its_action(name: str) -> None:
    one = OPERATIONS[name]
    assert one.action is not None or not one.on_room


def test_one_that_names_none_cannot_be_registered() -> None:
    async def forgetful(_: Context, ask: InRoom) -> Outcome[str]:
        """Forget to say who may."""
        return Outcome(ask.room_id)

    with pytest.raises(TypeError, match="names no action"):
        registering("room.forget", example={"room_id": "r1"})(forgetful)
    assert "room.forget" not in OPERATIONS


def test_one_without_a_word_about_it_cannot_be_registered() -> None:
    async def silent(_: Context, ask: Request) -> Outcome[str]:  # noqa: ARG001 # the shape of a handler
        return Outcome("")

    with pytest.raises(TypeError, match="no docstring"):
        registering("session.mumble", example={})(silent)


def test_a_name_is_taken_once() -> None:
    async def another(_: Context, ask: Request) -> Outcome[str]:  # noqa: ARG001 # the shape of a handler
        """Be somebody else."""
        return Outcome("")

    with pytest.raises(TypeError, match="twice"):
        registering("room.list", example={})(another)


def test_what_a_handler_may_not_touch_is_not_there() -> None:
    actor = Actor("asha", "customer", "Asha", now())
    context = Context(actor, None, "r1", now(), None, None)  # type: ignore[arg-type] # neither is asked
    with pytest.raises(LookupError, match="names no room"):
        _ = context.room
    with pytest.raises(LookupError, match="needs a connection"):
        _ = context.live


def test_every_event_is_told_by_somebody() -> None:
    emitted = {event for one in OPERATIONS.values() for event in one.emits}
    events = set(get_args(Event))
    assert emitted <= events
    assert events - emitted == set(TOLD_BY_THE_SERVER)


def test_no_two_routes_are_the_same() -> None:
    routes = [
        (one.method, re.sub(r"\{\w+\}", "{}", one.path))
        for found in OPERATIONS.values()
        for one in found.routes
    ]
    assert len(routes) == len(set(routes))
    assert all(path.startswith("/api/") and path.endswith("/") for _, path in routes)


@each
def test_what_a_route_names_is_in_the_request(name: str) -> None:
    one = OPERATIONS[name]
    for route in one.routes:
        assert set(re.findall(r"\{(\w+)\}", route.path)) <= set(one.request.model_fields)


# Strangers


def somebody(user_id: str, role: Role) -> Actor:
    return Actor(user_id, role, user_id, now() + timedelta(hours=1))


async def asked(dispatch: Dispatch, name: str, payload: dict[str, Any], actor: Actor) -> Any:
    return await dispatch(OPERATIONS[name], payload, actor)


@pytest_asyncio.fixture(scope="module")
async def dispatch(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Dispatch]:
    """The one path, on the real store and board."""
    folder = tmp_path_factory.mktemp("registry")
    settings = Settings(jwt_secret=SecretStr(SECRET), limits=False, demo=False, data_dir=folder)
    chores = Chores()
    async with open_sqlite(folder / "chat.sqlite3") as store:
        channels = Channels()
        fanout = Fanout(store, channels, Tallies(store, channels), chores.spawn)
        limits = RateLimits(settings, monotonic)
        yield Dispatch(store, MemoryPresence(), limits, fanout)
        await chores.stop()


@pytest_asyncio.fixture(scope="module")
async def room_id(dispatch: Dispatch) -> str:
    """A room of the two of the examples, with a message in it."""
    people = [
        {"user_id": "u1", "role": "customer", "name": "Asha"},
        {"user_id": "u9", "role": "rider", "name": "Ravi"},
    ]
    platform = somebody("platform", "service")
    made = await asked(dispatch, "room.open", {"order_id": "o1", "participants": people}, platform)
    found: str = made.result.room.id
    said = {"room_id": found, "client_id": "1", "content": "Hello"}
    assert (await asked(dispatch, "message.send", said, somebody("u1", "customer"))).error is None
    return found


def about(one: Operation, room_id: str, order_id: str) -> dict[str, Any]:
    """The example, about that room, its first message and its people."""
    text = json.dumps(one.example)
    text = text.replace('"r1-7"', f'"{room_id}-1"').replace('"r1"', f'"{room_id}"')
    found: dict[str, Any] = json.loads(text.replace('"o1"', f'"{order_id}"'))
    return found


@pytest.mark.parametrize("role", ["customer", "rider", "pharmacy"])
@pytest.mark.parametrize("name", ON_ROOM)
async def test_a_stranger_cannot_tell_it_from_nothing(
    dispatch: Dispatch, room_id: str, name: str, role: Role
) -> None:
    one = OPERATIONS[name]
    stranger = somebody("stranger", role)
    theirs = await asked(dispatch, name, about(one, room_id, "o1"), stranger)
    nobodys = await asked(dispatch, name, about(one, "0" * 32, "o2"), stranger)
    assert theirs.error is not None
    assert theirs.error.code == "not_found"
    assert theirs.error.body() == nobodys.error.body()


async def test_a_stranger_finds_nothing_by_asking_around(dispatch: Dispatch, room_id: str) -> None:
    stranger = somebody("stranger", "customer")
    known = {"room_id": room_id, "after_seq": 0, "after_rev": 0}
    synced = await asked(dispatch, "room.sync", {"rooms": [known]}, stranger)
    assert synced.result.rooms[0].error["code"] == "not_found"
    assert synced.result.rooms[0].messages is None
    for words in ({"query": "Hello"}, {"query": "Hello", "room_id": room_id}):
        found = await asked(dispatch, "message.search", words, stranger)
        assert found.result.messages == []
    listed = await asked(dispatch, "room.list", {"q": "o1"}, stranger)
    assert listed.result.rooms == []
