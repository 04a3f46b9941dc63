"""Who somebody is: tokens verified, and with a shared secret signed.

A token is verified with the one configured source of keys. Its ``sub``, ``role`` and ``exp`` are
required. ``aud`` and ``iss`` are checked when ``JWT_AUDIENCE`` and ``JWT_ISSUER`` are set; without
them they are not looked at, since many issuers put in an audience unasked.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeGuard, cast, get_args

import jwt
import orjson
from jwt.warnings import InsecureKeyLengthWarning

from domain.errors import ChatError
from domain.model import Actor, Role

from .jwks import KeySet
from .keys import GOOD_SECRET, VerifyKey, pem_key, secret_key
from .settings import Settings, SettingsError

MAX_TOKEN = 8 * 1024
"""Characters of a token."""
MAX_ID = 128
"""Characters of a person's id (``sub``), and of their name."""
MAX_LOCALE = 64
"""Characters of ``locale`` and ``tz``."""
LEEWAY = timedelta(seconds=5)
"""How far ahead of ours an issuer's clock may be. ``exp`` has no leeway: connections end at it."""

# What PyJWT says at every token of a short secret, the server says once at its start.
warnings.filterwarnings("ignore", category=InsecureKeyLengthWarning)

_ROLES = frozenset(get_args(Role))
_TYPES = frozenset({"jwt", "at+jwt"})
_FOREIGN_KEYS = ("jku", "jwk", "x5u", "x5c", "crit")
"""Headers by which a token would bring its own key, or ask for rules we do not know."""
_REMEMBERED = 1_000
_REMEMBERED_FOR = timedelta(minutes=5)
"""After this a token is verified anew, so that one whose key was withdrawn does not live on."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A token whose signature and claims were right; its times are checked at every use."""

    actor: Actor
    not_before: datetime | None
    verified: datetime


class Verifier:
    """Says who a token names. Make one per process and ``close`` it at the end."""

    def __init__(self, settings: Settings) -> None:
        """Raises SettingsError where no key can be had."""
        self._audience = settings.jwt_audience
        self._issuer = settings.jwt_issuer
        url = settings.jwt_jwks_url
        self._key_set = None if url is None else KeySet(url)
        self._key = None if self._key_set is not None else _own_key(settings)
        self._remembered: dict[bytes, _Accepted] = {}

    async def close(self) -> None:
        if self._key_set is not None:
            await self._key_set.close()

    async def verify(self, token: object, now: datetime) -> Actor:
        """The actor a token names at ``now``.

        Raises ``unauthenticated`` for any token that is not right, and says of an expired one only
        that; ``unavailable`` while the keys to check it with cannot be fetched.
        """
        if token is None or token == "":
            raise ChatError("unauthenticated", "Send a token: sign in first.")
        if not isinstance(token, str) or len(token) > MAX_TOKEN or not token.isascii():
            _refuse()
        name = hashlib.sha256(token.encode()).digest()
        accepted = self._remembered.get(name)
        if accepted is None or now >= accepted.verified + _REMEMBERED_FOR:
            accepted = await self._open(token, now)
            self._remember(name, accepted)
        if accepted.not_before is not None and now + LEEWAY < accepted.not_before:
            _refuse()
        if now >= accepted.actor.expires_at:
            raise ChatError(
                "unauthenticated", "The token has expired: sign in again for a new one."
            )
        return accepted.actor

    async def _open(self, token: str, now: datetime) -> _Accepted:
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key_for(header, now)
            if key is None or not _header_is_plain(header):
                _refuse()
            # Only the signature is PyJWT's to check: its claim checks read the clock themselves.
            whole = _JWS.decode_complete(token, key.key, algorithms=[key.algorithm])
            claims = orjson.loads(whole["payload"])
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            _refuse()
        if not isinstance(claims, dict) or not self._meant_for_us(claims):
            _refuse()
        return _accepted(claims, now)

    async def _key_for(self, header: dict[str, Any], now: datetime) -> VerifyKey | None:
        if self._key_set is None:
            return self._key
        return await self._key_set.find(header.get("kid"), now)

    def _meant_for_us(self, claims: dict[str, Any]) -> bool:
        if self._issuer is not None and claims.get("iss") != self._issuer:
            return False
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        return self._audience is None or self._audience in named

    def _remember(self, name: bytes, accepted: _Accepted) -> None:
        self._remembered.pop(name, None)
        if len(self._remembered) >= _REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[name] = accepted


