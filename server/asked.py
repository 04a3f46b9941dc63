"""What one event of a client asks, and where its order is kept."""

from __future__ import annotations

from typing import Any, NamedTuple

from domain.errors import ChatError
from domain.model import place_of
from handlers import Operation

from .dispatch import find_operation
from .packets import UNREADABLE


class Asked(NamedTuple):
    """One operation as a client called it; without ``packet_id`` it wants no answer."""

    packet_id: int | None
    operation: Operation
    payload: Any

    @property
    def lane(self) -> str | None:
        """What it queues behind: the room, for operations that act on one; None: nothing."""
        if not self.operation.ordered:
            return None
        payload = self.payload
        named = payload.get("room_id") or payload.get("message_id") or payload.get("participant_id")
        if not isinstance(named, str):
            return self.operation.name
        place = None if "room_id" in payload else place_of(named)
        return place[0] if place else named


def read_event(packet_id: int | None, arguments: Any) -> Asked:
    """The operation and the one object of an event; ``invalid`` or ``unknown_operation``."""
    if arguments is UNREADABLE:
        raise ChatError(
            "invalid", "The event is not JSON text: an array of its name and one object is."
        )
    if not isinstance(arguments[0], str):
        raise ChatError("invalid", "The name of an operation is text.")
    if len(arguments) != 2 or not isinstance(arguments[1], dict):
        raise ChatError("invalid", "An operation takes exactly one object.")
    return Asked(packet_id, find_operation(arguments[0]), arguments[1])
