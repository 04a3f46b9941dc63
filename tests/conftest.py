"""What all tests share: a server that is started once, and people and rooms made for one test."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from domain.model import Role
from tests.live import LiveServer, Person, Rest, live_server

_numbers = itertools.count(1)
Come = Callable[..., Awaitable[Person]]
OpenRoom = Callable[..., Awaitable[dict[str, Any]]]
As = Callable[[str, Role], Rest]


@pytest_asyncio.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    """One server for all tests of this process that need no settings of their own."""
    async with live_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def strict_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    """One server for all tests of limits and origins; nobody and nothing in it is shared."""
    settings = {
        "LIMITS": "on",
        "ROOM_RATE": "20",
        "REST_WRITE_RATE": "5",
        "MAX_CONNECTIONS_PER_USER": "2",
        "CORS_ORIGINS": "https://shop.example",
    }
    async with live_server(tmp_path_factory.mktemp("strict"), **settings) as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
def fresh() -> str:
    """A word that no other test uses, for ids."""
    return f"{os.getpid()}x{next(_numbers)}"


@pytest_asyncio.fixture
async def come(server: LiveServer) -> AsyncIterator[Come]:
    """Connect people: ``await come("asha", "customer")``; they leave with the test."""
    people: list[Person] = []

    async def connect(user_id: str, role: Role, transport: str = "websocket") -> Person:
        person = Person(server, user_id, role)
        people.append(person)
        await person.connect(transport)
        return person

    yield connect
    for person in people:
        await person.leave()


@pytest_asyncio.fixture
async def come_strict(strict_server: LiveServer) -> AsyncIterator[Come]:
    """As ``come``, to the strict server."""
    people: list[Person] = []

    async def connect(user_id: str, role: Role) -> Person:
        person = Person(strict_server, user_id, role)
        people.append(person)
        await person.connect()
        return person

    yield connect
    for person in people:
        await person.leave()


class Order:
    """A room with a customer, a rider and a pharmacy in it; nobody is connected yet."""

    def __init__(self, room: dict[str, Any], fresh: str) -> None:
        self.room_id: str = room["id"]
        self.order_id: str = room["order_id"]
        self.customer = f"customer-{fresh}"
        self.rider = f"rider-{fresh}"
        self.pharmacy = f"pharmacy-{fresh}"
        self.support = f"support-{fresh}"


@pytest_asyncio.fixture
async def order(server: LiveServer, session: aiohttp.ClientSession, fresh: str) -> Order:
    """The room of a fresh order, made over REST by the order platform."""
    rest = Rest(server, session, server.token("platform", "service"))
    status, room = await rest(
        "POST",
        "/api/chat-rooms/create-with-participants/",
        {
            "order_id": f"order-{fresh}",
            "order_number": f"A-{fresh}",
            "participants": [
                {"user_id": f"{role}-{fresh}", "role": role, "name": role.title()}
                for role in ("customer", "rider", "pharmacy")
            ],
        },
    )
    assert status == 201, room
    return Order(room, fresh)


@pytest.fixture
def rest(server: LiveServer, session: aiohttp.ClientSession) -> Callable[[str, Role], Rest]:
    """REST as anybody: ``await rest("mei", "support")("GET", "/api/chat-rooms/")``."""
    return lambda user_id, role: Rest(server, session, server.token(user_id, role))


@pytest.fixture
def as_customer(rest: As, order: Order) -> Rest:
    """REST as the customer of the order."""
    return rest(order.customer, "customer")


@pytest.fixture
def as_support(rest: As, order: Order) -> Rest:
    return rest(order.support, "support")


@pytest.fixture
def open_room(server: LiveServer, session: aiohttp.ClientSession, fresh: str) -> OpenRoom:
    """A further room: ``await open_room({"u1": "rider"}, max_participants=3)``."""
    platform = Rest(server, session, server.token("platform", "service"))
    numbers = itertools.count(1)

    async def make(people: dict[str, Role], **fields: Any) -> dict[str, Any]:
        listed = [{"user_id": u, "role": r, "name": u.title()} for u, r in people.items()]
        order_id = f"further-{fresh}-{next(numbers)}"
        status, room = await platform(
            "POST",
            "/api/chat-rooms/create-with-participants/",
            {"order_id": order_id, "participants": listed, **fields},
        )
        assert status == 201, room
        return room

    return make


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parent.parent
