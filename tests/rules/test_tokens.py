"""Which tokens are accepted, and that whatever is wrong with one, it is refused alike."""

import json
import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest

from server import tokens
from server.settings import Settings, SettingsError
from server.tokens import Verifier
from tests.forging import (
    EC,
    ED,
    NOW,
    OTHER_RSA,
    RSA,
    SECOND,
    SECRET,
    claims,
    encoded,
    pem,
    refusal,
    signed,
    verifier,
    with_signature,
)


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


async def test_a_right_token_names_its_actor() -> None:
    token = signed(claims(name="Ann B.", locale="de-DE", tz="Europe/Berlin", email="a@b.example"))
    actor = await verifier().verify(token, NOW)
    assert (actor.user_id, actor.role, actor.name) == ("ann", "customer", "Ann B.")
    assert (actor.locale, actor.tz) == ("de-DE", "Europe/Berlin")
    assert actor.expires_at == (NOW + 60 * SECOND).replace(microsecond=0)


@pytest.mark.parametrize("name", [None, "", "  "])
async def test_without_a_name_the_id_is_shown(name: str | None) -> None:
    payload = {**claims(), "name": name}
    assert (await verifier().verify(signed(payload), NOW)).name == "ann"


@pytest.mark.parametrize(
    ("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")], ids=lambda it: str(it)[:5]
)
async def test_each_kind_of_public_key(key: Any, algorithm: str) -> None:
    checker = verifier(JWT_PUBLIC_KEY=pem(key).decode())
    token = jwt.encode(claims(), key, algorithm)
    assert (await checker.verify(token, NOW)).user_id == "ann"


async def test_what_sign_makes_is_accepted_with_audience_and_issuer() -> None:
    token = tokens.sign(
        SECRET, user_id="ann", role="rider", name=None, ttl=60, now=NOW, audience="a", issuer="i"
    )
    actor = await verifier(JWT_AUDIENCE="a", JWT_ISSUER="i").verify(token, NOW)
    assert (actor.role, actor.name) == ("rider", "ann")
    assert actor.expires_at == NOW.replace(microsecond=0) + 60 * SECOND


@pytest.mark.parametrize(
    "who",
    [
        {"user_id": ""},
        {"user_id": " ann"},
        {"user_id": "a\n"},
        {"user_id": "x" * 129},
        {"name": "x" * 129},
        {"name": "a\x00"},
    ],
)
def test_sign_makes_nothing_that_would_be_refused(who: dict[str, str]) -> None:
    whole: dict[str, Any] = {"user_id": "ann", "role": "rider", "name": None, **who}
    with pytest.raises(ValueError, match="printable"):
        tokens.sign(SECRET, ttl=60, now=NOW, **whole)


RIGHT = signed(claims())
HEAD, BODY, SIGNATURE = RIGHT.split(".")
EXP = claims()["exp"]

