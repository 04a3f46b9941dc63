"""Cursors: opaque to who carries them, two numbers to us."""

from __future__ import annotations

from domain.errors import invalid

_DIGITS = 18  # what surely fits SQLite's integers


def cursor_of(major: int, minor: int) -> str:
    return f"{major}.{minor}"


def place_in(cursor: str) -> tuple[int, int]:
    """The numbers a cursor was made of. Raises ``invalid``."""
    parts = cursor.split(".")
    if len(parts) != 2 or not all(_is_number(part) for part in parts):
        raise invalid("cursor", "is not one this list gave out; leave it out to start again")
    return int(parts[0]), int(parts[1])


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _DIGITS
