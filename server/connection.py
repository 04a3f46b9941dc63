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
from typing import Any, NamedTuple, Protocol

from domain.errors import ChatError
from domain.events import SessionExpiring
from domain.model import Actor, PresenceStatus, place_of
from domain.ports import Lease
from handlers import Operation

from .channels import Channels
from .clock import now
from .dispatch import Answer, Dispatch, find_operation
from .limits import RateLimits
from .packets import UNREADABLE
from .tokens import Verifier
from .wire import ack_frame, event_frame

MAX_IN_FLIGHT = 64
"""Operations of one connection under way; beyond that its next packet is not read yet."""
LEASE = timedelta(seconds=20)
"""How long a connection counts as present without a renewal."""
WARNING = timedelta(seconds=60)
"""How long before its token ends a session is told (contract §2)."""


class Transport(Protocol):
    """What carries the connection's frames."""

    @property
    def sid(self) -> str: ...

    def push(self, frame: bytes) -> None: ...


class Server(NamedTuple):
    """What every connection of this instance shares."""

    dispatch: Dispatch
    channels: Channels
    limits: RateLimits
    verifier: Verifier
    spawn: Callable[[Coroutine[Any, Any, None]], None]


class Asked(NamedTuple):
    packet_id: int | None
    operation: Operation
    payload: Any


class SocketConnection:
    """A person's connection. Frames pushed before :meth:`release` wait for the handshake."""

    def __init__(
        self, transport: Transport, actor: Actor, server: Server, hang_up: Callable[[str], None]
    ) -> None:
        self.id = transport.sid
        self.actor = actor
        self.status: PresenceStatus = "online"
        self._transport = transport
        self._server = server
        self._hang_up = hang_up
        self._held: list[bytes] | None = []
        self._lanes: dict[str, deque[Asked]] = {}
        self._running = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._done: asyncio.Future[None] | None = None
        self._timers: tuple[asyncio.TimerHandle, ...] = ()
        self._schedule()

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
            self._server.limits.connection(self.id)
            name, payload = _one_argument(arguments)
            asked = Asked(packet_id, find_operation(name), payload)
        except ChatError as refusal:
            self._answer(packet_id, Answer(error=refusal))
            return
        self._running += 1
        lane = _lane(asked)
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
        if packet_id is not None:
            self.push(ack_frame(packet_id, answer.result, answer.error))

    def refuse(self, packet_id: int, refusal: ChatError) -> None:
        """Answer a packet that was not even read."""
        self._answer(packet_id, Answer(error=refusal))

    @property
    def busy(self) -> bool:
        return self._running > 0

    async def idle(self) -> None:
        """Return when nothing it asked is under way."""
        while self._running:
            self._done = asyncio.get_running_loop().create_future()
            await self._done

    # What operations may do to it

    def watch(self, room_id: str, level: int) -> None:
        self._server.channels.watch(self, room_id, level)

    def unwatch(self, room_id: str) -> None:
        if not self._server.channels.takes_part(self.actor.user_id, room_id):
            self._server.channels.unwatch(self, room_id)

    def lease(self, status: PresenceStatus, at: datetime) -> Lease:
        self.status = status
        return Lease(self.actor.user_id, self.id, status, at + LEASE)

    async def renew(self, token: str) -> datetime:
        fresh = await self._server.verifier.verify(token, now())
        if (fresh.user_id, fresh.role) != (self.actor.user_id, self.actor.role):
            raise ChatError("unauthenticated", "The new token is of somebody else: connect anew.")
        self.actor = fresh
        self._schedule()
        return fresh.expires_at

    # How long it lasts

    def _schedule(self) -> None:
        self.stop()
        loop = asyncio.get_running_loop()
        left = (self.actor.expires_at - now()).total_seconds()
        self._timers = (
            loop.call_later(max(0.0, left - WARNING.total_seconds()), self._warn),
            loop.call_later(max(0.0, left), self._hang_up, self.id),
        )

    def _warn(self) -> None:
        self.push(event_frame(SessionExpiring(self.actor.expires_at)))

    def stop(self) -> None:
        """Let go of the timers."""
        for timer in self._timers:
            timer.cancel()


def _one_argument(arguments: Any) -> tuple[Any, Any]:
    """The name and the one object of an event, or ``invalid``."""
    if arguments is UNREADABLE:
        raise ChatError(
            "invalid", "The event is not JSON text: an array of its name and one object is."
        )
    if not isinstance(arguments[0], str):
        raise ChatError("invalid", "The name of an operation is text.")
    if len(arguments) != 2 or not isinstance(arguments[1], dict):
        raise ChatError("invalid", "An operation takes exactly one object.")
    return arguments[0], arguments[1]


def _lane(asked: Asked) -> str | None:
    """Where the order of calls is kept: the room, for operations that act on one."""
    if not asked.operation.ordered:
        return None
    payload = asked.payload
    named = payload.get("room_id") or payload.get("message_id") or payload.get("participant_id")
    if not isinstance(named, str):
        return asked.operation.name
    place = None if "room_id" in payload else place_of(named)
    return place[0] if place else named
