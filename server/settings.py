"""Every setting there is: its name, default, meaning and what it accepts.

Read once at the start from the environment and from a ``.env`` file in the current directory; the
environment wins. ``run.py --help`` and ``.env.example`` are written from the fields below.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    AliasGenerator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from .addresses import is_host, is_loopback, key_set_url, origin
from .bootstrap import SetupError
from .keys import GOOD_SECRET, MIN_SECRET, pem_key, secret_key

KEY_SETTINGS = ("JWT_SECRET", "JWT_PUBLIC_KEY", "JWT_JWKS_URL")
JWT_SETTINGS = (*KEY_SETTINGS, "JWT_AUDIENCE", "JWT_ISSUER")
_SHOWN = 60
"""Characters of a refused value that are shown."""


class SettingsError(SetupError):
    """The server cannot start as it is configured; a secret's value is never in the text."""


def _setting(
    default: object, meaning: str, accepts: str, *, shown: str | None = None, **limits: Any
) -> Any:
    """One setting. ``shown`` is how the default reads where its value does not say it."""
    told: JsonDict = {"accepts": accepts, "shown": shown}
    if callable(default):
        return Field(default_factory=default, description=meaning, json_schema_extra=told, **limits)
    return Field(default=default, description=meaning, json_schema_extra=told, **limits)


def _count(default: int, meaning: str, at_least: int, at_most: int) -> Any:
    accepts = f"a whole number from {at_least} to {at_most}"
    return _setting(default, meaning, accepts, ge=at_least, le=at_most)


def _seconds(default: float, meaning: str, at_least: float, at_most: float) -> Any:
    accepts = f"seconds, from {at_least:g} to {at_most:g}"
    return _setting(default, meaning, accepts, ge=at_least, le=at_most, allow_inf_nan=False)


def _later(meaning: str) -> Any:
    return _setting(None, f"{meaning} Not supported yet: must be unset.", "")


def _demo_by_default(earlier: dict[str, Any]) -> bool:
    no_token_settings = not any(earlier.get(name.lower()) for name in JWT_SETTINGS)
    return no_token_settings and is_loopback(earlier.get("host", ""))


def _format_by_default() -> str:
    return "text" if sys.stderr.isatty() else "json"


