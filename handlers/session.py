"""The connection's own business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from .operation import Context, Outcome, operation
from .requests import Request


class RefreshSession(Request):
    token: Annotated[str, StringConstraints(min_length=1, max_length=8_192)]


@dataclass(frozen=True, slots=True)
class Session:
    expires_at: datetime


@operation("session.refresh", ordered=True, example={"token": "eyJhbGciOiJIUzI1NiJ9…"})
async def refresh(ctx: Context, ask: RefreshSession) -> Outcome[Session]:
    """Go on with a new token of the same person, in the same role, before the old one ends."""
    return Outcome(Session(await ctx.live.renew(ask.token)))
