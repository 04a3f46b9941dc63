"""The server is killed in the middle of everything: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path

import aiohttp
import pytest

from tests.crowd import Claim, Crowd, Message, faults_in
from tests.live import live_server

ROUNDS = 4
ROOMS = 4
IN_EACH = 4
BETWEEN_KILLS = 300
"""Acknowledged sends, of all senders together, before the next kill."""


async def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    async with live_server(tmp_path) as server:
        crowd = Crowd(server, session)
        await crowd.gather(ROOMS, IN_EACH)
        for number in range(1, ROUNDS + 1):
            talking = asyncio.create_task(crowd.talk())
            await crowd.tally.reaches(BETWEEN_KILLS * number)
            server.kill()
            await talking
            assert crowd.in_flight > ROOMS, "the kill hit nothing: this run proves nothing"
            await server.start()
        await crowd.finish()
        assert await crowd.faults() == []
        assert crowd.repeats_stored_before > 0, "no kill fell between a commit and its answer"


def message(seq: int, client_id: str) -> Message:
    return {
        "id": f"r-{seq}",
        "seq": seq,
        "client_id": client_id,
        "content": client_id,
        "created_at": f"2026-01-01T00:00:0{seq}Z",
        "sender": {"user_id": "asha"},
    }


LOG = [message(1, "c0"), message(2, "c1"), message(3, "c2")]
TOLD = {one["client_id"]: one for one in LOG[:2]}
ASHA = Claim("asha", ["c0", "c1", "c2"], TOLD)
BROKEN: dict[str, list[Message]] = {
    "lost": LOG[:1],
    "number skipped": [LOG[0], LOG[1], message(4, "c2")],
    "number given twice": [LOG[0], LOG[1], message(2, "c2")],
    "stored twice": [*LOG, message(4, "c0")],
    "another number": [message(1, "c1"), message(2, "c0"), LOG[2]],
    "another text": [{**LOG[0], "content": "x"}, *LOG[1:]],
    "out of order": [LOG[0], message(2, "c2"), message(3, "c1")],
    "nobody's": [*LOG, message(4, "c9")],
}


def test_a_good_log_has_no_fault() -> None:
    assert faults_in(copy.deepcopy(LOG), [ASHA]) == []


@pytest.mark.parametrize("log", BROKEN.values(), ids=list(BROKEN))
def test_the_check_finds_what_is_broken(log: list[Message]) -> None:
    assert faults_in(log, [ASHA])
