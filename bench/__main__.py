"""``python -m bench``: the same load against three servers, in turn, round by round."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from .load import SEATS, Figures, Task
from .machine import description
from .report import Rounds, Scenario, page
from .servers import ROOT, SERVERS, ServerError, running

ROOMS = 16
SCENARIOS = (Scenario(64, 1), Scenario(64, 4), Scenario(8, 1))
RESULTS = ROOT / "bench" / "results.md"


def main() -> None:
    args = _arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    results: dict[Scenario, Rounds] = {}
    try:
        for scenario in SCENARIOS:
            results[scenario] = _rounds(scenario, args)
    except ServerError as reason:
        sys.exit(str(reason))
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        machine = description(Path(folder))
    text = page(results, machine, _sizes(args))
    print(text)
    if args.write:
        RESULTS.write_text(text)


def _rounds(scenario: Scenario, args: argparse.Namespace) -> Rounds:
    rounds: Rounds = {name: [] for name in SERVERS if name in args.servers}
    for _ in range(args.rounds):
        for name, figures in rounds.items():
            figures.append(_measure(name, scenario, args))
    return rounds


def _measure(name: str, scenario: Scenario, args: argparse.Namespace) -> Figures:
    server = SERVERS[name]
    with (
        tempfile.TemporaryDirectory(dir=args.folder) as folder,
        running(server, Path(folder).resolve()) as site,
    ):
        task = Task(
            port=site.port,
            pid=site.pid,
            seats=server.seats(site, ROOMS),
            senders=scenario.senders,
            window=scenario.window,
            warm_up=args.warm_up,
            messages=args.messages,
            numbered=server.numbered,
        )
        figures = _generate(task)
    print(
        f"{scenario}: {server.title}: {figures.per_second:.0f} messages/s,"
        f" {figures.cpu_per_1000:.3f} CPU s per 1,000",
        file=sys.stderr,
    )
    return figures


def _generate(task: Task) -> Figures:
    """Runs the generator in its own process, so that only its sockets touch the server."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        cwd=ROOT,
        input=json.dumps(asdict(task)),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.returncode)  # the generator has said why
    return Figures(**json.loads(done.stdout))


def _sizes(args: argparse.Namespace) -> str:
    return (
        f"{args.rounds} rounds; in each, every server once, in this order, as a fresh process:"
        f" {args.messages:,} messages after {args.warm_up:,} to warm up, in {ROOMS} rooms"
        f" of {SEATS} connected people. Median (lowest to highest) over the rounds."
        " What the rows mean: [README](README.md)."
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--servers", type=_names, default=list(SERVERS), metavar="A,B")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=20_000, help="measured, in each run")
    parser.add_argument("--warm-up", type=int, default=2_000, help="sent before, not measured")
    parser.add_argument("--quick", action="store_true", help="one round of 2,000 messages")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "data", help="on the disk to measure; left empty"
    )
    parser.add_argument("--write", action="store_true", help="replace bench/results.md")
    args = parser.parse_args()
    if args.quick:
        args.rounds, args.messages, args.warm_up = 1, 2_000, 500
    return args


def _names(given: str) -> list[str]:
    names = given.split(",")
    unknown = [name for name in names if name not in SERVERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(SERVERS)}")
    return names


if __name__ == "__main__":
    main()
