"""The command line as people use it: real processes, their output and exit status."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import jwt
import pytest

from server import bootstrap
from server.settings import Settings

ROOT = Path(__file__).parents[2]
SECRET = "a-secret-of-more-than-thirty-two-bytes"  # noqa: S105 - made up
NAMES = [name.upper() for name in Settings.model_fields]


def run(
    *arguments: str, where: Path, status: int = 0, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in ``where`` with those settings alone, and see that it ends as expected."""
    kept = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, ROOT / "run.py", *arguments],
        cwd=where,
        env={**kept, **settings},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_names_every_command_and_setting(tmp_path: Path, flag: str) -> None:
    told = run(flag, where=tmp_path).stdout
    lines = [line.strip() for line in told.splitlines()]
    assert [name for name in NAMES if name not in lines] == []
    for command in ("serve", "setup", "token", "test", "check", "docs"):
        assert any(line.startswith(f"{command} ") for line in lines), command
    assert told.split().count("Default:") == len(NAMES)


def test_help_comes_whatever_is_set(tmp_path: Path) -> None:
    run("--help", where=tmp_path, PORT="none", MONGODB_URL="mongodb://127.0.0.1")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"PORT": "http"}, "PORT: 'http' is not accepted"),
        ({"REDIS_URL": "redis://127.0.0.1"}, "REDIS_URL: is not supported yet by this version"),
        ({"JWT_SECRET": "canary"}, "JWT_SECRET: has 6 bytes"),
        ({"DEMO": "0"}, "JWT_SECRET must be set"),
        ({"DEMO": "1", "HOST": "0.0.0.0"}, "DEMO may not be on"),  # noqa: S104 - it is refused
    ],
)
@pytest.mark.parametrize("command", [[], ["token", "--user", "a", "--role", "admin"]])
def test_a_bad_setting_is_one_line_and_status_2(
    tmp_path: Path, settings: dict[str, str], line: str, command: list[str]
) -> None:
    done = run(*command, where=tmp_path, status=2, **settings)
    assert done.stdout == ""
    assert done.stderr.startswith(f"order-chat: {line}")
    assert done.stderr.count("\n") == 1
    assert "canary" not in done.stderr


def test_a_bad_value_in_the_file_is_refused_as_well(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=loud\n")
    done = run(where=tmp_path, status=2)
    assert done.stderr.startswith("order-chat: LOG_LEVEL: 'loud' is not accepted")


def test_token_prints_a_token_and_nothing_else(tmp_path: Path) -> None:
    asked = ("token", "--user", "u1", "--role", "rider", "--name", "Ann", "--ttl", "60")
    done = run(*asked, where=tmp_path, JWT_SECRET=SECRET, JWT_AUDIENCE="chat", JWT_ISSUER="us")
    assert done.stderr == ""
    claims = jwt.decode(done.stdout.strip(), SECRET, ["HS256"], audience="chat", issuer="us")
    assert (claims["sub"], claims["role"], claims["name"]) == ("u1", "rider", "Ann")
    assert claims["exp"] - claims["iat"] == 60
    assert list(tmp_path.iterdir()) == []


def test_the_demo_signs_with_the_secret_it_keeps(tmp_path: Path) -> None:
    done = run("token", "--user", "u1", "--role", "admin", where=tmp_path)
    secret = (tmp_path / "data" / "secret").read_text()
    assert jwt.decode(done.stdout.strip(), secret, ["HS256"])["role"] == "admin"


def test_only_a_secret_signs(tmp_path: Path) -> None:
    url = "https://idp.example/keys"
    done = run(
        "token", "--user", "a", "--role", "admin", where=tmp_path, status=2, JWT_JWKS_URL=url
    )
    assert (
        done.stderr == "order-chat: only JWT_SECRET signs tokens here: a public key verifies them\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["token"],
        ["token", "--user", "a"],
        ["token", "--user", "a", "--role", "root"],
        ["token", "--user", "", "--role", "admin"],
        ["token", "--user", "a\nb", "--role", "admin"],
        ["token", "--user", "a", "--role", "admin", "--ttl", "0"],
        ["token", "--user", "a", "--role", "admin", "--ttl", "-5"],
        ["token", "--user", "a", "--role", "admin", "--ttl", "9" * 30],
        ["token", "--user", "a", "--role", "admin", "--ttl", "soon"],
        ["unknown"],
        ["--unknown"],
    ],
)
def test_a_bad_command_ends_with_status_2(tmp_path: Path, arguments: list[str]) -> None:
    done = run(*arguments, where=tmp_path, status=2, JWT_SECRET=SECRET)
    assert done.stdout == ""
    assert done.stderr


def test_what_follows_test_goes_to_pytest(tmp_path: Path) -> None:
    done = run("test", "--version", where=tmp_path)
    assert "pytest" in done.stdout + done.stderr


def test_an_old_python_can_read_the_line_that_refuses_it() -> None:
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 6))
    refusal = next(node for node in ast.parse(source).body if isinstance(node, ast.If))
    before = [node for node in ast.parse(source).body if node.lineno < refusal.lineno]
    assert [type(node).__name__ for node in before] == ["Expr", "Import"]


def test_every_lock_names_what_is_asked_for() -> None:
    for lock in (bootstrap.RUNNING, bootstrap.TESTING, bootstrap.NODE):
        locked = (ROOT / lock).read_text().lower().replace("_", "-")
        for package in bootstrap._wanted(ROOT / lock.replace(".txt", ".in")):
            name = package.lower().replace("_", "-")
            assert f"\n{name}==" in f"\n{locked}", f"{name} is not in {lock}: make lock"


def test_what_runs_in_production_is_what_was_tested() -> None:
    tested = (ROOT / bootstrap.TESTING).read_text().splitlines()
    pins = [line for line in (ROOT / bootstrap.RUNNING).read_text().splitlines() if "==" in line]
    assert pins
    assert [pin for pin in pins if pin not in tested] == []


def test_bootstrapping_needs_the_standard_library_alone() -> None:
    script = "import sys; from server import bootstrap; print(sorted(sys.modules))"
    command = [sys.executable, "-S", "-c", script]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = {name.partition(".")[0] for name in json.loads(shown.replace("'", '"'))}
    assert loaded - set(sys.stdlib_module_names) - {"__main__"} == {"server"}
