"""What can go wrong with a store, before it serves and while it does."""

from __future__ import annotations

from pathlib import Path

from domain.errors import ChatError

RETRY_AFTER = 2.0
"""Seconds after which a client may ask again when the store failed."""


class StoreUnusable(Exception):  # noqa: N818 - named by what is the case
    """The place where history is kept cannot be used at all; ``reason`` says what to do."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def unavailable(reason: str) -> ChatError:
    """The refusal of a call that the store could not carry out: nothing of it was kept."""
    return ChatError(
        "unavailable", f"The history is out of reach ({reason}): try again.", (), RETRY_AFTER
    )
