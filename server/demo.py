"""Demo mode: four people, one order, and a conversation begun (contract §1).

Only ever on when no JWT setting is set and the server listens on this machine alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web

from domain.errors import not_found
from domain.model import Actor, Role
from handlers import OPERATIONS

from .addresses import is_loopback
from .clock import now
from .dispatch import Dispatch
from .rest import json_response, problem
from .tokens import sign

ORDER = "demo-1001"
NUMBER = "A-1001"
TOKEN_TTL = 3600
PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
PEOPLE: tuple[tuple[str, Role, str], ...] = (
    ("asha", "customer", "Asha"),
    ("ravi", "rider", "Ravi"),
    ("city-pharmacy", "pharmacy", "City Pharmacy"),
    ("mei", "support", "Mei"),
)
_TALK: tuple[tuple[str, str, str], ...] = (
    ("asha", "everyone", "Hello! Is my order already on its way?"),
    ("city-pharmacy", "everyone", "Almost: we are packing it now. Ready in five minutes."),
    ("city-pharmacy", "clinical", "Please take the new tablets with food, once a day."),
    ("ravi", "everyone", "I am at the counter and will leave as soon as I have the bag."),
    ("mei", "staff", "Customer asked twice this week about delays: keep an eye on it."),
    ("mei", "everyone", "Thank you all. Asha, Ravi should be with you by 14:30."),
)


def _actor(user_id: str, role: Role, name: str) -> Actor:
    return Actor(user_id, role, name, now() + timedelta(seconds=TOKEN_TTL))


async def seed(dispatch: Dispatch) -> str:
    """Make the demo order's room with its conversation, once; its id.

    Every message has a fixed ``client_id``, so a second start finds them there.
    """
    platform = _actor("demo-orders", "service", "Orders")
    opened = await _do(
        dispatch,
        "room.open",
        platform,
        order_id=ORDER,
        order_number=NUMBER,
        participants=[{"user_id": u, "role": r, "name": n} for u, r, n in PEOPLE],
    )
    room_id: str = opened.room.id
    people = {user_id: _actor(user_id, role, name) for user_id, role, name in PEOPLE}
    if opened.room.last_seq == 0:
        for number, (user_id, audience, text) in enumerate(_TALK, 1):
            await _do(
                dispatch,
                "message.send",
                people[user_id],
                room_id=room_id,
                client_id=f"demo-{number}",
                content=text,
                audience=audience,
            )
    return room_id


async def _do(dispatch: Dispatch, name: str, actor: Actor, **payload: Any) -> Any:
    answer = await dispatch(OPERATIONS[name], payload, actor)
    if answer.error is not None:
        raise answer.error
    return answer.result


def add_sign_in(app: web.Application, room_id: str, secret: str) -> None:
    """``GET /api/demo/``: the demo people with fresh tokens, for pages of this machine only."""

    async def people(request: web.Request) -> web.Response:
        # A foreign site can point a name of its own at this machine, but not make it loopback; and
        # what came through a proxy came from who knows where.
        by_proxy = any(name in request.headers for name in PROXY_HEADERS)
        if by_proxy or not is_loopback(request.host.rsplit(":", 1)[0].strip("[]")):
            return problem(not_found("address"))
        moment = now()
        listed = [
            {
                "user_id": user_id,
                "role": role,
                "name": name,
                "token": sign(
                    secret, user_id=user_id, role=role, name=name, ttl=TOKEN_TTL, now=moment
                ),
            }
            for user_id, role, name in PEOPLE
        ]
        body = {"order_id": ORDER, "order_number": NUMBER, "room_id": room_id, "people": listed}
        return json_response(body, headers={"Cache-Control": "no-store"})

    app.router.add_get("/api/demo/", people)
    app.router.add_get("/api/demo", people)
