"""Who is there, kept in this process: enough for one instance, and gone with it."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.model import PresenceStatus
from domain.ports import Lease
from domain.views import Presence

REMEMBERED = 50_000
"""How many people without a lease keep their ``last_seen``: a few megabytes, not a leak."""


@dataclass(slots=True)
class _Person:
    """Somebody who holds leases. ``status`` is the one last reported, whatever ran out since."""

    last_seen: datetime
    status: PresenceStatus = "offline"
    leases: dict[str, Lease] = field(default_factory=dict)


class MemoryPresence:
    """The presence board of a single process; see ``domain.ports.PresenceBoard``.

    A change is reported against what was reported last, so nobody hears the same status twice:
    whoever renews after running out, but before a ``lapse`` noticed, was never away. ``last_seen``
    is the last time a lease was taken, renewed or ended; it never moves back.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._people: dict[str, _Person] = {}
        # In the order of leaving, so that the first one is the one to forget.
        self._gone: dict[str, datetime] = {}
        self._remembered = remembered
        # A renewal adds an entry and leaves the old one, which later finds nothing to do: cheaper
        # than looking for it, and never more than a lease's length of renewals.
        self._ends: list[tuple[datetime, str]] = []

    async def touch(self, leases: Sequence[Lease], now: datetime) -> list[Presence]:
        for lease in leases:
            if lease.until > now:
                self._take(lease, now)
            else:
                self._end(lease, now)
        return self._settled((lease.user_id for lease in leases), now)

    async def present(self, user_ids: Collection[str], now: datetime) -> dict[str, Presence]:
        found: dict[str, Presence] = {}
        for user_id in user_ids:
            person = self._people.get(user_id)
            if person is None:
                continue
            status = _status(person.leases.values(), now)
            if status != "offline":
                found[user_id] = Presence(user_id, status, person.last_seen)
        return found

    async def lapse(self, now: datetime) -> list[Presence]:
        due: list[str] = []
        while self._ends and self._ends[0][0] <= now:
            due.append(heapq.heappop(self._ends)[1])
        return self._settled(due, now)

    def _take(self, lease: Lease, now: datetime) -> None:
        person = self._people.get(lease.user_id)
        if person is None:
            person = _Person(last_seen=self._gone.pop(lease.user_id, now))
            self._people[lease.user_id] = person
        person.last_seen = max(person.last_seen, now)
        person.leases[lease.connection_id] = lease
        heapq.heappush(self._ends, (lease.until, lease.user_id))

    def _end(self, lease: Lease, now: datetime) -> None:
        person = self._people.get(lease.user_id)
        if person is None:
            return
        ended = person.leases.pop(lease.connection_id, None)
        # Ending what had run out, or never was, is no sign of life.
        if ended is not None and ended.until > now:
            person.last_seen = max(person.last_seen, now)

    def _settled(self, user_ids: Iterable[str], now: datetime) -> list[Presence]:
        """Drop what these people's leases left behind; those whose status is another one now."""
        changed = (self._settle(user_id, now) for user_id in dict.fromkeys(user_ids))
        return [presence for presence in changed if presence is not None]

    def _settle(self, user_id: str, now: datetime) -> Presence | None:
        person = self._people.get(user_id)
        if person is None:
            return None
        for connection_id in [key for key, one in person.leases.items() if one.until <= now]:
            del person.leases[connection_id]
        status = _status(person.leases.values(), now)
        if not person.leases:
            self._forget(user_id, person.last_seen)
        if status == person.status:
            return None
        person.status = status
        return Presence(user_id, status, person.last_seen)

    def _forget(self, user_id: str, last_seen: datetime) -> None:
        del self._people[user_id]
        self._gone[user_id] = last_seen
        if len(self._gone) > self._remembered:
            del self._gone[next(iter(self._gone))]


def _status(leases: Iterable[Lease], now: datetime) -> PresenceStatus:
    """What a person's leases say together: one that is online outweighs any that are away."""
    live = {lease.status for lease in leases if lease.until > now}
    if "online" in live:
        return "online"
    return "away" if "away" in live else "offline"