MUTATIONS: dict[str, object] = {
    # no token at all, or something else
    "a number": 7,
    "a list": [RIGHT],
    "a mapping": {"token": RIGHT},
    "bytes": RIGHT.encode(),
    "true": True,
    "one word": "token",
    "only dots": "..",
    "white space": " ",
    "beyond ascii": RIGHT + "é",
    "half of a surrogate pair": "\ud800" + RIGHT,
    "a null byte": RIGHT + "\x00",
    "leading white space": " " + RIGHT,
    "with the scheme": "Bearer " + RIGHT,
    # damaged
    "without the signature": f"{HEAD}.{BODY}.",
    "two parts": f"{HEAD}.{BODY}",
    "four parts": f"{RIGHT}.{SIGNATURE}",
    "five parts": f"{RIGHT}..",
    "truncated": RIGHT[:-4],
    "other signature": f"{HEAD}.{BODY}.{encoded(b'x' * 32)}",
    "other body": f"{HEAD}.{encoded(claims(role='admin'))}.{SIGNATURE}",
    "header is no object": with_signature(f"{encoded([])}.{BODY}", SECRET.encode()),
    "header is no JSON": with_signature(f"{encoded(b'{')}.{BODY}", SECRET.encode()),
    "header nested without end": f"{encoded(b'[' * 5_000)}.{BODY}.{SIGNATURE}",
    "body nested without end": with_signature(f"{HEAD}.{encoded(b'[' * 5_000)}", SECRET.encode()),
    "body is a list": with_signature(f"{HEAD}.{encoded([1])}", SECRET.encode()),
    "body is no JSON": with_signature(f"{HEAD}.{encoded(b'{')}", SECRET.encode()),
    "body is not UTF-8": with_signature(f"{HEAD}.{encoded(bytes([123, 255]))}", SECRET.encode()),
    "body with NaN": with_signature(
        f"{HEAD}.{encoded(json.dumps(claims(exp=float('nan'))).encode())}", SECRET.encode()
    ),
    "huge": signed(claims(filler="x" * 9_000)),
    # algorithms
    "alg none": f"{encoded({'alg': 'none'})}.{BODY}.",
    "alg None": f"{encoded({'alg': 'None'})}.{BODY}.",
    "alg none, still signed": signed(claims(), {"alg": "none"}),
    "alg HS384": jwt.encode(claims(), SECRET + "x" * 20, "HS384"),
    "alg HS512 by name": signed(claims(), {"alg": "HS512"}),
    "alg RS256 by name": signed(claims(), {"alg": "RS256"}),
    "alg in small letters": signed(claims(), {"alg": "hs256"}),
    "alg missing": with_signature(f"{encoded({'typ': 'JWT'})}.{BODY}", SECRET.encode()),
    "alg null": signed(claims(), {"alg": None}),
    "alg a list": signed(claims(), {"alg": ["HS256"]}),
    "signed with another secret": signed(claims(), secret=SECRET + "!"),
    "signed with an empty secret": signed(claims(), secret=""),
    "signed with a key pair": jwt.encode(claims(), RSA, "RS256"),
    # headers
    "brings a key": signed(claims(), {"jwk": {"kty": "oct", "k": encoded(b"x" * 32)}}),
    "names a key set": signed(claims(), {"jku": "https://evil.example/keys"}),
    "names a certificate": signed(claims(), {"x5u": "https://evil.example/cert"}),
    "brings a certificate": signed(claims(), {"x5c": ["MIIB"]}),
    "asks for unknown rules": signed(claims(), {"crit": ["exp"], "exp": 1}),
    "asks for no rules": signed(claims(), {"crit": []}),
    "unencoded payload": signed(claims(), {"b64": False, "crit": ["b64"]}),
    "another kind of token": signed(claims(), {"typ": "logout+jwt"}),
    "kind is no text": signed(claims(), {"typ": 1}),
    "kid is a number": signed(claims(), {"kid": 1}),
    # claims
    "no exp": signed(claims(exp=None)),
    "exp a text": signed(claims(exp=str(EXP))),
    "exp a list": signed(claims(exp=[EXP])),
    "exp true": signed(claims(exp=True)),
    "exp out of any calendar": signed(claims(exp=10**20)),
    "exp far before any calendar": signed(claims(exp=-(10**20))),
    "exp too big for a number": with_signature(
        f"{HEAD}.{encoded(json.dumps(claims(exp=1)).replace(': 1}', ': 1e999}').encode())}",
        SECRET.encode(),
    ),
    "nbf later": signed(claims(nbf=EXP - 50)),
    "nbf a text": signed(claims(nbf="0")),
    "iat later": signed(claims(iat=EXP - 50)),
    "iat a mapping": signed(claims(iat={})),
    "no sub": signed(claims(sub=None)),
    "sub empty": signed(claims(sub="")),
    "sub white space": signed(claims(sub="  ")),
    "sub with white space around": signed(claims(sub=" ann")),
    "sub a number": signed(claims(sub=5)),
    "sub a list": signed(claims(sub=["ann"])),
    "sub with a null byte": signed(claims(sub="ann\x00")),
    "sub with a line end": signed(claims(sub="ann\n")),
    "sub with half a surrogate pair": signed(claims(sub="\ud800")),
    "sub that turns the text around": signed(claims(sub="a\u202enn")),
    "sub too long": signed(claims(sub="x" * 129)),
    "no role": signed(claims(role=None)),
    "unknown role": signed(claims(role="root")),
    "role in capitals": signed(claims(role="Admin")),
    "role a list": signed(claims(role=["admin"])),
    "role a mapping": signed(claims(role={"$ne": 1})),
    "name a number": signed(claims(name=1)),
    "name too long": signed(claims(name="x" * 129)),
    "name with a line end": signed(claims(name="a\nb")),
    "locale a list": signed(claims(locale=["de"])),
    "locale too long": signed(claims(locale="x" * 65)),
    "tz a number": signed(claims(tz=1)),
}


@pytest.mark.parametrize("token", MUTATIONS.values(), ids=MUTATIONS.keys())
async def test_every_wrong_token_gets_the_same_answer(token: object) -> None:
    assert (await verifier().verify(RIGHT, NOW)).user_id == "ann"
    refused = await refusal(verifier(), token)
    assert refused.code == "unauthenticated"
    assert refused.message == "The token is not accepted: sign in again for a new one."


