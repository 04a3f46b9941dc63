"""A real server in a process of its own, and people who talk to it."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import socketio

from domain.model import Role
from server.clock import now
from server.tokens import sign

ROOT = Path(__file__).parent.parent
SECRET = "a-secret-of-the-tests-that-is-long-enough-for-hs256"  # noqa: S105 # of no real server
START_PATIENCE = 20.0
"""Seconds a server has to start: far more than it needs, on a machine that is busy."""
PATIENCE = 8.0
"""Seconds to wait for what takes milliseconds, before a test gives up."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MESSAGE = _names(
    "id room_id seq rev client_id sender type audience content attachments reply_to thread_root "
    "reply_count created_at edited_at is_edited is_deleted deleted_by metadata status "
    "delivered_to read_by"
)
"""The fields of a message, as the contract names them; likewise the next two."""
ROOM = _names(
    "id order_id order_number status max_participants participants last_seq rev last_message "
    "unread created_at last_activity closed_at support labels metadata"
)
PARTICIPANT = _names(
    "id user_id role name is_active is_muted muted_until is_blocked is_online delivered_seq "
    "read_seq joined_at notification_preferences"
)
_LISTENING = re.compile(r"Order chat is at (http://\S+?)/? ")


class LiveServer:
    """``run.py`` with settings of the test's own; restartable on the same data and port."""

    def __init__(self, data: Path, **settings: str) -> None:
        self.data = data
        self.url = ""
        self._settings = {"JWT_SECRET": SECRET, "LIMITS": "off", "PORT": "0", **settings}
        self._process: subprocess.Popen[str] | None = None
        self.log = data / "server.log"

    async def start(self) -> None:
        """Start and wait until it listens; raises with its log if it does not."""
        keep = ("PATH", "HOME", "LANG", "VIRTUAL_ENV", "COVERAGE_PROCESS_CONFIG")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        environment |= {"DATA_DIR": str(self.data / "data"), "LOG_FORMAT": "json"}
        environment = {k: v for k, v in (environment | self._settings).items() if v}
        self.data.mkdir(parents=True, exist_ok=True)
        # A child that inherits a piped stderr would keep the test run open for ever.
        with self.log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 # forking takes no time
                [sys.executable, str(ROOT / "run.py")],
                env=environment,
                cwd=self.data,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(START_PATIENCE):
                line = await loop.run_in_executor(None, self._process.stdout.readline)
        except TimeoutError:
            self.kill()
            raise
        found = _LISTENING.match(line)
        if found is None:
            self.wait()
            raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-4000:]}")
        self.url = found[1]
        # The next start takes the same port, so that clients find it again.
        self._settings["PORT"] = self.url.rpartition(":")[2]

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        self._process.kill()
        self.wait()

    async def terminate(self, patience: float = 12.0) -> int:
        """SIGTERM and the exit status."""
        self._process.send_signal(signal.SIGTERM)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(patience):
            return await loop.run_in_executor(None, self.wait)

    def wait(self) -> int:
        status = self._process.wait(timeout=30)
        self._process.stdout.close()
        return status

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def token(self, user_id: str, role: Role, *, ttl: float = 3600, secret: str = SECRET) -> str:
        moment = now() + timedelta(seconds=ttl - 3600)
        name = user_id.title()
        return sign(secret, user_id=user_id, role=role, name=name, ttl=3600, now=moment)


@asynccontextmanager
async def live_server(data: Path, **settings: str) -> AsyncIterator[LiveServer]:
    """A server for the length of the block, ended in order."""
    server = LiveServer(data, **settings)
    await server.start()
    try:
        yield server
    finally:
        if server.running:
            assert await server.terminate() == 0


