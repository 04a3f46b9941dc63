"""Tokens, right and forged, for the tests of who is let in."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.errors import ChatError
from server.settings import Settings
from server.tokens import Verifier

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SECRET = "a-secret-of-more-than-thirty-two-bytes"  # noqa: S105 - made up
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()

Claims = dict[str, Any]


def claims(**changes: Any) -> Claims:
    """Claims as they should be, with changes; None takes one away."""
    whole = {"sub": "ann", "role": "customer", "exp": int(NOW.timestamp()) + 60, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def signed(payload: Claims, header: Claims | None = None, secret: str = SECRET) -> str:
    """A token with a right signature over any payload, even one no library would sign."""
    first = encoded({"alg": "HS256", "typ": "JWT", **(header or {})})
    return with_signature(f"{first}.{encoded(payload)}", secret.encode())


def encoded(part: Any) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_signature(start: str, secret: bytes) -> str:
    return f"{start}.{encoded(hmac.digest(secret, start.encode(), hashlib.sha256))}"


def pem(key: Any) -> bytes:
    found: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return found


def verifier(**chosen: Any) -> Verifier:
    """A verifier by settings that come from here alone, by default with the shared secret."""
    if not {"JWT_PUBLIC_KEY", "JWT_JWKS_URL"} & set(chosen):
        chosen = {"JWT_SECRET": SECRET, **chosen}
    return Verifier(Settings(_env_file=None, **chosen))


async def refusal(checker: Verifier, token: object, now: datetime = NOW) -> ChatError:
    with pytest.raises(ChatError) as refused:
        await checker.verify(token, now)
    return refused.value
