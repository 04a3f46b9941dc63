"""One live Socket.IO connection: what it asks, in what order, and until when.

Order without waiting: acts on one room by one connection run one after the other, in the order
sent; everything else runs beside them, so that a slow search holds up nobody's next message. See
``docs/decisions/0002-order-per-connection.md``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import structlog

from domain.audience import clearance
from domain.errors import ChatError
from domain.events import SessionExpiring
from domain.model import Actor, PresenceStatus, Room
from domain.permissions import hears
from domain.ports import Lease

from .asked import Asked, read_event
from .channels import Channels
from .clock import now
from .dispatch import Answer, Dispatch
from .engine import EngineSocket
from .limits import RateLimits
from .session import SessionTimers
from .tokens import Verifier
from .wire import ack_frame, event_frame

log = structlog.get_logger("connection")

MAX_IN_FLIGHT = 32
"""Operations of one connection under way; beyond that its next packet is not read yet."""
LEASE = timedelta(seconds=20)
"""How long a connection counts as present without a renewal."""


class Server(NamedTuple):
    """What every connection of this instance shares."""

    dispatch: Dispatch
    channels: Channels
    limits: RateLimits
    verifier: Verifier
    spawn: Callable[[Coroutine[Any, Any, None]], None]


class SocketConnection:
    """A person's connection. Frames pushed before :meth:`release` wait for the handshake."""

    def __init__(
        self, transport: EngineSocket, actor: Actor, server: Server, hang_up: Callable[[str], None]
    ) -> None:
        self.id: str = transport.sid
        self.actor = actor
        self.status: PresenceStatus = "online"
        self._transport = transport
        self._server = server
        self._held: list[bytes] | None = []
        self._lanes: dict[str, deque[Asked]] = {}
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._done: asyncio.Future[None] | None = None
        self._closing = False
        self._gone = False
        self._session = SessionTimers(self._warn, partial(hang_up, self.id))
        self._session.start(actor.expires_at)

    # What it is told

    def push(self, frame: bytes) -> None:
        if self._held is None:
            self._transport.push(frame)
        else:
            self._held.append(frame)

    def release(self) -> None:
        """The handshake is answered: what was told meanwhile follows, in order."""
        held, self._held = self._held or [], None
        for frame in held:
            self._transport.push(frame)

    # What it asks

    async def receive(self, packet_id: int | None, arguments: Any) -> None:
        """Take one event of the client. Returns when the next may be read."""
        try:
            asked = self._read(packet_id, arguments)
        except ChatError as refusal:
            self._answer(packet_id, Answer(error=refusal))
            return
        self._running += 1
        lane = asked.lane
        if lane is None:
            self._server.spawn(self._run(asked))
        elif lane in self._lanes:
            self._lanes[lane].append(asked)
        else:
            self._lanes[lane] = deque()
            self._server.spawn(self._run_lane(lane, asked))
        if self._running >= MAX_IN_FLIGHT:
            self._quiet.clear()
            await self._quiet.wait()

    def _read(self, packet_id: int | None, arguments: Any) -> Asked:
        if self._closing:
            stopping = "This server is stopping: nothing was done, try again."
            raise ChatError("unavailable", stopping, retry_after=1)
        self._server.limits.connection(self.id)
        return read_event(packet_id, arguments)

    async def _run_lane(self, lane: str, asked: Asked) -> None:
        waiting = self._lanes[lane]
        while True:
            await self._run(asked)
            if not waiting:
                del self._lanes[lane]
                return
            asked = waiting.popleft()

    async def _run(self, asked: Asked) -> None:
        try:
            answer = await self._server.dispatch(asked.operation, asked.payload, self.actor, self)
            self._answer(asked.packet_id, answer)
        finally:
            self._running -= 1
            if self._running < MAX_IN_FLIGHT // 2:
                self._quiet.set()
            if self._done is not None and not self._done.done():
                self._done.set_result(None)

    def _answer(self, packet_id: int | None, answer: Answer) -> None:
        if packet_id is None:
            return
        try:
            frame = ack_frame(packet_id, answer.result, answer.error)
        except TypeError:
            log.exception("unwritable", user=self.actor.user_id)
            frame = ack_frame(packet_id, None, ChatError("internal", "It cannot be shown."))
        self.push(frame)

    def refuse(self, packet_id: int, refusal: ChatError) -> None:
        """Answer a packet that was not even read."""
        self._answer(packet_id, Answer(error=refusal))

    async def wind_up(self) -> None:
        """Take nothing new, and return when nothing it asked is under way."""
        self._closing = True
        while self._running:
            self._done = asyncio.get_running_loop().create_future()
            await self._done

    # What operations may do to it

    def watch(self, room: Room) -> None:
        if hears(self.actor, room):
            self._server.channels.belongs(self.actor.user_id, room.id)
        self._server.channels.watch(self, room.id, clearance(self.actor, room))

    def unwatch(self, room_id: str) -> None:
        if not self._server.channels.takes_part(self.actor.user_id, room_id):
            self._server.channels.unwatch(self, room_id)

    def lease(self, status: PresenceStatus, at: datetime) -> Lease:
        self._refuse_if_gone()
        self.status = status
        return Lease(self.actor.user_id, self.id, status, at + LEASE)

    async def renew(self, token: str) -> datetime:
        fresh = await self._server.verifier.verify(token, now())
        if (fresh.user_id, fresh.role) != (self.actor.user_id, self.actor.role):
            raise ChatError("unauthenticated", "The new token is of somebody else: connect anew.")
        self._refuse_if_gone()
        self.actor = fresh
        self._session.start(fresh.expires_at)
        return fresh.expires_at

    def _warn(self) -> None:
        self.push(event_frame(SessionExpiring(self.actor.expires_at)))

    def stop(self) -> None:
        """It is over: no timer runs on, and nothing it asked brings it back."""
        self._gone = True
        self._session.stop()

    def _refuse_if_gone(self) -> None:
        if self._gone:
            raise ChatError("unavailable", "This connection has ended: connect again.")
