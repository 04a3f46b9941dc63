"""One line for each event, whatever is in it, and never an exception's own words."""

import asyncio
import errno
import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator

import pytest
import structlog

from server import logs

Read = Callable[[], str]


@pytest.fixture
def written() -> Iterator[Callable[[str], Read]]:
    """Sets the log up in a style, and gives what reads it."""
    root = logging.getLogger()
    before = (root.level, root.handlers[:])

    def start(style: str) -> Read:
        stream = io.StringIO()
        logs.set_up("info", "json" if style == "json" else "text", stream)
        return stream.getvalue

    yield start
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    root.setLevel(before[0])
    root.handlers[:] = before[1]


Written = Callable[[str], Read]
NASTY = 'a\nb\r\x1b[31m\x85\u2028\x7f\ud800" ك\x00'


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_value_breaks_its_line(written: Written, style: str) -> None:
    read = written(style)
    structlog.get_logger().info("opened " + NASTY, room=NASTY, more=[NASTY], deep={"k": NASTY})
    text = read()
    assert text.endswith("\n")
    assert len(text.splitlines()) == 1
    assert not any(ord(character) < 32 or ord(character) == 127 for character in text[:-1])


def test_json_says_when_what_and_with_what(written: Written) -> None:
    read = written("json")
    structlog.get_logger().warning("cut off", room="r1", odd=NASTY, bytes=7, thing={1, 2}.pop)
    event = json.loads(read())
    assert list(event)[:3] == ["time", "level", "event"]
    assert event["time"].endswith("Z")
    assert (event["level"], event["event"], event["room"]) == ("warning", "cut off", "r1")
    assert (event["odd"], event["bytes"]) == (NASTY, 7)


def test_text_quotes_what_could_be_misread(written: Written) -> None:
    read = written("text")
    structlog.get_logger().info("sent", plain="r1", spaced="a b", forged="x room=r2")
    assert read().rstrip().endswith("info    sent plain=r1 spaced='a b' forged='x room=r2'")


def test_an_exception_is_its_kind_and_place_not_its_words(written: Written) -> None:
    read = written("json")
    try:
        int("canary: what somebody wrote")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("aiohttp.server").exception("Error handling request")
    assert "canary" not in read()
    own, library = map(json.loads, read().splitlines())
    assert own["error"] == library["error"] == "ValueError"
    assert own["at"][-1].endswith("test_an_exception_is_its_kind_and_place_not_its_words")
    assert (library["logger"], library["level"]) == ("aiohttp.server", "error")


def test_libraries_are_heard_from_warning_up(written: Written) -> None:
    read = written("json")
    logging.getLogger("engineio").info("chatter")
    logging.getLogger("engineio").warning("worth %s", "knowing")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old ways", DeprecationWarning, stacklevel=1)
    first, second = map(json.loads, read().splitlines())
    assert first["event"] == "worth knowing"
    assert "old ways" in second["event"]


async def test_a_forgotten_task_is_told_without_its_words(written: Written) -> None:
    read = written("json")
    context = {"message": "Task exception was never retrieved", "exception": ValueError("canary")}
    asyncio.get_running_loop().default_exception_handler(context)
    assert json.loads(read())["event"] == "Task exception was never retrieved"
    assert "canary" not in read()


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, "no space left")


def test_a_line_that_cannot_be_written_stops_nothing() -> None:
    closed = io.StringIO()
    closed.close()
    for stream in (FullDisk(), closed):
        logs._Lines(stream).info("lost")


def test_less_important_events_are_left_out(written: Written) -> None:
    read = written("json")
    structlog.get_logger().debug("detail")
    assert read() == ""
