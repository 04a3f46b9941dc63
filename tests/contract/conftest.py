"""Every backend under the one suite: a test asks for ``store`` and never learns which it got."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from store_examples import OpenStore

from domain.ports import Store
from storage.sqlite import open_sqlite


def _sqlite(folder: Path) -> AbstractAsyncContextManager[Store]:
    return open_sqlite(folder / "chat.db")


STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[Store]]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(STORES))
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStore:
    """Opens the store of this test, again and again the same one."""
    return lambda: STORES[request.param](tmp_path)


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[Store]:
    async with open_store() as opened:
        yield opened
