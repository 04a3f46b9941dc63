"""The code keeps its own measures: short functions and files, few fields, plain names."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from handlers import Context

PRODUCT = ("domain", "handlers", "storage", "presence", "server")
ROOT = Path(__file__).parent.parent.parent
FORBIDDEN = {
    *("manager", "service", "helper", "util", "common"),
    *("base", "misc", "processor", "data", "info"),
}
ALLOWED_NAMES = {
    ("server/sockets.py", "data"): "the library's own name for an argument",
    ("server/packets.py", "data"): "the library's own name for an attribute",
    ("domain/permissions.py", "service"): "the role that the order platform has",
    ("server/logs.py", "info"): "the name of a level",
    ("server/settings.py", "data_dir"): "the variable DATA_DIR is the contract's",
}
MAX_FUNCTION, USUAL_FUNCTION = 40, 25
MAX_FILE, USUAL_FILE, MAX_STORAGE_FILE = 350, 200, 500
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source(NamedTuple):
    """One file of the product, or of the tests."""

    name: str
    text: str
    tree: ast.Module

    @property
    def length(self) -> int:
        return len(self.text.splitlines())


def read(*folders: str) -> list[Source]:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    texts = [(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths]
    return [Source(name, text, ast.parse(text)) for name, text in texts]


SOURCES = read(*PRODUCT)
TESTS = read("tests")


def functions() -> Iterator[tuple[str, int]]:
    for source in SOURCES:
        for node in ast.walk(source.tree):
            if isinstance(node, Function):
                yield f"{source.name}:{node.lineno} {node.name}", length(node)


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def ninth_decile(numbers: list[int]) -> int:
    return sorted(numbers)[int(len(numbers) * 0.9)]


def test_functions_are_short() -> None:
    found = dict(functions())
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines > MAX_FUNCTION} == {}
    assert ninth_decile(list(found.values())) <= USUAL_FUNCTION


def test_files_are_short() -> None:
    found = {one.name: one.length for one in SOURCES}
    limits = {name: MAX_STORAGE_FILE if name.startswith("storage") else MAX_FILE for name in found}
    assert {name: lines for name, lines in found.items() if lines > limits[name]} == {}
    assert ninth_decile(list(found.values())) <= USUAL_FILE


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def test_no_import_of_our_own_reaches_deep() -> None:
    """``storage.sqlite`` is a place, ``storage.sqlite.rows`` is somebody else's inside."""
    deep = [
        f"{source.name}: {name}"
        for source in SOURCES
        for name in imported(source.tree)
        if (name.startswith(PRODUCT) and name.count(".") > 1) or name.startswith("..")
    ]
    assert deep == []


def test_an_operation_may_touch_few_things() -> None:
    assert len(dataclasses.fields(Context)) <= 7


def test_a_port_has_few_methods() -> None:
    ports = next(one for one in SOURCES if one.name == "domain/ports.py")
    found = {
        node.name: sum(isinstance(one, Function) for one in node.body)
        for node in ports.tree.body
        if isinstance(node, ast.ClassDef) and "Protocol" in {ast.unparse(b) for b in node.bases}
    }
    assert {"Store", "PresenceBoard", "Connection"} <= set(found)
    assert {name: count for name, count in found.items() if count > 12} == {}


def words(name: str) -> set[str]:
    """The words of a name, however they are joined, in the singular."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
    return {word for part in parts for word in (part.lower(), part.lower().removesuffix("s"))}


def names_in(tree: ast.Module) -> Iterator[str]:
    """Every name that the code gives to something."""
    for node in ast.walk(tree):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def test_names_say_what_they_mean() -> None:
    found = set()
    for source in SOURCES:
        given = {*names_in(source.tree), *Path(source.name).with_suffix("").parts}
        found |= {(source.name, one) for one in given if words(one) & FORBIDDEN}
    assert found - set(ALLOWED_NAMES) == set()
    assert set(ALLOWED_NAMES) <= found, "no longer needed: take it out of ALLOWED_NAMES"


@pytest.mark.parametrize("name", ["MessageManager", "room_data", "utils", "InfoBase", "HTTPHelper"])
def test_empty_names_are_found(name: str) -> None:
    assert words(name) & FORBIDDEN


FAKES = re.compile(
    r"(?:^|\.)sleep$|unittest\.mock|^mock\b|\bmocker\b|mark\.(?:skip|skipif|xfail)\b|^pytest\.skip$"
)


def named(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What is imported, and what is reached through a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for one in node.names:
                yield node.lineno, f"{module}.{one.name}" if module else one.name
        elif isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def test_tests_wait_for_conditions_and_play_no_parts() -> None:
    assert TESTS
    found = {
        f"{source.name}:{line} {name}"
        for source in TESTS
        for line, name in named(source.tree)
        if FAKES.search(name)
    }
    assert found == set()


@pytest.mark.parametrize(
    "name", ["asyncio.sleep", "time.sleep", "unittest.mock", "pytest.mark.skipif", "pytest.skip"]
)
def test_fakes_are_found(name: str) -> None:
    assert FAKES.search(name)
