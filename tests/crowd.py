"""A crowd that keeps sending whatever becomes of the server, and the check of what came of it.

Each sender says numbered things in one room, several under way at once, and repeats under the same
``client_id`` what was not acknowledged: the client that the contract asks for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import aiohttp

from tests.live import LiveServer, Rest
from tests.raw import PATIENCE, RawSocket, event, raw_socket

WINDOW = 6
"""Sends of one connection under way at once."""
Message = dict[str, Any]


class Tally:
    """How many sends were acknowledged, to wait for."""

    def __init__(self) -> None:
        self.count = 0
        self._grown = asyncio.Event()

    def add(self) -> None:
        self.count += 1
        self._grown.set()

    async def reaches(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE * 2):
            while self.count < count:
                self._grown.clear()
                await self._grown.wait()


class Sender:
    """One person in one room. ``sent`` has the client ids in the order sent."""

    def __init__(self, user_id: str, room_id: str, tally: Tally) -> None:
        self.user_id = user_id
        self.room_id = room_id
        self.sent: list[str] = []
        self.acknowledged: dict[str, Message] = {}
        self.repeats_stored_before = 0
        self._tally = tally
        self._open: dict[int, str] = {}
        self.stopping = False

    @property
    def in_flight(self) -> int:
        return len(self._open)

    async def run(self, socket: RawSocket) -> None:
        """Repeat what is open, then say more, until the connection ends or all is done."""
        for number in self._open:
            await self._say(socket, number)
        while not socket.ended and not (self.stopping and not self._open):
            while len(self._open) < WINDOW and not self.stopping:
                number = len(self.sent)
                self.sent.append(f"c{number}")
                self._open[number] = f"c{number}"
                await self._say(socket, number)
            await socket.read()
            self._take(socket)

    async def _say(self, socket: RawSocket, number: int) -> None:
        client_id = f"c{number}"
        asked = {"room_id": self.room_id, "client_id": client_id, "content": self.text(client_id)}
        await socket.send(event(number, "message.send", asked))

    def text(self, client_id: str) -> str:
        return f"{client_id} of {self.user_id}"

    def _take(self, socket: RawSocket) -> None:
        for number in [one for one in self._open if one in socket.answers]:
            answer = socket.answers.pop(number)
            if not answer["ok"]:
                # A server that stops may say so; it is then as if nothing had been answered.
                assert answer["error"]["code"] == "unavailable", answer
                continue
            client_id = self._open.pop(number)
            self.acknowledged[client_id] = answer["result"]["message"]
            self.repeats_stored_before += answer["result"]["duplicate"]
            self._tally.add()


class Crowd:
    """Senders in rooms of one server."""

    def __init__(self, server: LiveServer, session: aiohttp.ClientSession) -> None:
        self.tally = Tally()
        self.senders: list[Sender] = []
        self._server = server
        self._session = session
        self._platform = Rest(server, session, server.token("platform", "service"))
        self._support = Rest(server, session, server.token("mei", "support"))

    async def gather(self, rooms: int, in_each: int) -> None:
        """Open the rooms with their people in them."""
        for number in range(rooms):
            people = [f"p{number}x{one}" for one in range(in_each)]
            invited = [{"user_id": who, "role": "customer", "name": who} for who in people]
            status, room = await self._platform(
                "POST",
                "/api/chat-rooms/create-with-participants/",
                {"order_id": f"o{number}", "participants": invited},
            )
            assert status == 201, room
            self.senders += [Sender(who, room["id"], self.tally) for who in people]

    async def talk(self) -> None:
        """Everybody connects and sends, until the server is gone or everybody is done."""
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(self._connect(one)) for one in self.senders]
            await asyncio.gather(*map(Sender.run, self.senders, sockets))

    def _connect(self, one: Sender) -> Any:
        token = self._server.token(one.user_id, "customer")
        return raw_socket(self._session, self._server.url, token)

    async def finish(self) -> None:
        """Everybody gets the rest acknowledged and says no more."""
        for one in self.senders:
            one.stopping = True
        await self.talk()
        assert not any(one.in_flight for one in self.senders)

    @property
    def in_flight(self) -> int:
        return sum(one.in_flight for one in self.senders)

    @property
    def repeats_stored_before(self) -> int:
        """Sends that were stored although their first acknowledgement never came."""
        return sum(one.repeats_stored_before for one in self.senders)

    async def faults(self) -> list[str]:
        """What became of the log of every room that the contract does not allow."""
        found = []
        for room_id in {one.room_id for one in self.senders}:
            log = await self._log(room_id)
            here = [one for one in self.senders if one.room_id == room_id]
            claims = [Claim(one.user_id, one.sent, one.acknowledged) for one in here]
            found += faults_in(log, claims)
        return found

    async def _log(self, room_id: str) -> list[Message]:
        log: list[Message] = []
        query = "?limit=100&after_seq=0"
        while True:
            path = f"/api/chat-rooms/{room_id}/messages/{query}"
            status, page = await self._support("GET", path)
            assert status == 200, page
            log += page["results"]
            if page["next"] is None:
                return log
            query = f"?limit=100&cursor={page['next']}"


class Claim(NamedTuple):
    """What one sender sent, in order, and what was acknowledged of it."""

    user_id: str
    sent: list[str]
    acknowledged: dict[str, Message]


def faults_in(log: list[Message], claims: list[Claim]) -> list[str]:
    """What is wrong with one room's log, given what its people were told."""
    found = []
    if [one["seq"] for one in log] != list(range(1, len(log) + 1)):
        found.append("the numbers have a gap or a repeat")
    names = Counter((one["sender"]["user_id"], one["client_id"]) for one in log)
    found += [f"{name} is there {count} times" for name, count in names.items() if count > 1]
    place = {(one["sender"]["user_id"], one["client_id"]): one for one in log}
    known = {(one.user_id, client_id) for one in claims for client_id in one.sent}
    found += [f"nobody sent {name}" for name in place if name not in known]
    for claim in claims:
        found += _broken(claim, place)
    return found


def _broken(claim: Claim, place: dict[tuple[str, str], Message]) -> list[str]:
    """Promises to one sender that were not kept."""
    found = []
    for client_id, told in claim.acknowledged.items():
        kept = place.get((claim.user_id, client_id))
        if kept is None:
            found.append(f"{client_id} of {claim.user_id} was acknowledged and is lost")
        elif any(kept[name] != told[name] for name in ("id", "seq", "content", "created_at")):
            found.append(f"{client_id} of {claim.user_id} is not what was acknowledged")
    stored = [
        place[claim.user_id, one]["seq"] for one in claim.sent if (claim.user_id, one) in place
    ]
    if stored != sorted(stored):
        found.append(f"what {claim.user_id} sent is out of order")
    return found
