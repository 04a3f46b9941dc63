"""The contract, written by the registry: OpenAPI 3.1 for REST, AsyncAPI 3.0 for Socket.IO."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import orjson
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from domain.errors import FAILURES
from domain.events import Event
from handlers import OPERATIONS, Operation, Route

VERSION = "0.1.0"
EVENTS: tuple[type[Any], ...] = get_args(Event)
_REF = "#/components/schemas/{model}"
_IN_PATH = re.compile(r"\{(\w+)\}")

Json = dict[str, Any]
Key = tuple[str, JsonSchemaMode]


def _inputs() -> Iterator[tuple[str, JsonSchemaMode, TypeAdapter[Any]]]:
    for operation in OPERATIONS.values():
        yield f"{operation.name} request", "validation", TypeAdapter(operation.request)
        yield f"{operation.name} result", "serialization", TypeAdapter(operation.result)
    for event in EVENTS:
        yield f"{event.__name__} event", "serialization", TypeAdapter(event)


class _Schemas:
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


def _said(text: str | None) -> tuple[str, str]:
    """A docstring's first sentence, and all of it."""
    whole = inspect.cleandoc(text or "")
    return whole.split("\n\n")[0].replace("\n", " "), whole


def openapi() -> Json:
    """The REST contract."""
    schemas = _Schemas()
    paths: dict[str, Json] = {}
    for operation in OPERATIONS.values():
        for number, one in enumerate(operation.routes):
            entry = _rest_operation(schemas, operation, one, number)
            paths.setdefault(one.path, {})[one.method.lower()] = entry
    paths.update(_health_paths())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Order chat",
            "version": VERSION,
            "description": "One room per order. Every route does what the Socket.IO operation of "
            "the same name does, by the same code.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
            "schemas": dict(sorted(schemas.definitions.items())),
        },
    }


def _rest_operation(schemas: _Schemas, operation: Operation, one: Route, number: int) -> Json:
    summary, description = _said(operation.documentation)
    request = schemas.resolved(schemas.request(operation))
    in_path = _IN_PATH.findall(one.path)
    rest = {name: kind for name, kind in request["properties"].items() if name not in in_path}
    required = [name for name in request.get("required", ()) if name in rest]
    entry: Json = {
        "operationId": operation.name + (f".{number + 1}" if number else ""),
        "tags": [one.path.split("/")[2]],
        "summary": summary,
        "description": description,
        "parameters": [
            _parameter(name, "path", {"type": "string"}, required=True) for name in in_path
        ],
        "responses": _responses(schemas, operation, one),
    }
    if one.method in ("POST", "PUT"):
        if rest:
            entry["requestBody"] = _body(operation, request, rest, required)
    else:
        entry["parameters"] += [
            _parameter(name, "query", kind, required=name in required)
            for name, kind in rest.items()
        ]
    return entry


def _parameter(name: str, place: str, kind: Json, *, required: bool) -> Json:
    return {"name": name, "in": place, "required": required, "schema": kind}


def _body(operation: Operation, request: Json, rest: Json, required: list[str]) -> Json:
    schema: Json = {"type": "object", "additionalProperties": False, "properties": rest}
    if required:
        schema["required"] = required
    if "description" in request:
        schema["description"] = request["description"]
    example = {name: value for name, value in operation.example.items() if name in rest}
    return {
        "required": bool(required),
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _responses(schemas: _Schemas, operation: Operation, one: Route) -> Json:
    result = schemas.result(operation)
    fields = schemas.resolved(result).get("properties", {})
    schema = result if one.gives is None else fields[one.gives]
    if one.lists:
        following = {"anyOf": [{"type": "string"}, {"type": "null"}]}
        schema = {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": following},
        }
    answer = {"description": "Done", "content": {"application/json": {"schema": schema}}}
    responses: Json = {"200": answer}
    if one.creates:
        location = {"description": "Where it is", "schema": {"type": "string"}}
        responses["201"] = {**answer, "description": "Made", "headers": {"Location": location}}
        responses["200"] = {**answer, "description": "It was there already"}
    refused = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses["default"] = {"description": "Refused", "content": refused}
    return responses


def _health_paths() -> Json:
    def get(name: str, summary: str, *statuses: str) -> Json:
        document = {"application/json": {"schema": {"type": "object"}}}
        responses = {one: {"description": summary, "content": document} for one in statuses}
        return {
            "get": {
                "operationId": name,
                "tags": ["health"],
                "summary": summary,
                "security": [],
                "responses": responses,
            }
        }

    return {
        "/api/health/live": get("health.live", "The process runs.", "200"),
        "/api/health/ready": get("health.ready", "Each part and its state.", "200", "503"),
        "/api/openapi.json": get("openapi", "This document.", "200"),
        "/api/asyncapi.json": get("asyncapi", "The Socket.IO contract.", "200"),
    }


def asyncapi() -> Json:
    """The Socket.IO contract: operations with their acknowledgements, and events."""
    schemas = _Schemas()
    messages: Json = {}
    operations: Json = {}
    for operation in OPERATIONS.values():
        messages[operation.name] = _asked_message(schemas, operation)
        operations[operation.name] = _async_operation("receive", operation.name)
    for event in EVENTS:
        name = event.name if event.name not in messages else f"{event.name}.summary"
        summary, description = _said(event.__doc__)
        messages[name] = {
            "name": event.name,
            "summary": summary,
            "description": description,
            "payload": schemas.event(event),
        }
        operations[f"on {name}"] = _async_operation("send", name)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Order chat",
            "version": VERSION,
            "description": "Socket.IO at /socket.io/, default namespace, auth {token}. Each "
            "operation is an event with one object, answered by the acknowledgement in x-ack.",
        },
        "channels": {
            "socket": {"address": "/socket.io/", "messages": dict(sorted(messages.items()))}
        },
        "operations": dict(sorted(operations.items())),
        "components": {"schemas": dict(sorted(schemas.definitions.items()))},
    }


def _asked_message(schemas: _Schemas, operation: Operation) -> Json:
    summary, description = _said(operation.documentation)
    done = {
        "type": "object",
        "required": ["ok", "result"],
        "properties": {"ok": {"const": True}, "result": schemas.result(operation)},
    }
    refused = {
        "type": "object",
        "required": ["ok", "error"],
        "properties": {
            "ok": {"const": False},
            "error": {"$ref": "#/components/schemas/Error"},
        },
    }
    return {
        "name": operation.name,
        "summary": summary,
        "description": description,
        "payload": schemas.request(operation),
        "examples": [{"payload": operation.example}],
        "x-ack": {"oneOf": [done, refused]},
        "x-emits": sorted({one.name for one in operation.emits}),
    }


def _async_operation(action: str, name: str) -> Json:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "messages": [{"$ref": f"#/channels/socket/messages/{name}"}],
    }


def write(folder: Path) -> None:
    """Write both documents, as they are committed."""
    for name, document in (("openapi", openapi()), ("asyncapi", asyncapi())):
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"
        (folder / f"{name}.json").write_text(text)
