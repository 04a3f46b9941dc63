"""No library is older than the version in which a fault that matters here was mended."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.version import Version

FLOORS = {
    "aiohttp": ("3.14.1", "request smuggling, trailers, duplicate Host, multipart and zip bombs"),
    "PyJWT": ("2.13.0", "the list of algorithms could be got round, crit was ignored"),
    "python-engineio": ("4.13.2", "CVE-2026-48802: a flood of pongs started a task each"),
    "python-socketio": ("5.16.3", "allocations for packets that nobody asked for; 5.14.0: pickle"),
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(path: Path) -> dict[str, Version]:
    return {normal(name): Version(version) for name, version in PIN.findall(path.read_text())}


@pytest.mark.parametrize("name", list(FLOORS))
def test_what_is_installed_is_mended(name: str) -> None:
    floor, why = FLOORS[name]
    assert Version(importlib.metadata.version(name)) >= Version(floor), why


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
@pytest.mark.parametrize("name", list(FLOORS))
def test_what_is_locked_is_mended(root: Path, lock: str, name: str) -> None:
    floor, why = FLOORS[name]
    assert pins(root / lock)[normal(name)] >= Version(floor), why


def test_what_is_installed_is_what_is_locked(root: Path) -> None:
    locked = pins(root / "requirements.txt")
    assert len(locked) > 15
    for name in FLOORS:
        assert Version(importlib.metadata.version(name)) == locked[normal(name)]


def test_every_pin_carries_its_hash(root: Path) -> None:
    for lock in ("requirements.txt", "requirements-dev.txt"):
        text = (root / lock).read_text()
        entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
        assert [one.split("\n")[0] for one in entries if "--hash=sha256:" not in one] == []
