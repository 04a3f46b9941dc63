"""The operations: importing this package fills ``OPERATIONS``."""

from . import (
    closing,
    history,
    messages,
    moderation,
    opening,
    participants,
    presence,
    receipts,
    replies,
    rooms,
    search,
    session,
    sync,
)
from .operation import OPERATIONS, Context, Operation, Outcome, Route

__all__ = [
    "OPERATIONS",
    "Context",
    "Operation",
    "Outcome",
    "Route",
    "closing",
    "history",
    "messages",
    "moderation",
    "opening",
    "participants",
    "presence",
    "receipts",
    "replies",
    "rooms",
    "search",
    "session",
    "sync",
]
