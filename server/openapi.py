"""The REST contract, OpenAPI 3.1, written by the registry."""

from __future__ import annotations

import re

from handlers import OPERATIONS, Operation, Route

from .schemas import VERSION, Json, Schemas, said

_IN_PATH = re.compile(r"\{(\w+)\}")


def openapi() -> Json:
    """The REST contract."""
    schemas = Schemas()
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


def _rest_operation(schemas: Schemas, operation: Operation, one: Route, number: int) -> Json:
    summary, description = said(operation.documentation)
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


def _responses(schemas: Schemas, operation: Operation, one: Route) -> Json:
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
