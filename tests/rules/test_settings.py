"""What the server can be told, what it refuses, and that it never repeats a secret."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from server import settings
from server.settings import Settings, SettingsError

NAMES = [name.upper() for name in Settings.model_fields]
SECRET = "a-secret-of-more-than-thirty-two-bytes"  # noqa: S105 - made up
Tell = Callable[..., Settings]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An environment without any setting, in an empty folder."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Tell:
    """Sets variables and reads the settings."""

    def tell(**values: str) -> Settings:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return settings.load()

    return tell


def public_pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    shown = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return shown.decode()


def test_defaults_are_the_contracts(told: Tell) -> None:
    chosen = told()
    assert (chosen.host, chosen.port, chosen.data_dir) == ("127.0.0.1", 8080, Path("data"))
    assert chosen.limits is True
    assert chosen.demo is True
    assert (chosen.send_rate, chosen.send_burst, chosen.typing_interval) == (5, 10, 3)
    assert (chosen.room_rate, chosen.rest_write_rate) == (200, 60)
    assert (chosen.operation_rate, chosen.operation_burst) == (50, 200)
    assert (chosen.max_frame, chosen.send_buffer) == (65_536, 1_048_576)
    assert (chosen.ping_interval, chosen.ping_timeout, chosen.presence_grace) == (10, 10, 2)
    assert chosen.max_connections_per_user == 20
    assert chosen.cors_origins == ()
    assert chosen.log_level == "info"


def test_settings_cannot_be_changed_once_read(told: Tell) -> None:
    chosen = told()
    with pytest.raises(ValueError, match="frozen"):
        chosen.port = 1  # type: ignore[misc]  # which is what is tried


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("PORT", "0", 0),
        ("HOST", "::1", "::1"),
        ("HOST", "localhost", "localhost"),
        ("LIMITS", "off", False),
        ("DEMO", "1", True),
        ("SEND_RATE", "2.5", 2.5),
        ("PRESENCE_GRACE", "0", 0),
        ("LOG_FORMAT", "text", "text"),
        ("CORS_ORIGINS", "*", ("*",)),
        (
            "CORS_ORIGINS",
            "https://Shop.example, http://localhost:3000,https://shop.example:443",
            ("https://shop.example", "http://localhost:3000"),
        ),
        ("CORS_ORIGINS", "http://[::1]:8080", ("http://[::1]:8080",)),
    ],
)
def test_what_is_accepted(told: Tell, name: str, value: str, expected: object) -> None:
    assert getattr(told(**{name: value}), name.lower()) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("HOST", "two words"),
        ("HOST", "http://127.0.0.1"),
        ("LIMITS", "sometimes"),
        ("DEMO", "2"),
        ("SEND_RATE", "0"),
        ("SEND_RATE", "nan"),
        ("SEND_RATE", "inf"),
        ("SEND_BURST", "0"),
        ("TYPING_INTERVAL", "-1"),
        ("ROOM_RATE", "0"),
        ("REST_WRITE_RATE", "many"),
        ("OPERATION_RATE", "0"),
        ("OPERATION_BURST", "0"),
        ("MAX_FRAME", "10"),
        ("SEND_BUFFER", "1"),
        ("PING_INTERVAL", "0"),
        ("PING_TIMEOUT", "1e9"),
        ("PRESENCE_GRACE", "-0.1"),
        ("MAX_CONNECTIONS_PER_USER", "0"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ORIGINS", "shop.example"),
        ("CORS_ORIGINS", "https://shop.example/"),
        ("CORS_ORIGINS", "https://shop.example/path"),
        ("CORS_ORIGINS", "https://shop.example?x"),
        ("CORS_ORIGINS", "https://user@shop.example"),
        ("CORS_ORIGINS", "https://*.shop.example"),
        ("CORS_ORIGINS", "https://shop.example:99999"),
        ("CORS_ORIGINS", "https://[::1"),
        ("CORS_ORIGINS", "ftp://shop.example"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "*, https://shop.example"),
        ("MONGODB_URL", "mongodb://127.0.0.1/chat"),
        ("REDIS_URL", "redis://127.0.0.1"),
        ("SMTP_URL", "smtp://127.0.0.1"),
        ("SMS_URL", "https://127.0.0.1"),
        ("PUSH_URL", "https://127.0.0.1"),
        ("JWT_SECRET", "short"),
        ("JWT_SECRET", "x" * 7),
        ("JWT_SECRET", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ"),
        ("JWT_PUBLIC_KEY", "/no/such/file.pem"),
        ("JWT_PUBLIC_KEY", "-----BEGIN PUBLIC KEY-----\nbroken\n-----END PUBLIC KEY-----"),
        ("JWT_JWKS_URL", "http://idp.example/keys"),
        ("JWT_JWKS_URL", "file:///etc/passwd"),
        ("JWT_JWKS_URL", "https://"),
        ("JWT_JWKS_URL", "https://[broken/keys"),
    ],
)
def test_what_is_refused_is_named_in_one_line(told: Tell, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        told(**{name: value})
    text = str(refused.value)
    assert text.startswith(f"{name}: ")
    assert "\n" not in text


def test_each_fault_has_its_own_line(told: Tell) -> None:
    with pytest.raises(SettingsError) as refused:
        told(PORT="x", LOG_LEVEL="loud")
    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["PORT", "LOG_LEVEL"]


@pytest.mark.parametrize(
    "values",
    [
        {"HOST": "0.0.0.0"},  # noqa: S104 - it is refused
        {"HOST": "chat.example"},
        {"DEMO": "0"},
        {"JWT_AUDIENCE": "chat"},
        {"JWT_ISSUER": "https://idp.example"},
    ],
)
def test_without_a_key_and_without_demo_it_does_not_start(
    told: Tell, values: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="JWT_SECRET must be set"):
        told(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"JWT_SECRET": SECRET},
        {"JWT_JWKS_URL": "https://idp.example/keys"},
        {"JWT_AUDIENCE": "chat"},
        {"HOST": "0.0.0.0"},  # noqa: S104 - it is refused
    ],
)
def test_demo_is_never_on_beside_real_tokens_or_the_outside(
    told: Tell, values: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="DEMO may not be on while"):
        told(DEMO="1", **values)


def test_demo_is_off_by_itself_once_a_key_is_set(told: Tell) -> None:
    assert told(JWT_SECRET=SECRET).demo is False


def test_only_one_source_of_keys(told: Tell) -> None:
    with pytest.raises(SettingsError, match="only one of"):
        told(JWT_SECRET=SECRET, JWT_JWKS_URL="https://idp.example/keys")


def test_a_public_key_is_a_text_or_a_path(told: Tell, bare: Path) -> None:
    pem = public_pem(ec.generate_private_key(ec.SECP256R1()))
    assert told(JWT_PUBLIC_KEY=pem).jwt_public_key == pem
    assert told(JWT_PUBLIC_KEY=pem.replace("\n", "\\n")).jwt_public_key == pem
    (bare / "key.pem").write_text(pem)
    assert told(JWT_PUBLIC_KEY="key.pem").jwt_public_key == pem


def test_weak_and_private_keys_are_refused(told: Tell) -> None:
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it is refused
    with pytest.raises(SettingsError, match="1024 bits"):
        told(JWT_PUBLIC_KEY=public_pem(weak))
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(SettingsError, match="private key") as refused:
        told(JWT_PUBLIC_KEY=private.decode())
    assert private.decode().splitlines()[1] not in str(refused.value)
    other_curve = public_pem(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(SettingsError, match="P-256"):
        told(JWT_PUBLIC_KEY=other_curve)


def test_a_key_set_over_http_only_on_this_machine(told: Tell) -> None:
    url = "http://127.0.0.1:9/keys"
    assert told(JWT_JWKS_URL=url).jwt_jwks_url == url


def test_the_file_is_read_and_the_environment_wins(told: Tell, bare: Path) -> None:
    (bare / ".env").write_text("PORT=9000\nSEND_BURST=7\nUNKNOWN=1\n")
    chosen = told(PORT="9001", SOMETHING_ELSE="1")
    assert (chosen.port, chosen.send_burst) == (9001, 7)


def test_empty_values_count_as_unset(told: Tell, bare: Path) -> None:
    (bare / ".env").write_text("LOG_LEVEL=\n")
    chosen = told(PORT="", JWT_SECRET="", MONGODB_URL="")
    assert (chosen.port, chosen.log_level, chosen.demo) == (8080, "info", True)


def test_a_file_that_is_not_text_is_one_line(told: Tell, bare: Path) -> None:
    (bare / ".env").write_bytes(b"PORT=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env: cannot be read"):
        told()


@pytest.mark.parametrize("name", ["JWT_SECRET", "MONGODB_URL", "REDIS_URL", "SMTP_URL"])
def test_a_refused_secret_is_not_repeated(told: Tell, name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        told(**{name: "canary"})
    assert "canary" not in str(refused.value)
    assert "canary" not in repr(refused.value.__context__)


def test_an_accepted_secret_is_not_shown(told: Tell) -> None:
    chosen = told(JWT_SECRET=SECRET)
    assert SECRET not in repr(chosen) + str(chosen) + chosen.model_dump_json()
    assert chosen.jwt_secret is not None
    assert chosen.jwt_secret.get_secret_value() == SECRET


def test_a_value_of_any_length_and_kind_stays_one_short_line(told: Tell) -> None:
    with pytest.raises(SettingsError) as refused:
        told(LOG_LEVEL="a\nb" + "x" * 5_000)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_every_setting_is_told_with_default_and_meaning() -> None:
    rows = settings.rows()
    assert [row.name for row in rows] == NAMES
    assert all(row.default and row.meaning.endswith(".") for row in rows)


def test_the_example_file_is_as_the_settings_are() -> None:
    written = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert written == settings.example(), "run: python3 run.py docs"
    assert re.findall(r"^#([A-Z_]+)=$", written, re.MULTILINE) == NAMES
