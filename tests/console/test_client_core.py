"""The client core's own tests, in plain Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def test_the_client_core_passes_its_own_tests(root: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail("no Node.js: install version 20 or newer", pytrace=False)
    files = sorted((root / "static" / "test").glob("*.test.mjs"))
    assert files
    done = subprocess.run(
        [node, "--test", *map(str, files)],
        cwd=root / "static",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "# pass 0" not in done.stdout
