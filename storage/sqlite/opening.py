"""How a file is opened, brought to today's schema, and what makes it unfit."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from storage.errors import StoreUnusable

from . import schema

BUSY_SECONDS = 5.0
"""How long a statement waits for another process (a backup, say) to let go of the file."""

_KEPT_STATEMENTS = 256
_CHECKPOINT_PAGES = 4_000
_WRITER_CACHE_KIB = 32_768
_KEPT_LOG_BYTES = 64 << 20


def open_writer(path: Path) -> sqlite3.Connection:
    """The one writing connection to a file that exists, is sound, ours and of today's schema.

    Raises ``StoreUnusable``. Takes about as long for a large file as for a small one: damage deep
    inside a large file shows when it is read.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(
            path,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_KEPT_STATEMENTS,
        )
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(
            path, f"cannot be opened ({error}); make it writable or choose another place."
        ) from error
    try:
        _prepare(db, path)
    except sqlite3.Error as error:
        db.close()
        raise StoreUnusable(path, _advice(error)) from error
    except BaseException:
        db.close()
        raise
    return db


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    _recognise(db, path)
    if db.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise StoreUnusable(path, "is on a disk without shared memory; choose a local disk.")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    # What one statement would have to undo stays in memory: a file for it costs 3 us a message.
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
    db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    db.execute(f"PRAGMA journal_size_limit = {_KEPT_LOG_BYTES}")
    _migrate(db)
    _touch_the_ends(db)


def _recognise(db: sqlite3.Connection, path: Path) -> None:
    version = _number(db, "PRAGMA user_version")
    if version > len(schema.MIGRATIONS):
        raise StoreUnusable(
            path,
            f"was written by a newer version (schema {version}, this one knows "
            f"{len(schema.MIGRATIONS)}); start that version or restore an older backup.",
        )
    has_tables = _number(db, "SELECT count(*) FROM sqlite_master")
    if has_tables and _number(db, "PRAGMA application_id") != schema.APPLICATION_ID:
        raise StoreUnusable(path, "belongs to another program; choose another place.")


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the file to today's schema, each step whole or not at all."""
    for number in range(_number(db, "PRAGMA user_version"), len(schema.MIGRATIONS)):
        db.executescript(
            f"BEGIN IMMEDIATE;\n{schema.MIGRATIONS[number]}\n"
            f"PRAGMA application_id = {schema.APPLICATION_ID};\n"
            f"PRAGMA user_version = {number + 1};\nCOMMIT;"
        )


def _touch_the_ends(db: sqlite3.Connection) -> None:
    """Fail now on what shows cheaply: a file that cannot be written, or that lost its tail."""
    db.execute("BEGIN IMMEDIATE")
    for ends in (
        "SELECT value FROM meta",
        "SELECT * FROM messages ORDER BY no DESC LIMIT 1",
        "SELECT * FROM rooms ORDER BY no DESC LIMIT 1",
        "SELECT * FROM participants ORDER BY room_no DESC LIMIT 1",
        "SELECT * FROM receipts ORDER BY room_no DESC LIMIT 1",
    ):
        db.execute(ends).fetchall()
    db.execute("ROLLBACK")


def _number(db: sqlite3.Connection, sql: str) -> int:
    """The single value of a one-line answer."""
    row = db.execute(sql).fetchone()
    value: int = row[0]
    return value


def _advice(error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return "is not a database; move it away or choose another place."
    if code == sqlite3.SQLITE_CORRUPT:
        return f"is damaged ({error}); restore it from a backup, or move it away to start empty."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"is in use by another program ({error}); end that first."
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return f"cannot be written ({error}); make it and its folder writable."
    return f"cannot be used ({error}); restore it from a backup, or choose another place."
