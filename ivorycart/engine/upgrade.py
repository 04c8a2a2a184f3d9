"""The HTTP side: which requests become a websocket, what the others are told, and how the connection changes hands.

A websocket that stayed with aiohttp would keep its request, its HTTP parser and a task for as long as it is open. So
once the answer to the upgrade is written, the transport is given to the connection (`take_over`) and aiohttp sees it
as gone.
"""

import asyncio
import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha1
from http import HTTPStatus
from typing import Any

from aiohttp import web

from ivorycart.engine.origin import OriginPolicy
from ivorycart.engine.refusal import Refusal

# the words of the protocol, as every other route has them
_CODES = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.SERVICE_UNAVAILABLE: "storage_unavailable",
}
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_KEY_BYTES = 16
_SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\n"
)


class UpgradeRefused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that does not become a socket, with the HTTP status and the detail of its problem document."""

    def __init__(self, refusal: Refusal, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.status = status
        self.detail = detail

    def response(self) -> web.Response:
        """Return the answer as application/problem+json (RFC 9457)."""
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.detail,
            "code": _CODES[self.status],
            "errors": [],
        }
        headers = {"Cache-Control": "no-store", "Sec-WebSocket-Version": "13"}
        if self.status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = "GET"
        return web.Response(
            status=self.status,
            body=json.dumps(problem).encode(),
            content_type="application/problem+json",
            headers=headers,
        )


class Upgraded(web.StreamResponse):
    """What aiohttp gets back for a connection that is no longer its own: there is nothing left to send."""

    def __init__(self) -> None:
        super().__init__(status=HTTPStatus.SWITCHING_PROTOCOLS)
        self.force_close()

    @property
    def prepared(self) -> bool:
        """The answer has been written."""
        return True

    async def prepare(self, _request: web.BaseRequest) -> None:
        """Write nothing more."""

    async def write_eof(self, _data: Any = b"") -> None:
        """Write nothing more."""


def check_upgrade(request: web.Request, allow_origin: OriginPolicy) -> bytes:
    """Return the head of the answer; UpgradeRefused unless an allowed page opens an Engine.IO 4 websocket."""
    if request.method != "GET":
        raise UpgradeRefused(Refusal.HANDSHAKE, HTTPStatus.METHOD_NOT_ALLOWED, "Open a websocket with GET.")
    query, headers = request.query, request.headers
    if query.getall("EIO", []) != ["4"]:
        raise _bad("Only Engine.IO protocol 4 is spoken here (EIO=4).")
    if query.getall("transport", []) != ["websocket"]:
        raise _bad("Only the websocket transport is offered here (transport=websocket).")
    if "sid" in query:
        raise _bad("A websocket is opened without a sid: there is nothing to upgrade from.")
    # several Origin headers are joined and so match nothing
    origins = headers.getall("Origin", [])
    if not allow_origin(", ".join(origins) if origins else None, request.host, request.scheme):
        raise UpgradeRefused(Refusal.ORIGIN, HTTPStatus.FORBIDDEN, "This origin may not open a socket here.")
    key = headers.get("Sec-WebSocket-Key", "")
    if not _is_upgrade(request) or not _is_key(key):
        raise _bad("Not a websocket upgrade.")
    return _SWITCHING % b64encode(sha1(key.encode() + _GUID, usedforsecurity=False).digest())


def take_over(request: web.Request, successor: asyncio.Protocol) -> tuple[asyncio.Transport, bytes]:
    """Give the request's transport to another protocol; return it and what the client has sent already.

    ConnectionResetError when the client has gone.
    """
    protocol, transport = request.protocol, request.transport
    if transport is None or transport.is_closing():
        raise ConnectionResetError("the client has gone")
    early, protocol._message_tail = protocol._message_tail, b""  # noqa: SLF001 - there is no public way
    transport.set_protocol(successor)
    protocol.transport = None  # or it would close it now
    protocol.connection_lost(None)
    if protocol._buffer_paused:  # noqa: SLF001 - as above
        transport.resume_reading()
    return transport, early


class ConnectEnviron(Mapping[str, Any]):
    """What a connect handler may read, in the WSGI spelling that python-socketio documents; made when it is looked at.

    `REMOTE_ADDR` is the peer of the TCP connection, unless the application's middlewares have put the client of a
    trusted proxy in its place; forwarded headers are as sent. A header with an underscore is left out: it would pass
    for the one with a hyphen.
    """

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._values: dict[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        return self._request.remote or "" if key == "REMOTE_ADDR" else self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def kept(self) -> dict[str, Any]:
        """Return the little that stays for the connection's life."""
        return {"REMOTE_ADDR": self._request.remote or ""}

    def _all(self) -> dict[str, Any]:
        if self._values is None:
            request = self._request
            self._values = {
                "REQUEST_METHOD": request.method,
                "PATH_INFO": request.path,
                "QUERY_STRING": request.query_string,
                "wsgi.url_scheme": request.scheme,
                "aiohttp.request": request,
                **self.kept(),
            }
            for name in dict.fromkeys(name.upper() for name in request.headers if "_" not in name):
                self._values[f"HTTP_{name.replace('-', '_')}"] = ",".join(request.headers.getall(name))
        return self._values


def _is_upgrade(request: web.Request) -> bool:
    """Whether the HTTP parser stopped at this request, for a websocket of a known version and without a body."""
    return (
        request._message.upgrade  # noqa: SLF001 - the parser's own word for it
        and request.headers.get("Upgrade", "").strip().lower() == "websocket"
        and request.headers.get("Sec-WebSocket-Version") == "13"
        and not request.body_exists
    )


def _is_key(key: str) -> bool:
    try:
        return len(b64decode(key, validate=True)) == _KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _bad(detail: str) -> UpgradeRefused:
    return UpgradeRefused(Refusal.HANDSHAKE, HTTPStatus.BAD_REQUEST, detail)
