"""The one place that reads the clock or draws ids; everything else takes them as arguments."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import uuid_utils


def now() -> datetime:
    """The time in UTC, cut to whole milliseconds: what is kept and what is told are then equal."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def new_id() -> str:
    """A fresh id of 32 hexadecimal digits; later ones sort after earlier ones (UUID version 7)."""
    return uuid_utils.uuid7().hex


def monotonic() -> float:
    """Seconds that never jump, for measuring how long something takes."""
    return time.monotonic()
