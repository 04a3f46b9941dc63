"""The live connections of this instance, by room and by person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from domain.audience import clearance
from domain.model import Actor, Room


class Listener(Protocol):
    """A live connection that can be told something."""

    @property
    def id(self) -> str: ...

    @property
    def actor(self) -> Actor: ...

    def push(self, frame: bytes) -> None:
        """Queue an encoded frame; never waits, never raises."""


@dataclass(slots=True)
class Channel:
    """A room with listeners here: what each may see, and how far its log has been told.

    ``seq`` is None until the first message is told; ``wanted`` is the last number heard of.
    ``marks`` is what was last told of each person's.
    """

    levels: dict[Listener, int] = field(default_factory=dict)
    seq: int | None = None
    wanted: int = 0
    healing: bool = False
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)


class Channels:
    """Who hears which room, and which rooms a person takes part in."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._heard: dict[Listener, set[str]] = {}
        self._people: dict[str, set[Listener]] = {}
        self._rooms_of: dict[str, set[str]] = {}
        self._moves: dict[str, int] = {}
        self.staff: set[Listener] = set()

    async def enter(
        self, listener: Listener, rooms_of: Callable[[], Awaitable[list[Room]]]
    ) -> None:
        """Have a listener hear every room its person takes part in.

        ``rooms_of`` reads them. If the person's place in some room changes while it is read, it is
        read again, so that nobody keeps hearing a room that they lost meanwhile.
        """
        user_id = listener.actor.user_id
        self._heard[listener] = set()
        self._people.setdefault(user_id, set()).add(listener)
        if listener.actor.is_staff:
            self.staff.add(listener)
        while True:
            moves = self._moves.get(user_id, 0)
            rooms = await rooms_of()
            if moves == self._moves.get(user_id, 0):
                break
        for room in rooms:
            self.watch(listener, room.id, clearance(listener.actor, room))
            self.belongs(user_id, room.id)

    def exit(self, listener: Listener) -> None:
        """Forget a connection that ended. What its person takes part in stays known for now."""
        for room_id in list(self._heard.pop(listener, ())):
            self.unwatch(listener, room_id)
        self.staff.discard(listener)
        others = self._people.get(listener.actor.user_id, set())
        others.discard(listener)
        if not others:
            self._people.pop(listener.actor.user_id, None)

    def watch(self, listener: Listener, room_id: str, level: int) -> None:
        """Tell the listener what happens in the room; nothing for one that has ended."""
        heard = self._heard.get(listener)
        if heard is None:
            return
        heard.add(room_id)
        self._channels.setdefault(room_id, Channel()).levels[listener] = level

    def unwatch(self, listener: Listener, room_id: str) -> None:
        self._heard.get(listener, set()).discard(room_id)
        channel = self._channels.get(room_id)
        if channel is not None:
            channel.levels.pop(listener, None)
            if not channel.levels:
                del self._channels[room_id]

    def channel(self, room_id: str) -> Channel | None:
        return self._channels.get(room_id)

    def hears(self, user_id: str, room_id: str) -> bool:
        """Whether any of the person's connections hears the room."""
        return any(room_id in self._heard.get(one, ()) for one in self.connections_of(user_id))

    def connections_of(self, user_id: str) -> set[Listener]:
        return self._people.get(user_id, set())

    def staff_outside(self, room_id: str) -> list[Listener]:
        """Support's connections that do not hear the room itself."""
        channel = self._channels.get(room_id)
        heard = {} if channel is None else channel.levels
        return [one for one in self.staff if one not in heard]

    def belongs(self, user_id: str, room_id: str) -> None:
        """The person takes part in the room."""
        self._rooms_of.setdefault(user_id, set()).add(room_id)

    def takes_part(self, user_id: str, room_id: str) -> bool:
        return room_id in self._rooms_of.get(user_id, ())

    def moved(self, user_id: str) -> None:
        """The person's place in some room changed: see :meth:`enter`."""
        if user_id in self._people:
            self._moves[user_id] = self._moves.get(user_id, 0) + 1

    def cut_off(self, user_id: str, room_id: str) -> None:
        """The person lost the room: none of their connections hears it any longer."""
        self._rooms_of.get(user_id, set()).discard(room_id)
        for listener in self.connections_of(user_id):
            self.unwatch(listener, room_id)

    def around(self, user_id: str) -> Iterator[Listener]:
        """Everybody who shares a room with the person here, and their own connections, once."""
        found = set(self.connections_of(user_id))
        for room_id in self._rooms_of.get(user_id, ()):
            channel = self._channels.get(room_id)
            if channel is not None:
                found.update(channel.levels)
        return iter(found)

    def forget(self, user_id: str) -> None:
        """The person is gone and everybody was told: their rooms need not be known here."""
        if user_id not in self._people:
            self._rooms_of.pop(user_id, None)
            self._moves.pop(user_id, None)
