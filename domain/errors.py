"""Every failure a client can meet: one class, one table."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Code = Literal[
    "unauthenticated",
    "forbidden",
    "not_found",
    "invalid",
    "conflict",
    "room_closed",
    "room_full",
    "muted",
    "blocked",
    "rate_limited",
    "too_large",
    "unknown_operation",
    "unavailable",
    "internal",
]


class Failure(NamedTuple):
    """What a code means over HTTP, and whether the same request may work later unchanged."""

    status: int
    title: str
    retry: bool


FAILURES: dict[Code, Failure] = {
    "unauthenticated": Failure(401, "Sign in first", False),
    "forbidden": Failure(403, "Not allowed", False),
    "not_found": Failure(404, "Not found", False),
    "invalid": Failure(400, "The request is not right", False),
    "conflict": Failure(409, "It contradicts what is there", False),
    "room_closed": Failure(409, "The room is closed", False),
    "room_full": Failure(409, "The room is full", False),
    "muted": Failure(403, "You are muted", False),
    "blocked": Failure(403, "You are blocked", False),
    "rate_limited": Failure(429, "Too many requests", True),
    "too_large": Failure(413, "Too large", False),
    "unknown_operation": Failure(404, "No such operation", False),
    "unavailable": Failure(503, "Not available just now", True),
    "internal": Failure(500, "Something went wrong here", True),
}


class FieldError(NamedTuple):
    field: str
    message: str


class ChatError(Exception):
    """A refusal with a decided meaning; ``message`` is for people and says what to do.

    ``retry_after`` is in seconds. ``details`` names the fields at fault.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        details: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.details = details
        self.retry_after = retry_after

    def body(self) -> dict[str, Any]:
        """The error as the socket's acknowledgement carries it."""
        out: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            out["details"] = [one._asdict() for one in self.details]
        if self.retry_after is not None:
            out["retry_after"] = self.retry_after
        return out


def invalid(field: str, message: str) -> ChatError:
    """A refusal of one field of the request."""
    return ChatError("invalid", f"{field}: {message}", (FieldError(field, message),))


def not_found(what: str) -> ChatError:
    """The one answer for what is not there and for what is not yours: they must not differ."""
    return ChatError("not_found", f"There is no such {what}, or it is not yours to see.")
