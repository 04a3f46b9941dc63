"""REST: each route of the registry, by the same dispatch as the sockets.

A request is the operation's one object, gathered from the path, the query (GET, DELETE) and the
JSON body (POST, PUT, DELETE). Errors are RFC 9457 problem details.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any

import orjson
from aiohttp import hdrs, web

from domain.errors import FAILURES, ChatError, FieldError, invalid
from domain.model import Actor
from handlers import OPERATIONS, Operation, Route

from .clock import now
from .dispatch import Answer, Dispatch
from .limits import RateLimits
from .tokens import Verifier
from .wire import to_json

PROBLEM = "application/problem+json"
MAX_BODY = 65_536
"""Bytes of a JSON body; uploads have a route of their own."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Rest:
    """The REST side of one dispatch."""

    def __init__(self, dispatch: Dispatch, verifier: Verifier, limits: RateLimits) -> None:
        self._dispatch = dispatch
        self._verifier = verifier
        self._limits = limits
        self.stopping = False

    def routes(self) -> Iterator[web.RouteDef]:
        """Every route of the registry, with and without its trailing slash; exact paths first."""
        found = [(one, operation) for operation in OPERATIONS.values() for one in operation.routes]
        for one, operation in sorted(found, key=lambda pair: "{" in pair[0].path):
            handler = partial(self._serve, operation, one)
            yield web.route(one.method, one.path, handler)
            yield web.route(one.method, one.path.rstrip("/"), handler)

    async def _serve(
        self, operation: Operation, route: Route, request: web.Request
    ) -> web.StreamResponse:
        try:
            if self.stopping:
                return problem(ChatError("unavailable", "This server is stopping.", retry_after=1))
            actor = await self.actor(request)
            if route.method != hdrs.METH_GET:
                self._limits.rest_write(actor.user_id, group_of(route.path))
            payload = await _payload(request)
        except ChatError as refusal:
            return problem(refusal)
        strict = None if request.method in (hdrs.METH_POST, hdrs.METH_PUT) else False
        answer = await self._dispatch(operation, payload, actor, strict=strict)
        return problem(answer.error) if answer.error else _success(route, answer)

    async def actor(self, request: web.Request) -> Actor:
        """The person whose token the request carries."""
        scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise ChatError("unauthenticated", "Send the header Authorization: Bearer <token>.")
        return await self._verifier.verify(token.strip(), now())


def group_of(path: str) -> str:
    """The endpoint group of a path: what writes are counted by."""
    return path.split("/")[2]


def problem(refusal: ChatError, status: int | None = None) -> web.Response:
    """The refusal as problem details, with the headers and, if no other, the status of its code."""
    failure = FAILURES[refusal.code]
    status = status or failure.status
    body: dict[str, Any] = {
        "type": f"about:blank#{refusal.code}",
        "title": failure.title,
        "status": status,
        "detail": refusal.message,
        "code": refusal.code,
    }
    if refusal.details:
        body["errors"] = [one._asdict() for one in refusal.details]
    headers = {}
    if refusal.retry_after is not None:
        body["retry_after"] = refusal.retry_after
        headers[hdrs.RETRY_AFTER] = str(max(1, round(refusal.retry_after)))
    if refusal.code == "unauthenticated":
        headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return web.Response(
        body=orjson.dumps(body), status=status, content_type=PROBLEM, headers=headers
    )


def json_response(
    body: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        body=to_json(body), status=status, content_type="application/json", headers=headers
    )


async def _payload(request: web.Request) -> dict[str, Any]:
    """The operation's object: each field from one place only."""
    if request.method in (hdrs.METH_POST, hdrs.METH_PUT):
        if request.query:
            raise ChatError("invalid", "Send the fields in the JSON body, not in the query.")
        fields = await _body(request)
    else:
        fields = await _body(request) if request.can_read_body else {}
        for name, value in request.query.items():
            if name in fields:
                raise invalid(name, "is there twice")
            fields[name] = value
    for name, value in request.match_info.items():
        if name in fields:
            raise invalid(name, "is in the path already")
        fields[name] = value
    return fields


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise ChatError("too_large", f"A body has at most {MAX_BODY} bytes.") from None
    if not raw:
        return {}
    try:
        body = orjson.loads(raw)
    except ValueError:
        raise ChatError("invalid", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise ChatError(
            "invalid", "The body must be a JSON object.", (FieldError("body", "must be an object"),)
        )
    return body


def _success(route: Route, answer: Answer) -> web.Response:
    result = answer.result
    if route.lists:
        body = {
            "results": getattr(result, route.gives or ""),
            "next": getattr(result, "next", None),
        }
        return json_response(body)
    body = result if route.gives is None else getattr(result, route.gives)
    if not route.creates or result.duplicate:
        return json_response(body)
    location = f"/api/{group_of(route.path)}/{body.id}/"
    return json_response(body, 201, {hdrs.LOCATION: location})
