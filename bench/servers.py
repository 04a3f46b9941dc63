"""The three servers: how each is started, and who sits in its rooms."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import jwt

from .load import Seat

ROOT = Path(__file__).resolve().parent.parent
STARTS_WITHIN = 30.0
STOPS_WITHIN = 15.0
ROLES = ("customer", "rider", "pharmacy", "support")


class ServerError(Exception):
    """A server did not start, did not stop, or refused to make a room."""


@dataclass(frozen=True, slots=True)
class Server:
    """One of the three. ``command`` and ``seats`` get the port, a folder and a secret in ``Site``.

    ``numbered`` says whether its rooms number their messages and keep read marks.
    """

    title: str
    command: Callable[[Site], list[str]]
    seats: Callable[[Site, int], list[Seat]]
    numbered: bool


@dataclass(frozen=True, slots=True)
class Site:
    """Where one server process lives. ``pid`` is 0 before it runs."""

    port: int
    folder: Path
    secret: str
    pid: int = 0


@contextlib.contextmanager
def running(server: Server, folder: Path) -> Iterator[Site]:
    """The server as a fresh process in an empty folder, until the block ends."""
    site = Site(_free_port(), folder, secrets.token_urlsafe(36))
    log = folder / "output.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            server.command(site),
            cwd=folder,  # no .env of the checkout must reach it
            env=_environment(site),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await_port(process, site.port)
        yield Site(site.port, folder, site.secret, process.pid)
    except BaseException:  # whatever went wrong here, what the server said may explain it
        sys.stderr.write(log.read_text(errors="replace")[-4000:])
        raise
    finally:
        _stop(process)


def _environment(site: Site) -> dict[str, str]:
    """Nothing of the caller's environment may turn one server into another."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "HOST": "127.0.0.1",
        "PORT": str(site.port),
        "DATA_DIR": str(site.folder),
        "LIMITS": "off",
        "JWT_SECRET": site.secret,
        "LOG_LEVEL": "warning",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_port(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerError(f"the server ended with status {process.returncode} before it began")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)  # a process that is starting tells nobody
    raise ServerError(f"the server did not listen within {STARTS_WITHIN:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _run_py(_site: Site) -> list[str]:
    return [sys.executable, str(ROOT / "run.py")]


def _echo(site: Site) -> list[str]:
    return [sys.executable, str(ROOT / "bench" / "reference.py"), "--port", str(site.port)]


def _commit(site: Site) -> list[str]:
    return [*_echo(site), "--commit", str(site.folder / "messages.sqlite3")]


def _open_seats(_site: Site, rooms: int) -> list[Seat]:
    return [
        Seat(f"room-{room}", place, {"room": f"room-{room}"}, joins=False)
        for room in range(rooms)
        for place in range(len(ROLES))
    ]


def _signed_seats(site: Site, rooms: int) -> list[Seat]:
    """Rooms made as the order platform makes them; everybody signs in with a token of their own."""
    platform = _token(site, "platform", "service")
    seats = []
    for room in range(rooms):
        people = [
            {"user_id": f"{role}-{room}", "role": role, "name": f"{role.title()} {room}"}
            for role in ROLES
        ]
        room_id = _create_room(site.port, platform, f"order-{room}", people)
        for place, person in enumerate(people):
            auth = {"token": _token(site, person["user_id"], person["role"])}
            # Everybody else hears their rooms from the start; staff hear what they join.
            seats.append(Seat(room_id, place, auth, joins=person["role"] == "support"))
    return seats


def _token(site: Site, user_id: str, role: str) -> str:
    claims = {"sub": user_id, "role": role, "name": user_id, "exp": int(time.time()) + 3600}
    return jwt.encode(claims, site.secret, algorithm="HS256")


def _create_room(port: int, token: str, order_id: str, people: list[dict[str, str]]) -> str:
    with contextlib.closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request(
            "POST",
            "/api/chat-rooms/create-with-participants/",
            json.dumps({"order_id": order_id, "participants": people}),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        response = connection.getresponse()
        body = response.read()
    if response.status != 201:
        raise ServerError(f"no room: {response.status} {body[:500].decode(errors='replace')}")
    room_id: str = json.loads(body)["id"]
    return room_id


SERVERS = {
    "server": Server("this server", _run_py, _signed_seats, numbered=True),
    "echo": Server("bare echo", _echo, _open_seats, numbered=False),
    "commit": Server("commit per message", _commit, _open_seats, numbered=False),
}
"""In the order in which each round runs them."""
