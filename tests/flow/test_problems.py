"""What REST refuses, on every route: as problem details that name the field at fault."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from handlers import OPERATIONS, Route
from tests.conftest import As, Come, OpenRoom, Order
from tests.live import LiveServer, Rest

ROUTES = [(one.name, route) for one in OPERATIONS.values() for route in one.routes]
IDS = [f"{route.method} {route.path}" for _, route in ROUTES]
ON_A_ROOM = [(name, route) for name, route in ROUTES if OPERATIONS[name].on_room]


def request_of(name: str, route: Route, room_id: str) -> tuple[str, dict[str, Any] | None]:
    """The path of the operation's example about this room, and its body."""
    ids = {"room_id": room_id, "message_id": f"{room_id}-1", "participant_id": f"{room_id}-1"}
    fields = {field: ids.get(field, value) for field, value in OPERATIONS[name].example.items()}
    in_path = {field: value for field, value in ids.items() if f"{{{field}}}" in route.path}
    if route.method in ("GET", "DELETE"):
        return route.path.format(**in_path), None
    named = {*in_path, *({"room_id", "user_id"} if "participant_id" in in_path else ())}
    body = {field: value for field, value in fields.items() if field not in named}
    return route.path.format(**in_path), body


@pytest.mark.parametrize(("name", "route"), ROUTES, ids=IDS)
async def test_every_route_asks_for_a_token_with_and_without_its_slash(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, name: str, route: Route
) -> None:
    path, body = request_of(name, route, order.room_id)
    for address in (path, path.rstrip("/")):
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {server.token(order.customer, 'customer')}"},
            {"Authorization": f"Bearer {server.token(order.customer, 'customer', ttl=-1)}"},
        ):
            async with session.request(
                route.method, server.url + address, json=body, headers=headers
            ) as answer:
                assert answer.status == 401, address
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                assert answer.content_type == "application/problem+json"
                assert (await answer.json(content_type=None))["code"] == "unauthenticated"


@pytest.mark.parametrize(
    ("name", "route"), ON_A_ROOM, ids=[f"{route.method} {route.path}" for _, route in ON_A_ROOM]
)
async def test_a_strangers_room_is_answered_like_one_that_is_not_there(
    rest: As, as_customer: Rest, order: Order, fresh: str, name: str, route: Route
) -> None:
    await as_customer.say(order.room_id, "c1")
    stranger = rest(f"stranger-{fresh}", "customer")
    answers = []
    for room_id in (order.room_id, "0" * len(order.room_id)):
        path, body = request_of(name, route, room_id)
        if body and "room_id" in body:
            body["room_id"] = room_id
        answers.append(await stranger(route.method, path, body))
    assert answers[0] == answers[1]
    status, problem = answers[0]
    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize(("name", "route"), ROUTES, ids=IDS)
async def test_an_unknown_field_is_refused_by_its_name(
    rest: As, as_customer: Rest, order: Order, name: str, route: Route
) -> None:
    await as_customer.say(order.room_id, "c1")
    mei = rest(order.support, "support")
    path, body = request_of(name, route, order.room_id)
    asked = f"{path}?colour=red" if body is None else path
    changed = None if body is None else {**body, "colour": "red"}
    status, headers, problem = await mei.full(route.method, asked, changed)
    assert status == 400
    assert headers["Content-Type"].startswith("application/problem+json")
    assert problem.keys() >= {"type", "title", "status", "detail", "code", "errors"}
    assert (problem["status"], problem["code"]) == (400, "invalid")
    assert [one["field"] for one in problem["errors"]] == ["colour"]
    assert all(one.keys() == {"field", "message"} for one in problem["errors"])


async def test_fields_come_from_one_place_only(as_customer: Rest, order: Order) -> None:
    path = f"/api/chat-rooms/{order.room_id}/"
    for wrong in (
        ("GET", f"{path}?room_id=other", None),
        ("GET", f"{path}messages/?limit=1&limit=2", None),
        ("POST", f"{path}close/?room_id={order.room_id}", None),
        ("POST", f"{path}close/", {"room_id": order.room_id}),
        ("POST", "/api/chat-messages/?client_id=c1", {"room_id": order.room_id, "content": "x"}),
    ):
        status, problem = await as_customer(*wrong)
        assert (status, problem["code"]) == (400, "invalid"), wrong


