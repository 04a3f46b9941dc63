"""Published keys: fetched from a real server, kept for a while, and nothing else trusted."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from server.settings import Settings
from server.tokens import Verifier
from tests.forging import (
    EC,
    ED,
    NOW,
    RSA,
    SECOND,
    SECRET,
    Claims,
    claims,
    encoded,
    refusal,
    verifier,
)

EXP = claims()["exp"]


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


class Issuer:
    """A real server on this machine that publishes a set of keys, and counts who asks."""

    def __init__(self) -> None:
        self.keys: list[object] = []
        self.body: bytes | None = None
        self.status = 200
        self.asked = 0
        app = web.Application()
        app.router.add_get("/keys", self._answer)
        self.server = TestServer(app, host="127.0.0.1")

    async def _answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        return web.Response(body=body, status=self.status)


def jwk(key: Any, **fields: Any) -> Claims:
    kinds: list[tuple[type, Callable[..., Any]]] = [
        (rsa.RSAPrivateKey, RSAAlgorithm.to_jwk),
        (ec.EllipticCurvePrivateKey, ECAlgorithm.to_jwk),
        (ed25519.Ed25519PrivateKey, OKPAlgorithm.to_jwk),
    ]
    write = next(write for kind, write in kinds if isinstance(key, kind))
    return {**json.loads(write(key.public_key())), **fields}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    one = Issuer()
    await one.server.start_server()
    yield one
    await one.server.close()


@pytest.fixture
async def checker(issuer: Issuer) -> AsyncIterator[Verifier]:
    one = verifier(JWT_JWKS_URL=str(issuer.server.make_url("/keys")))
    yield one
    await one.close()


def by(key: Any, algorithm: str, kid: str | None, **changes: Any) -> str:
    header = {} if kid is None else {"kid": kid}
    return jwt.encode(claims(**changes), key, algorithm, headers=header)


async def test_each_kind_of_key_in_a_set(issuer: Issuer, checker: Verifier) -> None:
    issuer.keys = [
        jwk(RSA, kid="r", alg="RS256", use="sig"),
        jwk(EC, kid="e"),
        jwk(ED, kid="d"),
    ]
    for key, algorithm, kid in ((RSA, "RS256", "r"), (EC, "ES256", "e"), (ED, "EdDSA", "d")):
        assert (await checker.verify(by(key, algorithm, kid), NOW)).user_id == "ann"
    assert issuer.asked == 1


async def test_a_kid_is_looked_up_in_the_set_and_nowhere_else(
    issuer: Issuer, checker: Verifier
) -> None:
    issuer.keys = [jwk(RSA, kid="r"), jwk(EC, kid="e")]
    tricks = ["", "e", "../../dev/null", "/etc/passwd", "' OR 1=1 --", "R", "http://evil.example"]
    for kid in [*tricks, None]:
        assert (await refusal(checker, by(RSA, "RS256", kid))).code == "unauthenticated", kid
    assert issuer.asked == 1
    assert (await checker.verify(by(RSA, "RS256", "r"), NOW)).user_id == "ann"


async def test_without_a_kid_only_a_set_of_one_will_do(issuer: Issuer, checker: Verifier) -> None:
    issuer.keys = [jwk(RSA, kid="r")]
    assert (await checker.verify(by(RSA, "RS256", None), NOW)).user_id == "ann"


async def test_keys_that_are_not_for_this_are_passed_over(
    issuer: Issuer, checker: Verifier
) -> None:
    secret = {"kty": "oct", "k": encoded(SECRET.encode()), "kid": "s", "alg": "HS256"}
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is passed over
    issuer.keys = [
        secret,
        jwk(RSA, kid="enc", use="enc"),
        jwk(RSA, kid="ps", alg="PS256"),
        jwk(weak, kid="weak"),
        jwk(ec.generate_private_key(ec.SECP384R1()), kid="p384"),
        {"kty": "RSA", "kid": "broken", "n": "!", "e": 3},
        {"kty": "EC", "kid": "broken", "crv": "P-256", "x": [], "y": None},
        "no key",
        jwk(EC, kid=["list"]),
        jwk(EC, kid="e"),
    ]
    forged = jwt.encode(claims(), SECRET, "HS256", headers={"kid": "s"})
    for token in (forged, by(RSA, "RS256", "enc"), by(RSA, "RS256", "ps"), by(EC, "ES256", "p384")):
        assert (await refusal(checker, token)).code == "unauthenticated"
    assert (await checker.verify(by(EC, "ES256", "e"), NOW)).user_id == "ann"


async def test_a_new_key_is_fetched_but_not_for_every_unknown_name(
    issuer: Issuer, checker: Verifier
) -> None:
    issuer.keys = [jwk(RSA, kid="old")]
    await checker.verify(by(RSA, "RS256", "old"), NOW)
    issuer.keys = [jwk(EC, kid="new")]
    for number in range(20):
        await refusal(checker, by(EC, "ES256", f"unknown{number}"), NOW + SECOND)
    assert issuer.asked == 1
    token = by(EC, "ES256", "new")
    assert (await checker.verify(token, NOW + 31 * SECOND)).user_id == "ann"
    assert issuer.asked == 2


async def test_a_withdrawn_key_does_not_live_on_in_memory(
    issuer: Issuer, checker: Verifier
) -> None:
    issuer.keys = [jwk(RSA, kid="r")]
    token = by(RSA, "RS256", "r", exp=EXP + 10_000)
    await checker.verify(token, NOW)
    issuer.keys = []
    assert (await checker.verify(token, NOW + timedelta(minutes=4))).user_id == "ann"
    assert (await refusal(checker, token, NOW + timedelta(minutes=11))).code == "unauthenticated"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"keys": {}}', b"x" * 300_000, b'{"keys": [' + b"[" * 5_000]
)
async def test_what_is_no_set_of_keys_counts_as_unreachable(
    issuer: Issuer, checker: Verifier, body: bytes
) -> None:
    issuer.body = body
    refused = await refusal(checker, by(RSA, "RS256", "r"))
    assert (refused.code, refused.retry_after) == ("unavailable", 5)


async def test_unreachable_is_unavailable_until_it_is_back(
    issuer: Issuer, checker: Verifier
) -> None:
    issuer.keys, issuer.status = [jwk(RSA, kid="r")], 503
    token = by(RSA, "RS256", "r")
    for _ in range(10):
        assert (await refusal(checker, token)).code == "unavailable"
    assert issuer.asked == 1
    issuer.status = 200
    assert (await checker.verify(token, NOW + 5 * SECOND)).user_id == "ann"


async def test_who_is_known_gets_in_while_the_issuer_is_away(
    issuer: Issuer, checker: Verifier
) -> None:
    issuer.keys = [jwk(RSA, kid="r")]
    token = by(RSA, "RS256", "r", exp=EXP + 10_000)
    await checker.verify(token, NOW)
    await issuer.server.close()
    assert (await checker.verify(token, NOW + timedelta(hours=1))).user_id == "ann"
    other = by(RSA, "RS256", "other", exp=EXP + 10_000)
    assert (await refusal(checker, other, NOW + timedelta(hours=2))).code == "unauthenticated"
