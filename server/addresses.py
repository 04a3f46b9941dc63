"""What counts as a host, as this machine alone, and as a browser's origin."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(?<!-)")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_host(text: str) -> bool:
    """Whether ``text`` is an IP address or could be a host's name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return _HOST_NAME.fullmatch(text) is not None
    return True


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(text: str) -> str:
    """The origin as browsers send it: small letters, no default port. Else raises ValueError."""
    wrong = f"{text[:60]!r} is not an origin: scheme and host, no path"
    try:
        parts = urlsplit(text.lower())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(wrong) from None
    shown = f"[{host}]" if ":" in host else host
    written = f"{parts.scheme}://{shown}" + (f":{port}" if port is not None else "")
    if parts.scheme not in _DEFAULT_PORTS or not is_host(host) or text.lower() != written:
        raise ValueError(wrong)
    return f"{parts.scheme}://{shown}" if port == _DEFAULT_PORTS[parts.scheme] else written


def key_set_url(text: str) -> str:
    """The address of a key set. Raises ValueError unless it is https, or stays on this machine."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError("is not an https URL") from None
    if not host or parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("is not an https URL")
    if parts.scheme == "http" and not is_loopback(host):
        # Who can change the set on its way here can sign tokens for anybody.
        raise ValueError("must be https: over http anybody on the way could add a key")
    return text
