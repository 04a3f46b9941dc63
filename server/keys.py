"""Which keys may vouch for a token, and the one algorithm that each of them is good for.

The key decides the algorithm, never the token: a public key can then not be passed off as a
shared secret, nor ``none`` as an algorithm.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt import PyJWK
from jwt.algorithms import HMACAlgorithm
from jwt.exceptions import InvalidKeyError, PyJWTError

GOOD_SECRET = 32
"""Bytes: a secret for HS256 should be as long as its hash (RFC 7518 §3.2); below, we warn."""
MIN_SECRET = 8
"""Bytes below which a secret is refused: it would be guessed in an afternoon."""
MIN_RSA = 2048
"""Bits of an RSA key (RFC 7518 §3.3)."""


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A key and the only algorithm it verifies; ``key`` is a secret's text or a public key."""

    key: Any
    algorithm: str


def secret_key(secret: str) -> VerifyKey:
    """The key of a shared secret. Raises ValueError when it is too weak or is no secret at all."""
    size = len(secret.encode())
    if size < MIN_SECRET:
        raise ValueError(f"has {size} bytes, it needs {MIN_SECRET}, better {GOOD_SECRET}")
    try:
        HMACAlgorithm(hashlib.sha256).prepare_key(secret)
    except InvalidKeyError:
        raise ValueError("is a key pair's text, not a secret: see JWT_PUBLIC_KEY") from None
    return VerifyKey(secret, "HS256")


def pem_key(text: str) -> VerifyKey:
    """The public key in a PEM text: RSA from 2048 bits, EC P-256 or Ed25519; else ValueError."""
    if "PRIVATE KEY" in text:
        raise ValueError("is a private key: give only its public half")
    try:
        return verify_key(load_pem_public_key(text.encode()))
    except UnsupportedAlgorithm:
        raise ValueError("is of a kind that is not supported") from None


def jwk_key(jwk: object) -> VerifyKey | None:
    """The key that one entry of a key set names, or None where it is not one to verify with.

    Shared secrets have no place in a published set, and a key made for something else, or for an
    algorithm other than its own here, is passed over.
    """
    if not isinstance(jwk, dict) or jwk.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    if jwk.get("use", "sig") != "sig":
        return None
    public = {name: value for name, value in jwk.items() if name not in ("alg", "d")}
    try:
        known = verify_key(PyJWK(public).key)
    except (PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return known if jwk.get("alg", known.algorithm) == known.algorithm else None


def verify_key(key: object) -> VerifyKey:
    """The algorithm that a public key's kind fixes. Raises ValueError for a kind not accepted."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < MIN_RSA:
            raise ValueError(f"is an RSA key of {key.key_size} bits, at least {MIN_RSA} are needed")
        return VerifyKey(key, "RS256")
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return VerifyKey(key, "ES256")
    if isinstance(key, ed25519.Ed25519PublicKey):
        return VerifyKey(key, "EdDSA")
    raise ValueError("is not an RSA, EC P-256 or Ed25519 public key")
