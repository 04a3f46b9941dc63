"""Two servers to measure against, written the plain way the library invites.

Without ``--commit`` it is a bare echo: what python-socketio on aiohttp costs when the application
does nothing. With ``--commit PATH`` each message is first inserted into SQLite and committed by
itself. Neither validates, authenticates or logs, and every setting is the library's default, so
whatever a real server does comes on top of the echo.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import socketio
import uvloop
from aiohttp import web


class CommitLog:
    """One durable transaction per message, all in the one thread that owns the connection."""

    def __init__(self, path: Path) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(
            "CREATE TABLE messages"
            " (id INTEGER PRIMARY KEY, room_id TEXT, client_id TEXT, content TEXT)"
        )

    async def keep(self, message: dict[str, Any]) -> None:
        """Returns when the message would survive a power cut."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._insert, message)

    def _insert(self, message: dict[str, Any]) -> None:
        with self._db:
            self._db.execute(
                "INSERT INTO messages (room_id, client_id, content)"
                " VALUES (:room_id, :client_id, :content)",
                message,
            )


def build(log: CommitLog | None) -> web.Application:
    sio = socketio.AsyncServer(async_mode="aiohttp")
    app = web.Application()
    sio.attach(app)

    async def connect(sid: str, _environ: dict[str, Any], auth: dict[str, str]) -> None:
        await sio.enter_room(sid, auth["room"])

    async def send(_sid: str, message: dict[str, Any]) -> dict[str, Any]:
        if log is not None:
            await log.keep(message)
        room_id = message["room_id"]
        await sio.emit("message.sent", {"room_id": room_id, "message": message}, room=room_id)
        return {"ok": True, "result": {"message": message}}

    sio.on("connect", connect)
    sio.on("message.send", send)
    return app


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--commit", type=Path, metavar="PATH")
    args = parser.parse_args()
    log = None if args.commit is None else CommitLog(args.commit)
    web.run_app(
        build(log),
        host="127.0.0.1",
        port=args.port,
        loop=uvloop.new_event_loop(),
        access_log=None,
        print=None,
    )


if __name__ == "__main__":
    main()