@pytest.mark.parametrize("token", [None, ""])
async def test_without_a_token_one_is_asked_for(token: object) -> None:
    refused = await refusal(verifier(), token)
    assert (refused.code, refused.message) == (
        "unauthenticated",
        "Send a token: sign in first.",
    )


async def test_the_public_key_is_no_shared_secret() -> None:
    public = pem(RSA)
    checker = verifier(JWT_PUBLIC_KEY=public.decode())
    start = f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{encoded(claims())}"
    for secret in (public, public.strip(), b""):
        assert (await refusal(checker, with_signature(start, secret))).code == "unauthenticated"
    for token in (jwt.encode(claims(), RSA, "RS512"), jwt.encode(claims(), RSA, "PS256")):
        assert (await refusal(checker, token)).code == "unauthenticated"
    foreign = jwt.encode(claims(), OTHER_RSA, "RS256")
    assert (await refusal(checker, foreign)).code == "unauthenticated"


async def test_a_token_ends_exactly_at_its_expiry_also_when_it_was_seen_before() -> None:
    checker = verifier()
    token = signed(claims())
    end = datetime.fromtimestamp(EXP, UTC)
    assert (await checker.verify(token, end - timedelta(milliseconds=1))).expires_at == end
    assert "expired" in (await refusal(checker, token, end)).message
    assert "expired" in (await refusal(verifier(), token, end + 1_000 * SECOND)).message


@pytest.mark.parametrize("claim", ["nbf", "iat"])
async def test_an_issuers_clock_may_be_five_seconds_ahead(claim: str) -> None:
    start = NOW.timestamp() + 5
    token = signed(claims(**{claim: start}))
    checker = verifier()
    assert (await checker.verify(token, NOW)).user_id == "ann"
    assert (await refusal(checker, token, NOW - SECOND)).code == "unauthenticated"


@pytest.mark.parametrize(
    ("audience", "accepted"),
    [
        ("chat", True),
        (["x", "chat"], True),
        ("chats", False),
        (["x"], False),
        (None, False),
        ([], False),
        ({"chat": 1}, False),
        ([["chat"]], False),
        (7, False),
    ],
)
async def test_a_configured_audience_must_be_named(audience: object, accepted: bool) -> None:  # noqa: FBT001 - an expected outcome
    checker = verifier(JWT_AUDIENCE="chat")
    token = signed(claims(aud=audience))
    if accepted:
        assert (await checker.verify(token, NOW)).user_id == "ann"
    else:
        assert (await refusal(checker, token)).code == "unauthenticated"


@pytest.mark.parametrize("issuer", [None, "https://evil.example", ["https://idp.example"], 1])
async def test_a_configured_issuer_must_be_the_one(issuer: object) -> None:
    checker = verifier(JWT_ISSUER="https://idp.example")
    assert await checker.verify(signed(claims(iss="https://idp.example")), NOW)
    assert (await refusal(checker, signed(claims(iss=issuer)))).code == "unauthenticated"


async def test_an_audience_nobody_configured_is_not_looked_at() -> None:
    token = signed(claims(aud="somebody", iss="anybody"))
    assert (await verifier().verify(token, NOW)).user_id == "ann"


async def test_only_so_many_tokens_are_remembered() -> None:
    checker = verifier()
    for number in range(1_100):
        await checker.verify(signed(claims(sub=f"p{number}")), NOW)
    assert len(checker._remembered) == 1_000
    assert (await checker.verify(signed(claims(sub="p0")), NOW)).user_id == "p0"


def test_the_kept_secret_is_its_owners_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    first = tokens.kept_secret(folder)
    assert len(first.encode()) >= 32
    assert tokens.kept_secret(folder) == first
    assert os.stat(folder / "secret").st_mode & 0o777 == 0o600  # noqa: PTH116 - the mode is asked
    assert tokens.kept_secret(tmp_path) != first


def test_half_a_secret_is_drawn_anew(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("cut sho")
    assert len(tokens.kept_secret(tmp_path)) >= 32


def test_starts_at_once_agree_on_the_secret(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        drawn = pool.map(tokens.kept_secret, [tmp_path] * 8, chunksize=1)
    assert len(set(drawn)) == 1


def test_where_nothing_can_be_kept_the_setting_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="DATA_DIR"):
        tokens.kept_secret(tmp_path / "file")


async def test_the_demo_signs_and_verifies_with_its_own_secret(tmp_path: Path) -> None:
    chosen = Settings(_env_file=None, DATA_DIR=tmp_path)
    secret = tokens.signing_secret(chosen)
    assert secret is not None
    token = tokens.sign(secret, user_id="ann", role="admin", name="A", ttl=1, now=NOW)
    assert (await Verifier(chosen).verify(token, NOW)).role == "admin"
