"""The HTTP side: which requests become a websocket, what the others are told, and what a connect handler may read."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from ivorycart.engine.origin import OriginPolicy
from ivorycart.engine.refusal import Refusal

_CODES = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable",
}


class UpgradeRefused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that does not become a socket, with the HTTP status and the detail of its problem document."""

    def __init__(self, refusal: Refusal, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.status = status
        self.detail = detail

    def response(self) -> web.Response:
        """Return the answer as application/problem+json (RFC 9457)."""
        problem = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": _CODES[self.status],
        }
        headers = {"Cache-Control": "no-store"}
        if self.status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET"
        return web.Response(
            status=self.status,
            body=json.dumps(problem).encode(),
            content_type="application/problem+json",
            headers=headers,
        )


def check_upgrade(request: web.Request, allow_origin: OriginPolicy) -> None:
    """Raise UpgradeRefused unless the request opens an Engine.IO 4 websocket from an allowed page."""
    if request.method != "GET":
        raise UpgradeRefused(Refusal.HANDSHAKE, HTTPStatus.METHOD_NOT_ALLOWED, "Open a websocket with GET.")
    if request.query.getall("EIO", []) != ["4"]:
        raise _bad("Only Engine.IO protocol 4 is spoken here (EIO=4).")
    if request.query.getall("transport", []) != ["websocket"]:
        raise _bad("Only the websocket transport is offered here (transport=websocket).")
    if "sid" in request.query:
        raise _bad("A websocket is opened without a sid: there is nothing to upgrade from.")
    # several Origin headers are joined and so match nothing
    origins = request.headers.getall("Origin", [])
    if not allow_origin(", ".join(origins) if origins else None, request.headers.get("Host", "")):
        raise UpgradeRefused(Refusal.ORIGIN, HTTPStatus.FORBIDDEN, "This origin may not open a socket here.")
    if not web.WebSocketResponse().can_prepare(request):
        raise _bad("Not a websocket upgrade.")


def connect_environ(request: web.Request) -> dict[str, Any]:
    """Return what a connect handler may read, in the WSGI spelling that python-socketio documents.

    `REMOTE_ADDR` is the peer of the TCP connection; forwarded headers are as sent, for the application to judge. A
    header with an underscore is left out: it would pass for the one with a hyphen.
    """
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query_string,
        "REMOTE_ADDR": request.remote or "",
        "wsgi.url_scheme": request.scheme,
        "aiohttp.request": request,
    }
    for name in dict.fromkeys(name.upper() for name in request.headers if "_" not in name):
        environ[f"HTTP_{name.replace('-', '_')}"] = ",".join(request.headers.getall(name))
    return environ


def kept_environ(environ: Mapping[str, Any]) -> dict[str, Any]:
    """Return the little that stays for the connection's life."""
    return {"REMOTE_ADDR": environ["REMOTE_ADDR"]}


def _bad(detail: str) -> UpgradeRefused:
    return UpgradeRefused(Refusal.HANDSHAKE, HTTPStatus.BAD_REQUEST, detail)
