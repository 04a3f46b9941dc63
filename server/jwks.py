"""The published set of keys that tokens are signed with, fetched and kept for a while."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import aiohttp
import orjson
import structlog

from domain.errors import ChatError

from .keys import VerifyKey, jwk_key

KEEP = timedelta(minutes=10)
"""How long a fetched set is used unasked."""
ASK_AGAIN = timedelta(seconds=30)
"""The least time between two fetches once a set is known, however many unknown keys are named."""
RETRY = timedelta(seconds=5)
"""The same while no set was ever fetched."""
MAX_SET = 256 * 1024
"""Bytes of a set."""
MAX_KEYS = 100
_TIMEOUT = aiohttp.ClientTimeout(total=5)

_log = structlog.get_logger()


class KeySet:
    """Keys by their ``kid``, as last fetched from ``url``.

    A set that grew old stays in use while its publisher cannot be reached: people who are known
    keep getting in.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str | None, VerifyKey] | None = None
        self._fetched: datetime | None = None
        self._asked: datetime | None = None
        self._fetching = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def find(self, kid: object, now: datetime) -> VerifyKey | None:
        """The key named ``kid``; without a name the only key of a set of one. None: not known.

        Raises ``unavailable`` while no set could be fetched yet.
        """
        if kid is not None and not isinstance(kid, str):
            return None
        if self._is_due(kid, now):
            async with self._fetching:
                # Whoever waited here finds the answer that the first of them got.
                if self._is_due(kid, now):
                    await self._fetch(now)
        if self._keys is None:
            raise ChatError(
                "unavailable",
                "Tokens cannot be checked just now: try again shortly.",
                retry_after=RETRY.total_seconds(),
            )
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    def _is_due(self, kid: str | None, now: datetime) -> bool:
        if self._asked is not None:
            pause = RETRY if self._keys is None else ASK_AGAIN
            if now < self._asked + pause:
                return False
        if self._keys is None or self._fetched is None:
            return True
        return now >= self._fetched + KEEP or (kid is not None and kid not in self._keys)

    async def _fetch(self, now: datetime) -> None:
        self._asked = now
        try:
            keys = _keys(await self._read())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as failure:
            _log.warning("key set not fetched", cause=type(failure).__name__)
            return
        self._keys, self._fetched = keys, now

    async def _read(self) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        async with self._session.get(self._url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"status {answer.status}")
            body = bytearray()
            async for part in answer.content.iter_chunked(MAX_SET):
                body += part
                if len(body) > MAX_SET:
                    raise ValueError("too large")
            return bytes(body)


def _keys(body: bytes) -> dict[str | None, VerifyKey]:
    """The usable keys of a set by their ``kid``. Raises ValueError where it is no set of keys."""
    document = orjson.loads(body)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("not a set of keys")  # noqa: TRY004 - what a peer sent is no type of ours
    keys: dict[str | None, VerifyKey] = {}
    for one in listed[:MAX_KEYS]:
        key = jwk_key(one)
        kid = one.get("kid") if isinstance(one, dict) else None
        if key is not None and (kid is None or isinstance(kid, str)):
            keys.setdefault(kid, key)
    return keys
