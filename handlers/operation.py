"""An operation: what can be asked, in one place.

A handler's annotations are its schemas, its docstring is its documentation, and the decorator says
who may, where it is found over REST and what it tells. Sockets, REST, both catalogues and the house
tests are read off ``OPERATIONS``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, NamedTuple, TypeVar, get_args, get_type_hints

from domain.audience import CLEARANCE, clearance
from domain.events import Event
from domain.model import Actor, Room, Viewer
from domain.permissions import Action
from domain.ports import Connection, PresenceBoard, Store

from .requests import OrderRequest, Request, RoomRequest

Result = TypeVar("Result")
Limit = Literal["send", "typing"]


class Outcome(NamedTuple, Generic[Result]):
    """What a handler answers, and what happened, to be told in this order."""

    result: Result
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """All that an operation may touch. ``request_id`` is also the id of what the request makes."""

    actor: Actor
    connection: Connection | None
    request_id: str
    now: datetime
    store: Store
    presence: PresenceBoard
    target: Room | None = None

    @property
    def room(self) -> Room:
        """The room that the request names, with the actor's right to it checked."""
        if self.target is None:
            raise LookupError("this operation names no room")
        return self.target

    @property
    def live(self) -> Connection:
        """The connection, for operations that exist on sockets only."""
        if self.connection is None:
            raise LookupError("this operation needs a connection")
        return self.connection

    @property
    def level(self) -> int:
        """What the actor may see in the room."""
        return clearance(self.actor, self.room)

    @property
    def viewer(self) -> Viewer:
        """The actor as one who reads: their level in the room, or at most anywhere."""
        return viewer_of(self.actor, self.now, self.target)


def viewer_of(actor: Actor, now: datetime, room: Room | None = None) -> Viewer:
    """The actor as one who reads in a room; without one, at the most they may see in any."""
    level = CLEARANCE[actor.role] if room is None else clearance(actor, room)
    return Viewer(actor.user_id, level, actor.is_staff or actor.role == "service", now)


@dataclass(frozen=True, slots=True)
class Route:
    """Where an operation is found over REST.

    ``gives`` is the field of the result that is the answer; without it the whole result is. With
    ``lists`` it becomes ``results`` beside ``next``. With ``creates`` the answer is 201 and has
    ``Location``, unless the result says that it was there already.
    """

    method: str
    path: str
    gives: str | None = None
    lists: bool = False
    creates: bool = False


def route(
    line: str, gives: str | None = None, *, lists: bool = False, creates: bool = False
) -> Route:
    method, path = line.split(" ")
    return Route(method, path, gives, lists, creates)


@dataclass(frozen=True, slots=True)
class Operation:
    """One entry of the registry; see :func:`operation`."""

    name: str
    request: type[Request]
    result: Any
    handler: Callable[[Context, Any], Awaitable[Outcome[Any]]]
    action: Action | None
    routes: tuple[Route, ...]
    emits: tuple[type[Any], ...]
    limit: Limit | None
    ordered: bool
    example: dict[str, Any]

    @property
    def on_room(self) -> bool:
        return issubclass(self.request, (RoomRequest, OrderRequest))

    @property
    def audited(self) -> bool:
        """Whether carrying it out is noted in the log: acts over rooms and people, not talk."""
        return self.action in _ACTS

    @property
    def documentation(self) -> str:
        return self.handler.__doc__ or ""


_ACTS = frozenset({Action.MANAGE, Action.MODERATE, Action.REOPEN, Action.RETRACT, Action.CREATE})

OPERATIONS: dict[str, Operation] = {}

Handler = Callable[[Context, Any], Awaitable[Outcome[Any]]]


def operation(
    name: str,
    *,
    action: Action | None = None,
    routes: tuple[Route, ...] = (),
    emits: tuple[type[Any], ...] = (),
    limit: Limit | None = None,
    ordered: bool = False,
    example: dict[str, Any],
) -> Callable[[Handler], Handler]:
    """Register a handler.

    ``action`` is what the permission table decides on; an operation on a room that names none
    cannot be registered. ``emits`` lists the events it may tell. ``limit`` names the bucket that
    slows it. ``ordered``: one connection's calls for one room run one after the other, in the
    order sent. ``example`` is a valid request.
    """

    def register(handler: Handler) -> Handler:
        hints = get_type_hints(handler)
        request = hints["ask"]
        found = Operation(
            name=name,
            request=request,
            result=get_args(hints["return"])[0],
            handler=handler,
            action=action,
            routes=routes,
            emits=emits,
            limit=limit,
            ordered=ordered,
            example=example,
        )
        _refuse_unfit(found)
        OPERATIONS[name] = found
        return handler

    return register


def _refuse_unfit(found: Operation) -> None:
    if found.on_room and found.action is None:
        raise TypeError(f"{found.name} is about a room and names no action")
    if not found.documentation:
        raise TypeError(f"{found.name} has no docstring")
    if found.name in OPERATIONS:
        raise TypeError(f"{found.name} is registered twice")
