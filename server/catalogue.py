"""Both contracts, as they are served and as they are committed."""

from __future__ import annotations

from pathlib import Path

import orjson

from .asyncapi import asyncapi
from .openapi import openapi

__all__ = ["asyncapi", "openapi", "write"]


def write(folder: Path) -> None:
    """Write both documents, as they are committed."""
    for name, document in (("openapi", openapi()), ("asyncapi", asyncapi())):
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"
        (folder / f"{name}.json").write_text(text)
