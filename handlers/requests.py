"""What requests are made of. Unknown fields, wrong types and unprintable ids are refused here."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from domain.model import place_of

_PRINTABLE = r"^[^\x00-\x20\x7f-\xa0\u2028\u2029]+$"

Id = Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=_PRINTABLE)]
"""An id of the caller's: up to 128 printable characters without white space."""
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")
]
PageSize = Annotated[int, Field(ge=1, le=100)]
Sequence = Annotated[int, Field(ge=0, le=2**31)]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _only_text(value: Any) -> Any:
    if not isinstance(value, str | datetime):
        raise ValueError("must be a time like 2026-01-31T12:00:00Z")  # noqa: TRY004 # pydantic reads ValueError
    return value


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must say its zone, like 2026-01-31T12:00:00Z")
    return value.astimezone(UTC)


Time = Annotated[
    datetime, Field(strict=False), BeforeValidator(_only_text), AfterValidator(_in_utc)
]
"""RFC 3339 with a zone; kept in UTC."""


MAX_DEPTH = 8
"""Levels of metadata: what is kept must always be told again, and JSON writers have an end."""


def _small(value: dict[str, Any]) -> dict[str, Any]:
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        level = [
            part
            for one in level
            if isinstance(one, dict | list)
            for part in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise ValueError(f"nested at most {MAX_DEPTH} deep")
    if len(value) > 50 or len(repr(value)) > 8_192:
        raise ValueError("at most 50 keys and 8 KiB")
    return value


Metadata = Annotated[dict[str, Any], AfterValidator(_small)]


class Request(BaseModel):
    """What is asked: exactly these fields, of exactly these types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class RoomRequest(Request):
    """A request about a room, named by its id or inside the id of something in it."""

    @abstractmethod
    def place(self) -> str | None:
        """The id of the room, None where the request carries an id that cannot be one."""


def room_within(identifier: str) -> str | None:
    """The id of the room inside a message's or participant's id."""
    found = place_of(identifier)
    return found[0] if found else None


class InRoom(RoomRequest):
    room_id: Id

    def place(self) -> str | None:
        return self.room_id


class OnMessage(RoomRequest):
    message_id: Id

    def place(self) -> str | None:
        return room_within(self.message_id)


class OnParticipant(RoomRequest):
    """Somebody in a room: by ``room_id`` and ``user_id``, or by ``participant_id`` alone."""

    room_id: Id | None = None
    user_id: Id | None = None
    participant_id: Id | None = None

    @model_validator(mode="after")
    def _one_way(self) -> OnParticipant:
        by_user = self.room_id is not None and self.user_id is not None
        by_id = self.participant_id is not None and self.room_id is None and self.user_id is None
        if by_user == by_id or (by_user and self.participant_id is not None):
            raise ValueError("name room_id and user_id, or participant_id")
        return self

    def place(self) -> str | None:
        if self.participant_id is None:
            return self.room_id
        return room_within(self.participant_id)


class OrderRequest(Request):
    """A request about a room, named by its id or by its order."""

    room_id: Id | None = None
    order_id: Id | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> OrderRequest:
        if (self.room_id is None) == (self.order_id is None):
            raise ValueError("name either room_id or order_id")
        return self
