"""What a handler wrote is told before anything else can be written: nothing waits between."""

from __future__ import annotations

import ast
from pathlib import Path

WRITES = {"open_room", "change_room", "change_message", "append", "mark"}
WAITS_AFTERWARDS = {
    "place": "only a repeat is read again, and a repeat is told to nobody",
    "_open": "a room that was there already has not been written by then",
    "_mark": "the fan-out drops a receipt that was overtaken",
}


def waits_after_writing(function: ast.AsyncFunctionDef) -> bool:
    awaited = [node.value for node in ast.walk(function) if isinstance(node, ast.Await)]
    calls = [one for one in awaited if isinstance(one, ast.Call)]
    written = [one.lineno for one in calls if ast.unparse(one.func).split(".")[-1] in WRITES]
    return bool(written) and any(one.lineno > min(written) for one in calls)


def test_nothing_waits_between_a_write_and_its_telling(root: Path) -> None:
    found = {
        node.name
        for path in (root / "handlers").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.AsyncFunctionDef) and waits_after_writing(node)
    }
    assert found == set(WAITS_AFTERWARDS)
