"""Engine.IO on aiohttp: the library's protocol, with the transport made strict, bounded and cheap.

The library reads each frame through two tasks and a timer, writes through a queue without a limit,
and keeps a peer that never finishes its handshake. Here one loop reads, one task writes, timers are
timers, and what a client does not read is counted: see ``docs/decisions/0003-transport.md``.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from engineio import AsyncServer, async_socket, exceptions, packet

log = structlog.get_logger("engine")

HANDSHAKE_TIMEOUT = 10.0
"""Seconds a peer has to finish the Socket.IO handshake before it is closed."""
HARD_FRAME_LIMIT = 1_048_576
"""Bytes; a larger frame ends the connection unread (1009). ``MAX_FRAME`` is the answered limit."""
MAX_POLL_PACKETS = 256
"""Packets in one polling request; more is refused, never dropped in silence."""

POLL_PACKETS = 16
"""Packets in one answer to a poll: the official Python client takes no more."""

_PING = b"2"
_CLOSE = b"1"


class Encoded(packet.Packet):  # type: ignore[misc] # the library is untyped
    """A packet that is encoded already, as the polling transport wants it."""

    def __init__(self, frame: bytes) -> None:
        super().__init__(packet.MESSAGE)
        self.encode_cache = frame.decode()


class EngineSocket(async_socket.AsyncSocket):  # type: ignore[misc] # the library is untyped
    """One client: what it sends is read in order, what it is sent waits here, up to a limit."""

    def __init__(self, server: Engine, sid: str) -> None:
        super().__init__(server, sid)
        self.server: Engine = server
        self._outbox: deque[bytes] = deque()
        self._unsent = 0
        self._wake = asyncio.Event()
        self._taken = asyncio.Event()
        self._ws: web.WebSocketResponse | None = None
        self._writing = False
        self._polling = False
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(HANDSHAKE_TIMEOUT, self._give_up)
        self._awaiting_pong = False
        self.established = False
        self.closed: bool = False
        self.closing: bool = False

    # What goes out

    def push(self, frame: bytes) -> None:
        """Queue an encoded packet; a client that leaves too much unread is cut off.

        Much at once is no fault of the client's: it is cut off when much already waits and the
        transport takes no more.
        """
        if self.closed:
            return
        if self._unsent > self.server.send_buffer and self._is_stuck:
            log.warning("slow_reader", sid=self.sid, unsent=self._unsent)
            self._give_up()
            return
        self._outbox.append(frame)
        self._unsent += len(frame)
        self._wake.set()

    @property
    def _is_stuck(self) -> bool:
        """Whether the last frame is still not taken, or nobody asks for the next ones."""
        return self._writing if self.upgraded else not self._polling

    async def send(self, pkt: packet.Packet) -> None:
        """Send a packet of the library's own."""
        encoded = pkt.encode(b64=True)
        self.push(encoded.encode() if isinstance(encoded, str) else encoded)

    def _take(self) -> list[bytes]:
        """What one answer to a poll carries; what is left keeps the next one from waiting."""
        frames = [self._outbox.popleft() for _ in range(min(POLL_PACKETS, len(self._outbox)))]
        self._unsent -= sum(map(len, frames))
        if not self._outbox:
            self._wake.clear()
        return frames

    async def _write(self, ws: web.WebSocketResponse) -> None:
        """Write what is queued until the socket closes; the transport's pauses are waited for."""
        text = WSMsgType.TEXT
        with suppress(ConnectionError):
            while True:
                await self._wake.wait()
                # Counted as unsent until the transport took it: that is what bounds a slow reader.
                while self._outbox:
                    frame = self._outbox[0]
                    self._writing = True
                    await ws.send_frame(frame, text)
                    self._writing = False
                    if not self._outbox:
                        return
                    self._outbox.popleft()
                    self._unsent -= len(frame)
                    if self._unsent <= self.server.send_buffer:
                        self._taken.set()
                self._wake.clear()
                if self.closed:
                    break
        await ws.close()

    # What keeps it alive

    def establish(self) -> None:
        """The Socket.IO handshake is done: from now on only silence ends the connection."""
        if not self.established:
            self.established = True
            self.schedule_ping()

    def schedule_ping(self) -> None:
        self._awaiting_pong = False
        if self.established and not self.closed:
            self._timer.cancel()
            self._timer = self._loop.call_later(self.server.ping_interval, self._ping)

    def _ping(self) -> None:
        self._awaiting_pong = True
        self.push(_PING)
        self._timer = self._loop.call_later(self.server.ping_timeout, self._give_up)

    def _give_up(self) -> None:
        """End a connection that is silent, slow or half open, without waiting for it."""
        self._timer.cancel()
        self.server.spawn(self._abort())

    async def _abort(self) -> None:
        await self.close(wait=False, abort=True, reason=self.server.reason.PING_TIMEOUT)
        self._let_go()

    def _let_go(self) -> None:
        """Forget the client, and end a transport that it holds open without reading."""
        if self._ws is not None:
            transport = self._ws._req.transport if self._ws._req else None  # noqa: SLF001 # aiohttp offers no abort
            if transport is not None:
                transport.abort()
        self.server.sockets.pop(self.sid, None)

    async def close(self, wait: bool = True, abort: bool = False, reason: Any = None) -> None:  # noqa: FBT001, FBT002, ARG002 # the library's signature
        """Close in order: tell the application, then the peer unless ``abort``."""
        if self.closed or self.closing:
            return
        self.closing = True
        self._timer.cancel()
        await self.server.handlers["disconnect"](
            self.sid, reason or self.server.reason.SERVER_DISCONNECT
        )
        if abort:
            self._outbox.clear()
        elif not self.upgraded:
            self.push(_CLOSE)
        self.closed = True
        self._wake.set()
        self._taken.set()
        # Time to take the last word: for a polling client to fetch it, for another to read it.
        self._timer = self._loop.call_later(HANDSHAKE_TIMEOUT, self._let_go)

    async def check_ping_timeout(self) -> bool:
        """The timers see to silence; the library asks here before it sends."""
        alive: bool = not self.closed
        return alive

    # What comes in

    async def receive_text(self, text: str) -> None:
        """Act on one packet; ``ValueError`` for what is none."""
        kind = text[:1]
        if kind == "4":
            await self.server.handlers["message"](self.sid, text[1:])
        elif kind == "3":
            # Only the answer to our own ping counts, or a peer could keep the timer from running.
            if self._awaiting_pong:
                self.schedule_ping()
        elif kind == "1":
            await self.close(abort=True, reason=self.server.reason.CLIENT_DISCONNECT)
        else:
            raise ValueError("not an Engine.IO packet")

    async def _upgrade_websocket(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        if self.upgraded or self.upgrading:
            raise OSError("upgraded already")
        ws = web.WebSocketResponse(max_msg_size=HARD_FRAME_LIMIT, compress=False)
        await ws.prepare(environ["aiohttp.request"])
        if not self.connected or await self._probe(ws):
            await self._run(ws)
        return ws

    async def _probe(self, ws: web.WebSocketResponse) -> bool:
        """The upgrade from polling: probe, answer, release the waiting poll, upgrade."""
        self.upgrading = True
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                if (await ws.receive()).data != "2probe":
                    return False
                await ws.send_str("3probe")
                self._wake.set()
                last = await ws.receive()
                return bool(last.data == "5")
        except TimeoutError:
            return False
        finally:
            self.upgrading = False

    async def _run(self, ws: web.WebSocketResponse) -> None:
        self._ws = ws
        self.connected = self.upgraded = True
        if self._outbox:
            self._wake.set()
        writer = self._loop.create_task(self._write(ws))
        try:
            await self._read(ws)
        finally:
            await self.close(abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
            await writer
            await ws.close()

    async def _read(self, ws: web.WebSocketResponse) -> None:
        while not self.closed:
            if self._unsent > self.server.send_buffer:
                # Who has so much to read yet may ask for more when it is read.
                self._taken.clear()
                await self._taken.wait()
            msg = await ws.receive()
            try:
                if msg.type is WSMsgType.TEXT:
                    await self.receive_text(msg.data)
                elif msg.type is WSMsgType.BINARY:
                    await self.server.handlers["message"](self.sid, msg.data)
                else:
                    return
            except ValueError as exc:
                log.info("bad_frame", sid=self.sid, reason=str(exc)[:80])
                # Gone for the others first: who reads nothing never answers the closing either.
                await self.close(abort=True, reason=self.server.reason.TRANSPORT_ERROR)
                await ws.close(code=WSCloseCode.INVALID_TEXT)
                return

    async def poll(self) -> list[packet.Packet]:
        """What waits for a polling client, as soon as there is something."""
        if self._polling:
            await self.close(abort=True, reason=self.server.reason.TRANSPORT_ERROR)
            raise exceptions.QueueEmpty
        self._polling = True
        try:
            await asyncio.wait_for(
                self._wake.wait(), self.server.ping_interval + self.server.ping_timeout
            )
        except TimeoutError:
            raise exceptions.QueueEmpty from None
        finally:
            self._polling = False
        if self.upgrading or self.upgraded:
            return [packet.Packet(packet.NOOP)]
        return [Encoded(frame) for frame in self._take()] or [packet.Packet(packet.NOOP)]

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """The packets of one polling request, in order; all of them or a refusal."""
        try:
            for one in await _polled_packets(environ):
                await self.receive_text(one)
        except ValueError as exc:
            log.info("bad_poll", sid=self.sid, reason=str(exc)[:80])
            await self.close(abort=True, reason=self.server.reason.TRANSPORT_ERROR)
            # The library answers a refusal only for a session it still knows; it then forgets it.
            self.server.sockets[self.sid] = self
            raise exceptions.EngineIOError from None


async def _polled_packets(environ: dict[str, Any]) -> list[str]:
    length = int(environ.get("CONTENT_LENGTH", "0"))
    if length > HARD_FRAME_LIMIT:
        raise ValueError("request too large")
    try:
        body = await environ["aiohttp.request"].content.readexactly(length)
    except (EOFError, OSError):
        raise ValueError("request broken off") from None
    packets: list[str] = body.decode().split("\x1e")
    if len(packets) > MAX_POLL_PACKETS:
        raise ValueError("too many packets")
    return packets


class Engine(AsyncServer):  # type: ignore[misc] # the library is untyped
    """The Engine.IO server with our sockets in it."""

    send_buffer = 1_048_576

    def __init__(self, **options: Any) -> None:
        self.send_buffer = options.pop("send_buffer", self.send_buffer)
        super().__init__(monitor_clients=False, **options)
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Any) -> None:
        """Run something beside, keeping hold of it until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        sid = self.generate_id()
        client = self.sockets[sid] = EngineSocket(self, sid)
        opening = {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": HARD_FRAME_LIMIT,
        }
        await client.send(packet.Packet(packet.OPEN, opening))
        await self.handlers["connect"](sid, environ)
        if transport == "websocket":
            try:
                return await client.handle_get_request(environ)
            finally:
                self.sockets.pop(sid, None)
        client.connected = True
        return self._ok(await client.poll(), jsonp_index=jsonp_index)
