"""The log: one line for each thing that happened, on standard error, for people or for machines.

What people write, and their tokens, have no place in it. An exception is therefore logged by its
kind and where it arose, never by its own words, which may quote what somebody sent.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from contextlib import suppress
from io import FileIO
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_FRAMES = 8
"""Innermost calls named for an exception."""

# Line ends of every alphabet, other control characters, and halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def set_up(level: str, style: Literal["json", "text"], stream: TextIO | None = None) -> None:
    """Make ``structlog.get_logger()``, and what libraries log from WARNING up, write here."""
    lines = _Lines(sys.stderr if stream is None else stream)
    steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _name_exception,
        _as_json if style == "json" else _as_text,
    ]
    structlog.configure(
        processors=steps,
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_FromLibraries()], force=True)
    logging.captureWarnings(capture=True)


class _Lines:
    """Writes finished lines. One that cannot be written is lost: a full disk must not stop us."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._file: FileIO | None = None
        with suppress(OSError, ValueError):  # not every stream is a file
            # Unbuffered: what a full disk did not take must not be tried again at the exit.
            self._file = FileIO(stream.fileno(), "w", closefd=False)

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            if self._file is not None:
                self._file.write((line + "\n").encode(errors="backslashreplace"))
            else:
                self._stream.write(line + "\n")

    debug = info = warning = warn = error = critical = exception = fatal = log = msg


class _FromLibraries(logging.Handler):
    """Takes in what libraries log the standard way."""

    def emit(self, record: logging.LogRecord) -> None:
        # The first line says what happened; asyncio's further ones quote exceptions and values.
        first = record.getMessage().partition("\n")[0]
        level = min(record.levelno, logging.ERROR)
        structlog.get_logger().log(level, first, logger=record.name, exc_info=record.exc_info)


def _name_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """``exc_info`` as ``error`` (its kind) and ``at`` (the calls to it, innermost last)."""
    given = event.pop("exc_info", None)
    if isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    elif given and not isinstance(given, tuple):
        given = sys.exc_info()
    if given and given[0] is not None:
        kind, _error, where = given
        frames = traceback.extract_tb(where)[-_FRAMES:]
        event["error"] = kind.__qualname__
        event["at"] = [f"{one.filename}:{one.lineno} {one.name}" for one in frames]
    return event


def _as_json(_: WrappedLogger, __: str, event: EventDict) -> str:
    first = {key: event.pop(key) for key in ("time", "level", "event") if key in event}
    return _one_line(json.dumps({**first, **event}, ensure_ascii=False, default=repr))


def _as_text(_: WrappedLogger, __: str, event: EventDict) -> str:
    time, level, what = (event.pop(key, "") for key in ("time", "level", "event"))
    rest = "".join(f" {key}={_shown(value)}" for key, value in event.items())
    return _one_line(f"{time} {level:<7} {what}{rest}")


def _shown(value: object) -> str:
    plain = isinstance(value, str) and value.isprintable() and not set(value) & set(' "=\\')
    return str(value) if plain and value else repr(value)


def _one_line(text: str) -> str:
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
