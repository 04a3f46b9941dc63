"""The operations: importing this package fills ``OPERATIONS``."""

from . import (
    history,
    messages,
    moderation,
    participants,
    presence,
    receipts,
    replies,
    rooms,
    session,
)
from .operation import OPERATIONS, Context, Operation, Outcome, Route

__all__ = [
    "OPERATIONS",
    "Context",
    "Operation",
    "Outcome",
    "Route",
    "history",
    "messages",
    "moderation",
    "participants",
    "presence",
    "receipts",
    "replies",
    "rooms",
    "session",
]