def sign(
    secret: str,
    *,
    user_id: str,
    role: Role,
    name: str | None,
    ttl: int,
    now: datetime,
    audience: str | None = None,
    issuer: str | None = None,
) -> str:
    """A token signed with HS256, good for ``ttl`` seconds from ``now``.

    Raises ValueError for what :class:`Verifier` would not accept.
    """
    if not _is_id(user_id):
        raise ValueError(f"the user must be 1 to {MAX_ID} printable characters")
    if name is not None and not _is_printable(name, MAX_ID):
        raise ValueError(f"the name must be at most {MAX_ID} printable characters")
    issued = int(now.timestamp())
    claims = {"sub": user_id, "role": role, "name": name, "aud": audience, "iss": issuer}
    given = {claim: value for claim, value in claims.items() if value is not None}
    return jwt.encode({**given, "iat": issued, "exp": issued + ttl}, secret, algorithm="HS256")


def signing_secret(settings: Settings) -> str | None:
    """The secret this server may sign with: the one configured, or the demo's own; else None."""
    if settings.jwt_secret is not None:
        return settings.jwt_secret.get_secret_value()
    return kept_secret(settings.data_dir) if settings.demo else None


def kept_secret(folder: Path) -> str:
    """The random secret kept in ``folder``, drawn at the first call.

    Only its owner may read the file. Two starts at once agree: the first to lock the file draws.
    Raises SettingsError where it cannot be kept.
    """
    path = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known = file.read().strip()
            # Less than a whole secret is what a crash left of the first attempt.
            if len(known.encode()) >= GOOD_SECRET:
                return known
            drawn = secrets.token_urlsafe(GOOD_SECRET)
            file.seek(0)
            file.truncate()
            file.write(drawn)
            file.flush()
            os.fsync(file.fileno())
            return drawn
    except (OSError, UnicodeError) as failure:
        reason = getattr(failure, "strerror", None) or "it is not text"
        raise SettingsError(f"DATA_DIR: the secret cannot be kept in {path}: {reason}") from None


def _own_key(settings: Settings) -> VerifyKey:
    if settings.jwt_public_key is not None:
        return pem_key(settings.jwt_public_key)
    secret = signing_secret(settings)
    if secret is None:
        raise SettingsError("JWT_SECRET must be set: there is no key to verify tokens with")
    return secret_key(secret)


def _header_is_plain(header: dict[str, Any]) -> bool:
    if any(name in header for name in _FOREIGN_KEYS):
        return False
    kind = header.get("typ", "JWT")
    return isinstance(kind, str) and kind.lower() in _TYPES


def _accepted(claims: dict[str, Any], now: datetime) -> _Accepted:
    user_id, role = claims.get("sub"), claims.get("role")
    if not _is_id(user_id) or not isinstance(role, str) or role not in _ROLES:
        _refuse()
    starts = [_time(claims[claim]) for claim in ("nbf", "iat") if claim in claims]
    actor = Actor(
        user_id=user_id,
        role=cast("Role", role),
        name=_text(claims, "name", MAX_ID) or user_id,
        expires_at=_time(claims.get("exp")),
        locale=_text(claims, "locale", MAX_LOCALE),
        tz=_text(claims, "tz", MAX_LOCALE),
    )
    return _Accepted(actor, max(starts, default=None), verified=now)


def _time(value: object) -> datetime:
    """A NumericDate, cut to milliseconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse()
    try:
        moment = datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        _refuse()
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _text(claims: dict[str, Any], claim: str, limit: int) -> str | None:
    """An optional text; None also where it is blank, as some issuers write what they lack."""
    value = claims.get(claim)
    if value is None:
        return None
    if not _is_printable(value, limit):
        _refuse()
    return value.strip() or None


def _is_id(value: object) -> TypeGuard[str]:
    """Whether it can be a person's id: printable, and the same when white space is trimmed."""
    return _is_printable(value, MAX_ID) and value != "" and value == value.strip()


def _is_printable(value: object, limit: int) -> TypeGuard[str]:
    return isinstance(value, str) and len(value) <= limit and value.isprintable()


def _refuse() -> NoReturn:
    """One answer for every token that is not right: what is wrong would help who forges one."""
    raise ChatError("unauthenticated", "The token is not accepted: sign in again for a new one.")


_JWS = jwt.PyJWS()