class Settings(BaseSettings):
    """How the server was told to run. Durations are in seconds, sizes in bytes."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        case_sensitive=True,
        alias_generator=AliasGenerator(alias=str.upper),
        populate_by_name=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    host: str = _setting(
        "127.0.0.1", "The address to listen on; 0.0.0.0 for all.", "an address or host name"
    )
    port: int = _count(8080, "The port to listen on; 0 takes a free one.", 0, 65535)
    data_dir: Path = _setting(
        Path("./data"),
        "Where the SQLite history and the generated demo secret are kept.",
        "a folder",
        shown="./data",
    )
    mongodb_url: SecretStr | None = _later("History in MongoDB instead of SQLite.")
    redis_url: SecretStr | None = _later("Presence, limits and fan-out through Redis.")
    jwt_secret: SecretStr | None = _setting(
        None,
        "Tokens are signed with this shared secret (HS256).",
        f"a secret of at least {MIN_SECRET} bytes, better {GOOD_SECRET}",
    )
    jwt_public_key: str | None = _setting(
        None,
        "Tokens are signed with the private half of this key (RS256, ES256 or EdDSA, by its kind).",
        "a PEM public key or the path of one: RSA of 2048 bits or more, EC P-256 or Ed25519",
    )
    jwt_jwks_url: str | None = _setting(
        None,
        "Tokens are signed with a key of the set published here (RS256, ES256 or EdDSA).",
        "an https URL; http only on this machine",
    )
    jwt_audience: str | None = _setting(
        None, "When set, a token's aud must name it; else aud is not looked at.", "a text"
    )
    jwt_issuer: str | None = _setting(
        None, "When set, a token's iss must equal it; else iss is not looked at.", "a text"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = _setting(
        (),
        "Browser origins that may use the server besides its own, comma separated; * for any.",
        "origins such as https://shop.example, comma separated, or a single *",
        shown="the server's own",
    )
    smtp_url: SecretStr | None = _later("Notifications by e-mail through this server.")
    sms_url: SecretStr | None = _later("Notifications by SMS through this provider.")
    push_url: SecretStr | None = _later("Push notifications through this provider.")
    limits: bool = _setting(
        True, "Whether the rates below are enforced; off for load tests.", "on or off", shown="on"
    )
    demo: bool = _setting(
        _demo_by_default,
        "Demo people who sign in on the try-it page, a secret in DATA_DIR. Not behind a proxy.",
        "1 or 0",
        shown="1 when no JWT setting is set and HOST is loopback, else 0",
    )
    send_rate: float = _setting(
        5.0,
        "Messages a person may send per second, lasting.",
        "a number above 0, at most 10000",
        gt=0,
        le=10_000,
        allow_inf_nan=False,
    )
    send_burst: int = _count(10, "Messages a person may send at once.", 1, 10_000)
    typing_interval: float = _seconds(3.0, "Seconds between a person's typing events.", 0, 60)
    room_rate: int = _count(200, "Messages a room takes per minute.", 1, 1_000_000)
    rest_write_rate: int = _count(
        60, "REST writes per minute, per person and endpoint group.", 1, 1_000_000
    )
    operation_rate: int = _count(
        50, "Operations of any kind per second and connection, lasting.", 1, 100_000
    )
    operation_burst: int = _count(
        200, "Operations of any kind that a connection may send at once.", 1, 100_000
    )
    max_frame: int = _count(
        65_536, "Bytes of the largest Socket.IO frame accepted.", 1_024, 1_048_576
    )
    send_buffer: int = _count(
        1_048_576,
        "Bytes that may wait for a slow reader before its connection is cut; it then catches up.",
        65_536,
        1_073_741_824,
    )
    ping_interval: float = _seconds(10.0, "Seconds between pings to a connection.", 0.05, 300)
    ping_timeout: float = _seconds(
        10.0, "Seconds a connection may leave a ping unanswered before it is cut.", 0.05, 300
    )
    presence_grace: float = _seconds(
        2.0, "Seconds a person stays online after the last connection closed.", 0, 300
    )
    max_connections_per_user: int = _count(
        20, "Connections one person may have open at once.", 1, 10_000
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "The least important events that are logged.", "debug, info, warning or error"
    )
    log_format: Literal["json", "text"] = _setting(
        _format_by_default,
        "How a log line is written, one an event, to standard error.",
        "json or text",
        shown="text on a terminal, else json",
    )

    @field_validator("host")
    @classmethod
    def _check_host(cls, host: str) -> str:
        if not is_host(host):
            raise ValueError(f"{_cut(host)} is not an address or host name")
        return host

    @field_validator("mongodb_url", "redis_url", "smtp_url", "sms_url", "push_url")
    @classmethod
    def _refuse_later(cls, _: SecretStr | None) -> None:
        raise ValueError("is not supported yet by this version: unset it")

    @field_validator("jwt_secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            secret_key(secret.get_secret_value())
        return secret

    @field_validator("jwt_public_key")
    @classmethod
    def _read_public_key(cls, given: str | None) -> str | None:
        if given is None:
            return None
        # Files of settings often keep a PEM on one line, with the line ends spelt out.
        text = given.replace("\\n", "\n") if "-----BEGIN" in given else _file_text(given)
        pem_key(text)
        return text

    @field_validator("jwt_jwks_url")
    @classmethod
    def _check_jwks_url(cls, url: str | None) -> str | None:
        return None if url is None else key_set_url(url)

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        listed = [one.strip() for one in given.split(",") if one.strip()]
        if listed == ["*"]:
            return ("*",)
        if "*" in listed:
            raise ValueError("* stands alone or not at all")
        return tuple(dict.fromkeys(origin(one) for one in listed))

    @model_validator(mode="after")
    def _check_who_signs(self) -> Self:
        keys = [name for name in KEY_SETTINGS if getattr(self, name.lower()) is not None]
        if len(keys) > 1:
            raise ValueError(f"only one of {', '.join(KEY_SETTINGS)} may be set, not {_and(keys)}")
        if self.demo:
            used = [name for name in JWT_SETTINGS if getattr(self, name.lower()) is not None]
            if used:
                raise ValueError(f"DEMO may not be on while {_and(used)} is set: unset one of them")
            if not is_loopback(self.host):
                raise ValueError(
                    f"DEMO may not be on while HOST is {self.host}: it is for this machine only"
                )
        elif not keys:
            raise ValueError(f"JWT_SECRET must be set (or {KEY_SETTINGS[1]} or {KEY_SETTINGS[2]})")
        return self


class Row(NamedTuple):
    """One setting as people read it."""

    name: str
    default: str
    meaning: str


def rows() -> list[Row]:
    """Every setting with its default and meaning, in the order of the fields."""
    found = []
    for name, field in Settings.model_fields.items():
        shown = _told(name)["shown"]
        value = field.default
        default = f"{value:g}" if isinstance(value, float) else str(value)
        if value is None:
            default = "unset"
        found.append(Row(name.upper(), str(shown or default), str(field.description)))
    return found


def example() -> str:
    """A ``.env`` file that names every setting and sets none."""
    opening = "# Copy this to .env and take away the # of what you set; the environment wins.\n"
    return opening + "".join(
        f"\n# {one.meaning} Default: {one.default}.\n#{one.name}=\n" for one in rows()
    )


_TABLE = ("<!-- settings: written by `python3 run.py docs` -->\n", "<!-- end of settings -->")


def in_readme(readme: str) -> str:
    """The README with its table of settings as they are now."""
    before, opening, rest = readme.partition(_TABLE[0])
    _, closing, after = rest.partition(_TABLE[1])
    lines = [f"| `{one.name}` | {one.default} | {one.meaning} |\n" for one in rows()]
    table = "| variable | default | meaning |\n| --- | --- | --- |\n" + "".join(lines)
    return before + opening + table + closing + after


def load() -> Settings:
    """The settings as the environment and ``.env`` give them; raises SettingsError."""
    try:
        return Settings()
    except ValidationError as failure:
        faults = failure.errors(include_url=False)
        # A default that is worked out from another setting waits for that one to be right.
        lines = [_line(one) for one in faults if one["type"] != "default_factory_not_called"]
        raise SettingsError("\n".join(lines)) from None
    except (OSError, UnicodeError):
        raise SettingsError(".env: cannot be read as a text file in UTF-8") from None


def _line(error: ErrorDetails) -> str:
    """One fault as a line: the variable, what is wrong with it, what is accepted.

    A secret's value is never shown. The texts of this file's own checks are used as they stand.
    """
    name = "_".join(str(part) for part in error["loc"][:1])
    own = str(error["ctx"]["error"]) if error["type"] == "value_error" else None
    if not name:
        return str(own)
    told = _told(name.lower())
    if own is None:
        own = f"{_cut(error['input'])} is not accepted"
    accepts = f" (accepted: {told['accepts']})" if told["accepts"] else ""
    return f"{name}: {own}{accepts}"


def _told(field: str) -> dict[str, Any]:
    extra = Settings.model_fields[field].json_schema_extra
    if not isinstance(extra, dict):
        raise TypeError(f"{field} is not declared with _setting")
    return extra


def _cut(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + "…"


def _and(names: list[str]) -> str:
    return " and ".join(names)


def _file_text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise ValueError("is neither a PEM text nor the path of a file that can be read") from None
