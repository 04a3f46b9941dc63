"""Servers that a test may stop, and that nobody else uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.live import LiveServer, live_server


@pytest_asyncio.fixture
async def server_of_its_own(tmp_path: Path) -> AsyncIterator[LiveServer]:
    async with live_server(tmp_path) as running:
        yield running
