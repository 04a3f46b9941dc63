"""The Socket.IO contract, AsyncAPI 3.0, written by the registry."""

from __future__ import annotations

from handlers import OPERATIONS, Operation

from .schemas import EVENTS, VERSION, Json, Schemas, said


def asyncapi() -> Json:
    """The Socket.IO contract: operations with their acknowledgements, and events."""
    schemas = Schemas()
    messages: Json = {}
    operations: Json = {}
    for operation in OPERATIONS.values():
        messages[operation.name] = _asked_message(schemas, operation)
        operations[operation.name] = _async_operation("receive", operation.name)
    for event in EVENTS:
        name = event.name if event.name not in messages else f"{event.name}.summary"
        summary, description = said(event.__doc__)
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


def _asked_message(schemas: Schemas, operation: Operation) -> Json:
    summary, description = said(operation.documentation)
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
