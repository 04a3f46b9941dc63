"""The schemas that both contracts are made of, from the registry's own types."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from domain.errors import FAILURES
from domain.events import Event
from handlers import OPERATIONS, Operation

VERSION = "0.1.0"
EVENTS: tuple[type[Any], ...] = get_args(Event)
_REF = "#/components/schemas/{model}"

Json = dict[str, Any]


def _inputs() -> Iterator[tuple[str, JsonSchemaMode, TypeAdapter[Any]]]:
    for operation in OPERATIONS.values():
        yield f"{operation.name} request", "validation", TypeAdapter(operation.request)
        yield f"{operation.name} result", "serialization", TypeAdapter(operation.result)
    for event in EVENTS:
        yield f"{event.__name__} event", "serialization", TypeAdapter(event)


class Schemas:
    """The schemas of all requests, results and events, sharing their definitions."""

    def __init__(self) -> None:
        schemas, shared = TypeAdapter.json_schemas(list(_inputs()), ref_template=_REF)
        self._schemas: dict[str, Json] = {str(key): schema for (key, _), schema in schemas.items()}
        self.definitions: Json = shared.get("$defs", {})
        self.definitions["Error"] = _ERROR
        self.definitions["Problem"] = _PROBLEM

    def request(self, operation: Operation) -> Json:
        return self._schemas[f"{operation.name} request"]

    def result(self, operation: Operation) -> Json:
        return self._schemas[f"{operation.name} result"]

    def event(self, event: type[Any]) -> Json:
        return self._schemas[f"{event.__name__} event"]

    def resolved(self, schema: Json) -> Json:
        """The schema itself where it is only a reference to a shared one."""
        name = schema.get("$ref", "").rpartition("/")[2]
        found: Json = self.definitions[name] if name else schema
        return found


_ERROR: Json = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"enum": list(FAILURES)},
        "message": {"type": "string"},
        "details": {"type": "array", "items": {"type": "object"}},
        "retry_after": {"type": "number", "description": "seconds"},
    },
}
_PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"enum": list(FAILURES)},
        "errors": {"type": "array", "items": {"type": "object"}},
        "retry_after": {"type": "number", "description": "seconds"},
    },
}


def said(text: str | None) -> tuple[str, str]:
    """A docstring's first sentence, and all of it."""
    whole = inspect.cleandoc(text or "")
    return whole.split("\n\n")[0].replace("\n", " "), whole
