"""The composition root: the only place that knows which parts there are, and how they fit."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
import uvloop
from aiohttp import web

from presence.memory import MemoryPresence
from storage.errors import StoreUnusable
from storage.sqlite import open_sqlite

from . import demo
from .channels import Channels
from .clock import monotonic
from .connection import Server
from .dispatch import Dispatch
from .door import Door
from .fanout import Fanout
from .health import Readiness
from .keys import GOOD_SECRET
from .limits import RateLimits
from .logs import set_up
from .pulse import Pulse
from .rest import Rest
from .settings import Settings
from .sockets import OrderSockets
from .tallies import Tallies
from .tokens import Verifier, signing_secret
from .web_app import web_application

log = structlog.get_logger("app")

DRAIN = 8.0
"""Seconds that work under way has to finish after SIGTERM; the process is gone within 10."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    url: str
    sockets: OrderSockets


class Chores:
    """Tasks that run beside, held until they end and ended with the server."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """The whole server, listening until the block is left; then it drains."""
    async with open_sqlite(settings.data_dir / "chat.sqlite3") as store:
        chores = Chores()
        verifier = Verifier(settings)
        limits = RateLimits(settings, monotonic)
        board = MemoryPresence()
        channels = Channels()
        tallies = Tallies(store, channels)
        fanout = Fanout(store, channels, tallies, chores.spawn)
        dispatch = Dispatch(store, board, limits, fanout)
        shared = Server(dispatch, channels, limits, verifier, chores.spawn)
        door = Door(store, channels)
        sockets = _sockets(settings, shared, door)
        door.pulse = Pulse(board, fanout, sockets.connections.values, settings.presence_grace)
        rest = Rest(dispatch, verifier, limits)
        app = web_application(rest, settings.cors_origins, Readiness(store, sockets))
        sockets.attach(app)
        if settings.demo:
            demo.add_sign_in(app, await demo.seed(dispatch), signing_secret(settings) or "")
        chores.spawn(tallies.run())
        chores.spawn(door.pulse.run())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            yield Running(await _listen(runner, settings), sockets)
        finally:
            rest.stopping = True
            await asyncio.gather(*(site.stop() for site in runner.sites))
            await sockets.drain(DRAIN)
            await runner.cleanup()
            await chores.stop()
            await verifier.close()


def _sockets(settings: Settings, shared: Server, door: Door) -> OrderSockets:
    return OrderSockets(
        shared,
        door.welcome,
        door.farewell,
        max_frame=settings.max_frame,
        max_connections=settings.max_connections_per_user,
        send_buffer=settings.send_buffer,
        ping_interval=settings.ping_interval,
        ping_timeout=settings.ping_timeout,
        # Origins are checked once, for sockets and REST alike, before anything else.
        cors_allowed_origins=[],
    )


async def _listen(runner: web.AppRunner, settings: Settings) -> str:
    await web.TCPSite(runner, settings.host, settings.port).start()
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def secret_size(settings: Settings) -> int:
    """Bytes of the shared secret; as many as it should have where there is none to be weak."""
    secret = settings.jwt_secret
    return GOOD_SECRET if secret is None else len(secret.get_secret_value().encode())


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    async with running(settings) as server:
        if (size := secret_size(settings)) < GOOD_SECRET:
            log.warning("weak_secret", setting="JWT_SECRET", bytes=size, better=GOOD_SECRET)
        log.info("listening", url=server.url, demo=settings.demo)
        print(f"Order chat is at {server.url} (Ctrl-C stops it)", flush=True)  # noqa: T201 # for people
        await stop.wait()
        log.info("stopping")


def serve(settings: Settings) -> int:
    """Run until SIGTERM or Ctrl-C; the exit status."""
    set_up(settings.log_level, settings.log_format)
    try:
        uvloop.run(_serve(settings))
    except StoreUnusable as fault:
        print(fault, file=sys.stderr)  # noqa: T201 # the last word
        return 1
    except OSError as fault:
        where = f"{settings.host}:{settings.port}"
        print(f"Cannot listen on {where}: {fault.strerror or fault}", file=sys.stderr)  # noqa: T201 # the last word
        return 1
    return 0
