"""Which of SQLite's errors come from the world outside, and which from our own mistakes."""

from __future__ import annotations

import sqlite3

from storage.errors import unavailable

_OUTSIDE = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    }
)


def told(error: Exception) -> Exception:
    """The error as the caller is to meet it: ``unavailable`` if the file or the disk failed."""
    if isinstance(error, sqlite3.Error):
        # The low byte is the kind; the rest says which system call it was.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OUTSIDE:
            return unavailable(str(error))
        return error
    if isinstance(error, StopIteration):
        # A future refuses to carry one.
        return RuntimeError("a rule ran out of something to iterate over")
    return error
