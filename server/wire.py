"""How answers and events look on the wire: Engine.IO message, Socket.IO packet, JSON."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import orjson

from domain.errors import ChatError
from domain.events import Event

_FIELDS: dict[type, tuple[str, ...]] = {}


def to_json(value: Any) -> bytes:
    """JSON as the contract wants it: times in UTC with ``Z``."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)


def event_frame(event: Event) -> bytes:
    """The event, encoded once for all who hear it."""
    names = _FIELDS.get(type(event))
    if names is None:
        names = _FIELDS[type(event)] = tuple(one.name for one in fields(event))
    return b"42" + to_json([event.name, {name: getattr(event, name) for name in names}])


def connected_frame(sid: str) -> bytes:
    """The handshake accepted."""
    return b"40" + to_json({"sid": sid})


def refused_frame(namespace: str | None, refusal: ChatError) -> bytes:
    """The handshake refused; clients meet it as ``connect_error`` with ``data``."""
    prefix = b"44" if namespace in (None, "/") else f"44{namespace},".encode()
    return prefix + to_json({"message": refusal.message, "data": refusal.body()})


def ack_frame(packet_id: int, result: Any, error: ChatError | None) -> bytes:
    """The answer to the event that carried this id."""
    body = {"ok": True, "result": result} if error is None else {"ok": False, "error": error.body()}
    return b"43%d[" % packet_id + to_json(body) + b"]"
