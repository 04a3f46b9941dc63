"""On what the figures were taken, in words that name no host and no path."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

LIBRARIES = ("python-socketio", "python-engineio", "aiohttp", "uvloop", "orjson", "pydantic")


def description(folder: Path) -> list[tuple[str, str]]:
    """Each line's name and value; ``folder`` is where the servers keep their files."""
    return [
        ("processor", f"{_cpu_model()}, {os.cpu_count()} cores"),
        ("kernel", f"{platform.system()} {platform.release().split('-')[0]}"),
        ("Python", platform.python_version()),
        ("libraries", ", ".join(f"{name} {version(name)}" for name in LIBRARIES)),
        ("SQLite", sqlite3.sqlite_version),
        ("file system", _file_system(folder)),
        ("one durable commit alone", f"{_commit_ms(folder):.2f} ms (median of 500)"),
    ]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    """The type of the mount that holds the folder: the one with the longest matching path."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mount, this_kind, *_ = line.split()
        if folder.resolve().is_relative_to(mount) and len(mount) >= len(best):
            best, kind = mount, this_kind
    return kind


def _commit_ms(folder: Path) -> float:
    path = folder / "probe.sqlite3"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE probe (content TEXT)")
    taken = []
    for _ in range(500):
        began = perf_counter()
        with database:
            database.execute("INSERT INTO probe VALUES ('a line of eighty characters or so')")
        taken.append(perf_counter() - began)
    database.close()
    return 1e3 * statistics.median(taken)