async def test_a_field_at_fault_is_named(as_customer: Rest, order: Order) -> None:
    body = {"room_id": order.room_id, "client_id": 5, "content": "Hello", "audience": "nobody"}
    status, problem = await as_customer("POST", "/api/chat-messages/", body)
    assert status == 400
    assert {one["field"] for one in problem["errors"]} == {"client_id", "audience"}
    status, problem = await as_customer("GET", "/api/chat-rooms/?limit=many&status=lost")
    assert status == 400
    assert {one["field"] for one in problem["errors"]} == {"limit", "status"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid"),
        (b"{", 400, "invalid"),
        (b"[]", 400, "invalid"),
        (b'"text"', 400, "invalid"),
        (b"\xff\xfe", 400, "invalid"),
        (b'{"content": "' + b"x" * 70_000 + b'"}', 413, "too_large"),
    ],
)
async def test_a_body_that_is_no_object_is_refused(
    as_customer: Rest, body: bytes, status: int, code: str
) -> None:
    answer, headers, problem = await as_customer.full("POST", "/api/chat-messages/", body)
    assert (answer, problem["code"], problem["status"]) == (status, code, status)
    assert headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    ("code", "status"), [("room_closed", 409), ("muted", 403), ("blocked", 403), ("forbidden", 403)]
)
async def test_each_refusal_has_its_status(
    as_customer: Rest, come: Come, order: Order, code: str, status: int
) -> None:
    mei = await come(order.support, "support")
    whom = {"room_id": order.room_id, "user_id": order.customer}
    acts: dict[str, tuple[str, dict[str, str]]] = {
        "room_closed": ("room.close", {"room_id": order.room_id}),
        "muted": ("participant.mute", whom),
        "blocked": ("participant.block", whom),
    }
    path, body = "/api/chat-messages/", {"room_id": order.room_id, "client_id": "c", "content": "x"}
    if code in acts:
        operation, payload = acts[code]
        await mei.do(operation, **payload)
    else:
        path, body = f"/api/chat-rooms/{order.room_id}/close/", {}
    answer, problem = await as_customer("POST", path, body)
    assert (answer, problem["code"], problem["status"]) == (status, code, status)


async def test_a_full_room_is_a_conflict(rest: As, open_room: OpenRoom, fresh: str) -> None:
    people = {f"customer-{fresh}": "customer", f"rider-{fresh}": "rider"}
    room = await open_room(people, max_participants=2)
    body = {"room_id": room["id"], "user_id": "third", "role": "rider", "name": "Third"}
    status, problem = await rest(f"mei-{fresh}", "support")("POST", "/api/chat-participants/", body)
    assert (status, problem["code"]) == (409, "room_full")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/api/chat-rooms/", {"GET", "POST"}),
        ("DELETE", "/api/chat-messages/x-1/edit/", {"POST"}),
        ("POST", "/api/health/live", {"GET"}),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    as_customer: Rest, method: str, path: str, allowed: set[str]
) -> None:
    status, headers, problem = await as_customer.full(method, path)
    assert status == 405
    assert {one.strip() for one in headers["Allow"].split(",")} - {"HEAD"} == allowed
    assert headers["Content-Type"].startswith("application/problem+json")
    assert problem["status"] == 405


@pytest.mark.parametrize("path", ["/api/", "/api/nothing/", "/api/chat-rooms/a/b/c/"])
async def test_an_address_that_is_not_there_is_a_problem_too(as_customer: Rest, path: str) -> None:
    status, headers, problem = await as_customer.full("GET", path)
    assert (status, problem["code"], problem["status"]) == (404, "not_found", 404)
    assert headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "path", ["/", "/api/health/live", "/api/nothing/", "/api/chat-rooms/", "/nothing"]
)
async def test_every_answer_carries_the_security_headers(as_customer: Rest, path: str) -> None:
    _, headers, _ = await as_customer.full("GET", path)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
