"""The command line; ``python3 run.py --help`` lists its commands and every setting."""
# ruff: noqa: PLC0415 - a package may be imported only once it is known to be there

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python is told, and does not stumble
    sys.stderr.write("order-chat: Python 3.11 or newer is needed to run this\n")
    sys.exit(2)

import argparse
import subprocess
import sysconfig
import textwrap
from pathlib import Path
from typing import get_args

from domain.model import Role
from server import bootstrap

PARALLEL = ("-n", "3", "--dist", "worksteal")
"""Three test processes, since much of a test is waiting for its server."""
CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("mypy", "run.py"),
    ("lint-imports",),
)
LONGEST_TTL = 365 * 24 * 3600


def serve(_: argparse.Namespace) -> int:
    bootstrap.prepare()
    from server import settings

    chosen = settings.load()
    try:
        bootstrap.build_page()
    except bootstrap.SetupError as missing:
        _complain(f"serving without the browser page: {missing}")
    from server import app

    return app.serve(chosen)


def token(asked: argparse.Namespace) -> int:
    bootstrap.prepare()
    from server import clock, settings, tokens

    chosen = settings.load()
    secret = tokens.signing_secret(chosen)
    if secret is None:
        raise bootstrap.SetupError("only JWT_SECRET signs tokens here: a public key verifies them")
    try:
        signed = tokens.sign(
            secret,
            user_id=asked.user,
            role=asked.role,
            name=asked.name,
            ttl=asked.ttl,
            now=clock.now(),
            audience=chosen.jwt_audience,
            issuer=chosen.jwt_issuer,
        )
    except ValueError as wrong:
        raise bootstrap.SetupError(str(wrong)) from None
    print(signed)
    return 0


def setup(_: argparse.Namespace) -> int:
    bootstrap.prepare(bootstrap.TESTING)
    bootstrap.build_page()
    return 0


def test(asked: argparse.Namespace) -> int:
    bootstrap.prepare(bootstrap.TESTING)
    bootstrap.find_browser()
    bootstrap.find_node()
    bootstrap.build_page()
    command = [sys.executable, "-m", "pytest", *PARALLEL, *asked.rest]
    return subprocess.call(command, cwd=bootstrap.ROOT)  # noqa: S603 - the caller's own arguments


def check(_: argparse.Namespace) -> int:
    bootstrap.prepare(bootstrap.TESTING)
    programs = Path(sysconfig.get_path("scripts"))
    statuses = []
    for name, *arguments in CHECKS:
        print("#", name, *arguments, flush=True)
        command = [str(programs / name), *arguments]
        statuses.append(subprocess.call(command, cwd=bootstrap.ROOT))  # noqa: S603 - from CHECKS
    return next((status for status in statuses if status), 0)


def docs(_: argparse.Namespace) -> int:
    bootstrap.prepare()
    from server import catalogue, settings

    catalogue.write(bootstrap.ROOT / "docs")
    (bootstrap.ROOT / ".env.example").write_text(settings.example(), encoding="utf-8")
    readme = bootstrap.ROOT / "README.md"
    readme.write_text(settings.in_readme(readme.read_text("utf-8")), encoding="utf-8")
    return 0


def show_help(parser: argparse.ArgumentParser) -> int:
    bootstrap.prepare()
    from server import settings

    print(parser.format_help())
    print("settings, from the environment or a .env file in the current directory:")
    for name, default, meaning in settings.rows():
        told = textwrap.fill(f"{meaning} Default: {default}.", 96)
        print(f"  {name}\n{textwrap.indent(told, '      ')}")
    return 0


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py",
        usage="python3 run.py [COMMAND]",
        description="A chat room for every order.",
        add_help=False,
    )
    parser.set_defaults(run=serve)
    parser.add_argument("-h", "--help", action="store_true", help="show this and every setting")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for run, meaning in (
        (serve, "run the server (this is also what no command does)"),
        (setup, "get everything ready for development, and nothing else"),
        (test, "run the tests; further arguments go to pytest"),
        (check, "run the linters, the type checker and the layer check"),
        (docs, "write what follows from the code: contracts, .env.example, README's settings"),
    ):
        commands.add_parser(run.__name__, help=meaning).set_defaults(run=run)
    signer = commands.add_parser(
        "token",
        usage="python3 run.py token --user U --role R [--name N] [--ttl 3600]",
        help="print a token signed with the configured secret: --user U --role R [--name N] "
        "[--ttl 3600]",
    )
    signer.add_argument("--user", required=True, help="the person's id")
    signer.add_argument("--role", required=True, choices=get_args(Role))
    signer.add_argument("--name", help="the name shown to others; default: the id")
    signer.add_argument(
        "--ttl", type=_lifetime, default=3600, help="seconds it is good for (%(default)s)"
    )
    signer.set_defaults(run=token)
    return parser


def _lifetime(given: str) -> int:
    if not given.isascii() or not given.isdigit() or not 1 <= int(given[:10]) <= LONGEST_TTL:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {LONGEST_TTL} is needed")
    return int(given)


def _complain(text: str) -> None:
    for line in text.splitlines():
        print(f"order-chat: {line}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    parser = command_line()
    # What follows "test" is pytest's to understand, its --help included.
    ours = arguments[:1] if arguments[:1] == ["test"] else arguments
    asked = parser.parse_args(ours)
    asked.rest = arguments[len(ours) :]
    try:
        return show_help(parser) if asked.help else asked.run(asked)
    except bootstrap.SetupError as failure:
        _complain(str(failure))
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
