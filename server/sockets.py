"""Socket.IO: who may connect, and what becomes of each packet.

python-socketio and python-engineio speak the protocol; what is replaced of them is here and in
``engine``, and nowhere else: see ``docs/decisions/0003-transport.md``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import socketio
import structlog
from socketio.packet import ACK, BINARY_EVENT, CONNECT, DISCONNECT, EVENT

from domain.errors import ChatError

from .clock import now
from .connection import Server, SocketConnection
from .engine import Engine, EngineSocket
from .packets import StrictPacket, id_of_large, too_large
from .wire import connected_frame, refused_frame

log = structlog.get_logger("sockets")

Rite = Callable[[SocketConnection], Awaitable[None]]


class OrderSockets(socketio.AsyncServer):  # type: ignore[misc] # the library is untyped
    """The Socket.IO server. ``welcome`` runs before a client is told that it is connected."""

    def __init__(
        self,
        server: Server,
        welcome: Rite,
        farewell: Rite,
        *,
        max_frame: int,
        max_connections: int,
        **options: Any,
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            serializer=StrictPacket,
            # Loggers of ours: the libraries' own write to stderr as they like.
            logger=logging.getLogger("socketio"),
            engineio_logger=logging.getLogger("engineio"),
            **options,
        )
        self.connections: dict[str, SocketConnection] = {}
        self.draining = False
        self._server = server
        self._welcome = welcome
        self._farewell = farewell
        self._max_frame = max_frame
        self._max_connections = max_connections

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    # Coming and going

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        socket: EngineSocket = self.eio.sockets[eio_sid]
        if eio_sid in self.connections:
            raise ValueError("connected already")
        try:
            connection = await self._admit(socket, namespace, data)
        except ChatError as refusal:
            socket.push(refused_frame(namespace, refusal))
            return
        if connection is None:
            return
        socket.push(connected_frame(connection.id))
        connection.release()
        socket.establish()

    async def _admit(
        self, socket: EngineSocket, namespace: str | None, data: Any
    ) -> SocketConnection | None:
        """Let the person in, hearing their rooms; None if they are gone before it is done."""
        if namespace not in (None, "/"):
            raise ChatError("not_found", "Invalid namespace")
        if self.draining:
            raise ChatError("unavailable", "This server is stopping: connect again.", retry_after=1)
        token = data.get("token") if isinstance(data, dict) else None
        actor = await self._server.verifier.verify(token, now())
        if len(self._server.channels.connections_of(actor.user_id)) >= self._max_connections:
            too_many = f"At most {self._max_connections} connections at once: close one."
            raise ChatError("rate_limited", too_many, retry_after=5)
        if socket.closed or socket.sid in self.connections:
            return None
        connection = SocketConnection(socket, actor, self._server, self._expire)
        self.connections[connection.id] = connection
        try:
            await self._welcome(connection)
        except BaseException:
            await self._leave(connection)
            raise
        if socket.closed:
            await self._leave(connection)
            return None
        return connection

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self._binary_packet.pop(eio_sid, None)
        self.environ.pop(eio_sid, None)
        connection = self.connections.get(eio_sid)
        if connection is not None:
            log.debug("gone", sid=eio_sid, user=connection.actor.user_id, reason=reason)
            await self._leave(connection)

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        if namespace in (None, "/") and eio_sid in self.connections:
            await self.eio.sockets[eio_sid].close(abort=True, reason=reason)

    async def _leave(self, connection: SocketConnection) -> None:
        if self.connections.pop(connection.id, None) is not None:
            connection.stop()
            await self._farewell(connection)

    def _expire(self, sid: str) -> None:
        """The session ended: tell the client that the server hung up, and do."""
        socket = self.eio.sockets.get(sid)
        if socket is not None:
            socket.push(b"41")
            self.eio.spawn(socket.close(reason=self.reason.SERVER_DISCONNECT))

    # Packets

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        """Act on one packet, or one binary part of one; ``ValueError`` ends the connection."""
        if not data and not (isinstance(data, bytes) and eio_sid in self._binary_packet):
            raise ValueError("an empty packet")
        if eio_sid in self._binary_packet:
            await self._handle_binary_part(eio_sid, data)
        elif too_large(data, self._max_frame):
            refusal = ChatError("too_large", f"A frame has at most {self._max_frame} bytes.")
            self._connection(eio_sid).refuse(id_of_large(data), refusal)
        else:
            await self._handle_packet(eio_sid, StrictPacket(encoded_packet=data))

    async def _handle_packet(self, eio_sid: str, packet: StrictPacket) -> None:
        if packet.attachment_count:
            self._connection(eio_sid)
            self._binary_packet[eio_sid] = packet
        elif packet.packet_type == EVENT:
            await self._handle_event(eio_sid, packet.namespace, packet.id, packet.data)
        elif packet.packet_type == CONNECT:
            await self._handle_connect(eio_sid, packet.namespace, packet.data)
        elif packet.packet_type == DISCONNECT:
            await self._handle_disconnect(eio_sid, packet.namespace)
        elif packet.packet_type != ACK:
            # Nothing here asks clients for acknowledgements; one that comes is ignored.
            raise ValueError("a packet that clients do not send")

    async def _handle_binary_part(self, eio_sid: str, data: Any) -> None:
        packet = self._binary_packet[eio_sid]
        if packet.add_attachment(data):
            del self._binary_packet[eio_sid]
            if packet.packet_type == BINARY_EVENT:
                await self._handle_event(eio_sid, packet.namespace, packet.id, packet.data)

    async def _handle_event(
        self,
        eio_sid: str,
        namespace: str | None,
        id: int | None,  # noqa: A002 # the library's name
        data: Any,
    ) -> None:
        if namespace not in (None, "/"):
            raise ValueError("an event for another namespace")
        await self._connection(eio_sid).receive(id, data)

    def _connection(self, eio_sid: str) -> SocketConnection:
        connection = self.connections.get(eio_sid)
        if connection is None:
            raise ValueError("a packet before the handshake")
        return connection

    # The end

    async def drain(self, patience: float) -> None:
        """Finish what is under way, at most ``patience`` seconds, then close every connection.

        Clients see a lost transport, not a dismissal, and so connect again elsewhere.
        """
        self.draining = True
        ends = [asyncio.create_task(one.wind_up()) for one in self.connections.values()]
        late = (await asyncio.wait(ends, timeout=patience))[1] if ends else ()
        if late:
            log.warning("drain_cut_short", waiting=len(late))
        for socket in list(self.eio.sockets.values()):
            await socket.close()
