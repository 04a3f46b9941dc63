"""Demo mode: four people and a conversation, on this machine only."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from tests.live import LiveServer, Person, Rest, live_server

VISIBLE = {"asha": 5, "ravi": 4, "city-pharmacy": 5, "mei": 6}


async def test_the_demo_signs_people_in_and_starts_only_one_conversation(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    async with live_server(tmp_path, JWT_SECRET="") as server:
        async with session.get(f"{server.url}/api/demo/") as answer:
            assert answer.status == 200
            assert answer.headers["Cache-Control"] == "no-store"
            demo = await answer.json()
        assert {one["user_id"]: one["role"] for one in demo["people"]} == {
            "asha": "customer",
            "ravi": "rider",
            "city-pharmacy": "pharmacy",
            "mei": "support",
        }
        for rebound in ("chat.example", f"chat.example:{server.url.rpartition(':')[2]}"):
            async with session.get(f"{server.url}/api/demo", headers={"Host": rebound}) as answer:
                assert answer.status == 404
        for proxied in ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP"):
            async with session.get(f"{server.url}/api/demo/", headers={proxied: "x"}) as answer:
                assert answer.status == 404
        assert await server.terminate() == 0
        await server.start()
        for one in demo["people"]:
            person = Person(server, one["user_id"], one["role"])
            person.token = one["token"]
            await person.connect()
            entered = await person.do("room.join", order_id=demo["order_id"])
            assert entered["room"]["id"] == demo["room_id"]
            assert entered["room"]["last_seq"] == max(VISIBLE.values())
            assert len(entered["messages"]) == VISIBLE[one["user_id"]]
            await person.leave()


async def test_without_demo_mode_nobody_is_signed_in(
    server: LiveServer, session: aiohttp.ClientSession
) -> None:
    for token in (server.token("asha", "customer"), "none"):
        status, problem = await Rest(server, session, token)("GET", "/api/demo/")
        assert (status, problem["code"]) == (404, "not_found")
