"""The published contract is the registry's own, and valid by the official schemas."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from domain.errors import FAILURES, Code
from handlers import OPERATIONS
from server.catalogue import asyncapi, openapi

ASYNCAPI_SCHEMA = "static/node_modules/@asyncapi/specs/schemas/3.0.0.json"
BUILT: dict[str, Callable[[], dict[str, Any]]] = {"openapi": openapi, "asyncapi": asyncapi}
_asyncapi = functools.cache(asyncapi)
each_document = pytest.mark.parametrize("name", list(BUILT))


@pytest.fixture(scope="session")
def asyncapi_schema(root: Path) -> Draft7Validator:
    """The official schema of AsyncAPI 3.0, as npm has it."""
    path = root / ASYNCAPI_SCHEMA
    assert path.is_file(), f"{path} is missing: run `npm ci --ignore-scripts` in static/"
    return Draft7Validator(json.loads(path.read_text()))


@each_document
def test_what_is_committed_is_what_the_registry_says(root: Path, name: str) -> None:
    committed = json.loads((root / "docs" / f"{name}.json").read_text())
    assert committed == BUILT[name](), "run `python3 run.py docs`"


def test_openapi_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(openapi()).iter_errors()) == []


def test_the_official_openapi_schema_finds_a_fault() -> None:
    broken = openapi()
    broken["paths"]["/api/chat-rooms/"]["get"]["responses"] = []
    assert list(OpenAPIV31SpecValidator(broken).iter_errors())


def test_asyncapi_is_valid(asyncapi_schema: Draft7Validator) -> None:
    found = list(asyncapi_schema.iter_errors(asyncapi()))
    assert not found, [(list(one.absolute_path), one.message[:200]) for one in found]


def test_the_official_asyncapi_schema_finds_a_fault(asyncapi_schema: Draft7Validator) -> None:
    broken = copy.deepcopy(asyncapi())
    broken["operations"]["room.list"]["action"] = "ask"
    assert list(asyncapi_schema.iter_errors(broken))


def references(part: Any) -> list[str]:
    if isinstance(part, list):
        return [one for item in part for one in references(item)]
    if not isinstance(part, dict):
        return []
    own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
    return own + [one for item in part.values() for one in references(item)]


@each_document
def test_every_reference_leads_somewhere(name: str) -> None:
    document = BUILT[name]()
    named = set(references(document))
    assert named
    for reference in named:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize(("name", "schema"), [("openapi", "Problem"), ("asyncapi", "Error")])
def test_every_error_code_is_documented(name: str, schema: str) -> None:
    codes = BUILT[name]()["components"]["schemas"][schema]["properties"]["code"]["enum"]
    assert set(codes) == set(get_args(Code)) == set(FAILURES)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_example_fits_its_published_schema(operation: str) -> None:
    document = _asyncapi()
    payload = f"#/channels/socket/messages/{operation}/payload"
    published = Draft202012Validator({**document, "$ref": payload})
    assert published.is_valid(OPERATIONS[operation].example)
    assert not published.is_valid({**OPERATIONS[operation].example, "nonsense": 1})


def test_every_route_is_published() -> None:
    published = {
        (method.upper(), path) for path, entry in openapi()["paths"].items() for method in entry
    }
    served = {(one.method, one.path) for found in OPERATIONS.values() for one in found.routes}
    assert served <= published
