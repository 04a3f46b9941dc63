"""The measured runs as a page: tables, pairs, goals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from .load import Figures
from .servers import SERVERS

QUIET = 0.1
"""Cores that others may use during any run before a scenario's figures are called in doubt."""
CPU_GOAL = 1.6
RATE_GOAL = 3.0

Rounds = dict[str, list[Figures]]
"""Of each server, its figures round by round."""


@dataclass(frozen=True, slots=True)
class Scenario:
    senders: int
    window: int

    def __str__(self) -> str:
        return f"{self.senders} senders, window {self.window}"


COLUMNS: dict[str, tuple[str, Callable[[Figures], float]]] = {
    "messages/s": ("{:.0f}", lambda one: one.per_second),
    "CPU s per 1,000": ("{:.3f}", lambda one: one.cpu_per_1000),
    "ack p50, ms": ("{:.1f}", lambda one: one.ack["p50"]),
    "ack p95": ("{:.1f}", lambda one: one.ack["p95"]),
    "ack p99": ("{:.1f}", lambda one: one.ack["p99"]),
    "all 4 p50, ms": ("{:.1f}", lambda one: one.delivered["p50"]),
    "all 4 p95": ("{:.1f}", lambda one: one.delivered["p95"]),
    "all 4 p99": ("{:.1f}", lambda one: one.delivered["p99"]),
    "peak RSS, MiB": ("{:.0f}", lambda one: one.peak_rss_mib),
    "server busy": ("{:.0%}", lambda one: one.server_busy),
    "generator busy": ("{:.0%}", lambda one: one.generator_busy),
    "others busy": ("{:.0%}", lambda one: one.others_busy),
    "other events": ("{:.2f}", lambda one: one.events),
}


def page(results: dict[Scenario, Rounds], machine: list[tuple[str, str]], sizes: str) -> str:
    """The whole report in Markdown."""
    parts = ["# Measured", sizes]
    for scenario, rounds in results.items():
        parts += [f"## {scenario}", _table(rounds), *_verdicts(scenario, rounds), *_doubt(rounds)]
    parts += ["## The machine", "\n".join(f"- {name}: {value}" for name, value in machine)]
    return "\n\n".join(parts) + "\n"


def _table(rounds: Rounds) -> str:
    """One row per quantity, one column per server: the median, and the range over the rounds."""
    lines = [
        "| | " + " | ".join(SERVERS[name].title for name in rounds) + " |",
        "| --- |" + " ---: |" * len(rounds),
    ]
    for title, (form, of) in COLUMNS.items():
        cells = (_cell(form, [of(one) for one in figures]) for figures in rounds.values())
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(form: str, values: list[float]) -> str:
    low, middle, high = (form.format(pick(values)) for pick in (min, median, max))
    return f"{middle} ({low} to {high})"


def _verdicts(scenario: Scenario, rounds: Rounds) -> list[str]:
    if "server" not in rounds:
        return []
    own, lines = rounds["server"], []
    if "echo" in rounds:
        pairs = [a.cpu_per_1000 / b.cpu_per_1000 for a, b in zip(own, rounds["echo"], strict=True)]
        reached = median(pairs) <= CPU_GOAL
        goal = f"goal: at most {CPU_GOAL} times the bare echo"
        lines.append(_verdict("CPU per message, pair by pair", pairs, goal, reached=reached))
    if "commit" in rounds:
        pairs = [a.per_second / c.per_second for a, c in zip(own, rounds["commit"], strict=True)]
        reached = median(pairs) >= RATE_GOAL
        goal = f"goal: at least {RATE_GOAL:.0f} times a commit per message"
        if scenario.senders == 64:
            lines.append(_verdict("Throughput, pair by pair", pairs, goal, reached=reached))
    return lines


def _doubt(rounds: Rounds) -> list[str]:
    others = median(one.others_busy for figures in rounds.values() for one in figures)
    if others <= QUIET:
        return []
    return [
        f"**In doubt**: others used {others:.0%} of a core meanwhile; run it on a quiet machine."
    ]


def _verdict(what: str, pairs: list[float], goal: str, *, reached: bool) -> str:
    each = ", ".join(f"{ratio:.2f}" for ratio in pairs)
    word = "**reached**" if reached else "**missed**"
    return f"{what}: {each}; median {median(pairs):.2f} ({goal}): {word}."
