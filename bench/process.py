"""What the kernel knows: processor time and memory of a process with all its children."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import Self

_TICK = os.sysconf("SC_CLK_TCK")
_UTIME, _CSTIME = 11, 15
_IDLE = (3, 4)
"""Where idle and waiting-for-disk stand among the machine's times."""
_GUEST = 8


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds on four clocks: the wall's, and processor time of the server, of the generator
    (the process that asks) and of the whole machine."""

    wall: float
    server: float
    generator: float
    machine: float

    @classmethod
    def read(cls, pid: int) -> Self:
        return cls(perf_counter(), cpu_seconds(pid), process_time(), _machine_seconds())

    def since(self, before: Self) -> Clocks:
        return Clocks(
            self.wall - before.wall,
            self.server - before.server,
            self.generator - before.generator,
            self.machine - before.machine,
        )


def cpu_seconds(pid: int) -> float:
    """User and system time of the process, all its threads, and all children, ended or not."""
    return sum(_own_seconds(one) for one in _family(pid))


def peak_rss(pid: int) -> int:
    """The most memory held at any time, in bytes; of several processes, the sum of their peaks."""
    return sum(_own_peak(one) for one in _family(pid))


def _machine_seconds() -> float:
    with Path("/proc/stat").open() as lines:
        # What guests used is counted under user time too.
        times = [int(ticks) for ticks in lines.readline().split()[1:]][:_GUEST]
    return sum(ticks for place, ticks in enumerate(times) if place not in _IDLE) / _TICK


def _own_seconds(pid: int) -> float:
    # The name in parentheses may contain anything; the numbers start after the last one.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(ticks) for ticks in fields[_UTIME:_CSTIME]) / _TICK


def _own_peak(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _family(pid: int) -> list[int]:
    family = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            family += _family(int(child))
    return family
