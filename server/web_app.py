"""The aiohttp application around sockets and REST: pages, health, origins, security headers."""

from __future__ import annotations

import mimetypes
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from domain.errors import ChatError, not_found

from .catalogue import asyncapi, openapi
from .rest import MAX_BODY, Handler, Rest, json_response, problem

PAGES = Path(__file__).parent.parent / "static" / "dist"
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self' ws: wss:; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_METHODS = "GET, POST, PUT, DELETE, OPTIONS"


def web_application(
    rest: Rest, origins: tuple[str, ...], ready: Callable[[], Awaitable[dict[str, object]]]
) -> web.Application:
    """Everything but Socket.IO and the demo, which attach themselves."""
    app = web.Application(
        client_max_size=MAX_BODY, middlewares=[_origin_guard(origins), _answer_kindly]
    )
    app.router.add_routes(rest.routes())
    documents = {"openapi": openapi(), "asyncapi": asyncapi()}
    for name, document in documents.items():
        app.router.add_get(f"/api/{name}.json", _fixed(document))
    app.router.add_get("/api/health/live", _fixed({"status": "live"}))
    app.router.add_get("/api/health/live/", _fixed({"status": "live"}))
    for path in ("/api/health/ready", "/api/health/ready/"):
        app.router.add_get(path, _readiness(ready))
    app.router.add_get("/", _page)
    # Until agents have a console of their own, their panel of the page stands in for it.
    app.router.add_get("/console/", _to_support)
    app.router.add_get("/static/{name}", _asset)
    app.on_response_prepare.append(_add_headers)
    return app


def _fixed(document: dict[str, object]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        return json_response(document)

    return answer


def _readiness(ready: Callable[[], Awaitable[dict[str, object]]]) -> Handler:
    async def answer(_: web.Request) -> web.Response:
        state = await ready()
        return json_response(state, 200 if state["status"] == "ready" else 503)

    return answer


async def _page(_: web.Request) -> web.StreamResponse:
    index = PAGES / "index.html"
    if not index.is_file():
        return web.Response(
            status=503,
            text="The page is not built: run `npm ci && npm run build` in static/, or start the "
            "server with `python3 run.py`, which does. The API works without it.\n",
        )
    return web.FileResponse(index, headers={hdrs.CACHE_CONTROL: "no-cache"})


async def _to_support(_: web.Request) -> web.StreamResponse:
    return web.HTTPFound("/#show=support")


async def _asset(request: web.Request) -> web.StreamResponse:
    path = PAGES / request.match_info["name"]
    if path.parent != PAGES or not path.is_file():
        raise web.HTTPNotFound
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return web.FileResponse(
        path,
        headers={
            hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable",
            hdrs.CONTENT_TYPE: kind,
        },
    )


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def _answer_kindly(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refusals of the router itself as problem details, where an API is asked."""
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed as refusal:
        if not request.path.startswith("/api/"):
            raise
        allowed = ", ".join(sorted(refusal.allowed_methods))
        answer = problem(ChatError("unknown_operation", f"Allowed here: {allowed}."), 405)
        answer.headers[hdrs.ALLOW] = allowed
        return answer
    except web.HTTPNotFound:
        if not request.path.startswith("/api/"):
            raise
        return problem(not_found("address"))


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return None


def _origin_guard(origins: tuple[str, ...]) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Let in pages of this host and of the listed origins; nothing a proxy could be made to say."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        origin = request.headers.get(hdrs.ORIGIN)
        if origin is None or _host_of(origin) == request.host:
            return await handler(request)
        if origin not in origins and "*" not in origins:
            return problem(ChatError("forbidden", "This origin is not in CORS_ORIGINS."))
        if request.method == hdrs.METH_OPTIONS:
            response: web.StreamResponse = web.Response(status=204)
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = _METHODS
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = (
                "Authorization, Content-Type, Idempotency-Key"
            )
            response.headers[hdrs.ACCESS_CONTROL_MAX_AGE] = "600"
        else:
            response = await handler(request)
        if not response.prepared:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
            response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = "Location, Retry-After"
            response.headers.add(hdrs.VARY, hdrs.ORIGIN)
        return response

    return guard
