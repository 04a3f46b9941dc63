"""Nothing committed tells where it was made, and every exception from a rule gives its reason."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

MACHINE = re.compile(r"(?<![\w.)}/])/(?:work|root|home/\w+|tmp/lab)(?=[/\"'\s]|$)")
REGISTRY = re.compile(
    r"(?:pypi|pythonhosted|npmjs|yarnpkg|crates|jsdelivr|unpkg)\.(?:org|com|io|net)\b"
)
IGNORE = re.compile(
    r"#\s*(?:ruff:\s*)?(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]+\])?)"
)
OWN_NAME = "tests/house/test_clean.py"
REASON = re.compile(r"\s*[#-]\s*\S+\s+\S+")


def unexplained(line: str) -> bool:
    """Whether something is ignored here without a reason of two words or more after it."""
    found = IGNORE.search(line)
    return found is not None and REASON.match(line, found.end()) is None


def committed(root: Path) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
        text=True,
    )
    found = [root / name for name in listed.stdout.split("\0") if name]
    return [path for path in found if path.is_file()]


def texts(root: Path) -> dict[str, str]:
    found = {}
    for path in committed(root):
        raw = path.read_bytes()
        if b"\0" not in raw:
            found[path.relative_to(root).as_posix()] = raw.decode()
    return found


@pytest.fixture(scope="module")
def files(root: Path) -> dict[str, str]:
    found = texts(root)
    assert "pyproject.toml" in found
    return found


def lines_with(files: dict[str, str], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name}:{number} {line.strip()[:120]}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_the_machine_it_was_made_on(files: dict[str, str]) -> None:
    assert lines_with(files, MACHINE) == []


def test_no_file_names_a_registry(files: dict[str, str]) -> None:
    assert lines_with(files, REGISTRY) == []


def test_every_ignore_gives_its_reason(files: dict[str, str]) -> None:
    found = [
        f"{name}:{number} {line.strip()[:120]}"
        for name, text in files.items()
        if name.endswith(".py") and name != OWN_NAME
        for number, line in enumerate(text.splitlines(), 1)
        if unexplained(line)
    ]
    assert found == []


def test_every_rule_that_is_off_gives_its_reason(files: dict[str, str]) -> None:
    """In ``pyproject.toml`` an ignored rule stands alone on its line, with the reason after it."""
    ruff = files["pyproject.toml"].partition("[tool.ruff.lint]")[2].partition("[tool.mypy]")[0]
    rules = [line for line in ruff.splitlines() if re.search(r'"[A-Z]+[0-9]*"', line)]
    rules = [line for line in rules if not line.startswith("select")]
    assert rules
    assert [line for line in rules if not re.search(r"#\s*\w+", line)] == []


@pytest.mark.parametrize("path", ["work/x.py", "work", "root/.cache", "home/me", "tmp/lab/x"])
def test_machine_paths_are_found(path: str) -> None:
    for before in ("", "see ", "path=", '"', "file:"):
        assert MACHINE.search(f"{before}/{path}")


@pytest.mark.parametrize(
    "line", ["/api/workers/", "./work/x", "https://x.example/work/x", "/rooms"]
)
def test_other_paths_are_left_alone(line: str) -> None:
    assert not MACHINE.search(line)


IGNORES = {
    "x = 1  # noqa: S101 # asserting is what this does": False,
    "x = 1  # noqa: S101, S102 - found on the path": False,
    "x = 1  # type: ignore[misc] # the library is untyped": False,
    "x = 1  # an ordinary remark": False,
    "x = 1  # noqa: S101": True,
    "x = 1  # noqa: S101 # why": True,
    "x = 1  # type: ignore[misc]": True,
    "x = 1  # noqa": True,
}


def test_reasons_are_told_from_none() -> None:
    assert {line: unexplained(line) for line in IGNORES} == IGNORES