class Person:
    """Somebody connected with the official Python client, and everything they were told."""

    def __init__(self, server: LiveServer, user_id: str, role: Role) -> None:
        self.user_id = user_id
        self.role = role
        self.token = server.token(user_id, role)
        self.told: list[tuple[str, Any]] = []
        self.client = socketio.AsyncClient(reconnection=False)
        self._server = server
        self._news = asyncio.Event()
        self.client.on("*", self._hear)
        self.disconnected = asyncio.Event()
        self.client.on("disconnect", self._gone)

    async def _hear(self, event: str, payload: Any = None) -> None:
        self.told.append((event, payload))
        self._news.set()

    async def _gone(self, *_: Any) -> None:
        self.disconnected.set()

    async def connect(self, transport: str = "websocket") -> None:
        self.disconnected.clear()
        await self.client.connect(
            self._server.url,
            auth={"token": self.token},
            transports=[transport],
            wait_timeout=PATIENCE,
        )

    async def ask(self, operation: str, /, **payload: Any) -> dict[str, Any]:
        """The acknowledgement of one operation, as it came."""
        return await self.client.call(operation, payload, timeout=15)

    async def do(self, operation: str, /, **payload: Any) -> Any:
        """The result of an operation that must work."""
        answer = await self.ask(operation, **payload)
        assert answer["ok"], (operation, answer)
        return answer["result"]

    async def refused(self, operation: str, /, **payload: Any) -> str:
        """The code of an operation that must be refused."""
        answer = await self.ask(operation, **payload)
        assert not answer["ok"], (operation, answer)
        return answer["error"]["code"]

    async def say(self, room_id: str, content: str = "Hello", **more: Any) -> dict[str, Any]:
        """The message that was sent, under a ``client_id`` of its own unless one is given."""
        asked = {"room_id": room_id, "client_id": secrets.token_hex(8), "content": content, **more}
        return (await self.do("message.send", **asked))["message"]

    async def pipelined(self, asked: list[tuple[str, dict[str, Any]]]) -> list[tuple[int, Any]]:
        """Operations sent without waiting; the places in the list and the answers, as they came."""
        answers: list[tuple[int, Any]] = []
        done = asyncio.Event()
        ended = asyncio.create_task(self.disconnected.wait())
        ended.add_done_callback(lambda _: done.set())

        def take(place: int, answer: Any) -> None:
            answers.append((place, answer))
            if len(answers) == len(asked):
                done.set()

        for place, (operation, payload) in enumerate(asked):
            await self.client.emit(operation, payload, callback=partial(take, place))
        async with asyncio.timeout(15):
            await done.wait()
        ended.cancel()
        assert len(answers) == len(asked), f"cut off after {len(answers)} of {len(asked)} answers"
        return answers

    def heard(self, event: str) -> list[Any]:
        return [payload for name, payload in self.told if name == event]

    async def hears(self, event: str, patience: float = 8.0, **expected: Any) -> Any:
        """The first event of that name with these fields, past or to come."""
        async with asyncio.timeout(patience):
            while True:
                for payload in self.heard(event):
                    if all(payload.get(name) == value for name, value in expected.items()):
                        return payload
                self._news.clear()
                await self._news.wait()

    async def hears_where(self, event: str, fits: Callable[[Any], bool]) -> Any:
        """The first event of that name whose payload fits, past or to come."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for payload in self.heard(event):
                    if fits(payload):
                        return payload
                self._news.clear()
                await self._news.wait()

    async def caught_up(self, message: dict[str, Any]) -> None:
        """Return once this message was told: whatever was to be told before it was told too."""
        await self.hears_where("message.sent", lambda one: one["message"]["id"] == message["id"])

    async def leave(self) -> None:
        await self.client.disconnect()


class Rest:
    """REST as one person."""

    def __init__(self, server: LiveServer, session: aiohttp.ClientSession, token: str) -> None:
        self._url = server.url
        self._session = session
        self._headers = {"Authorization": f"Bearer {token}"}

    async def __call__(
        self, method: str, path: str, body: Any = None, **options: Any
    ) -> tuple[int, Any]:
        """The status and the JSON of the answer."""
        async with self._session.request(
            method, self._url + path, json=body, headers=self._headers, **options
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def full(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, Any]:
        """The status, the headers and the JSON of the answer (None where it has none)."""
        raw = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self._session.request(
            method, self._url + path, headers={**self._headers, **(headers or {})}, **raw
        ) as answer:
            is_json = answer.content_type.endswith("json")
            return (
                answer.status,
                answer.headers,
                await answer.json(content_type=None) if is_json else None,
            )

    async def say(self, room_id: str, client_id: str, **more: Any) -> dict[str, Any]:
        """The message that was sent."""
        body = {"room_id": room_id, "client_id": client_id, "content": "Hello", **more}
        status, message = await self("POST", "/api/chat-messages/", body)
        assert status == 201, message
        return message
