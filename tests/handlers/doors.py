"""Clients that send what no honest client would: whole HTTP requests byte by byte, and bodies as they are."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import socketio
from aiohttp import ClientSession
from multidict import CIMultiDictProxy
from socketio.exceptions import ConnectionError as RefusedAtDoor
from yarl import URL

from bench.shop.running import RunningShop
from tests.patience import PATIENCE

PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with its JSON; `body` is None where there is none."""

    status: int
    headers: CIMultiDictProxy[str]
    body: Any

    def is_problem(self, status: int, code: str) -> bool:
        """Whether this is a whole problem document with that status and code; a mismatch is told in full."""
        assert (self.status, self.body and self.body.get("code")) == (status, code), (self.status, self.body)
        assert self.headers["Content-Type"] == PROBLEM
        assert self.body["status"] == status
        assert all(isinstance(self.body[name], str) for name in ("type", "title", "detail"))
        assert all(each.keys() == {"pointer", "detail"} for each in self.body["errors"])
        assert all(each["pointer"] == "" or each["pointer"].startswith("/") for each in self.body["errors"])
        return True


async def send(url: str, method: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Send a request; bytes go as they are, anything else as JSON. `X_Y` in a header's name stands for `X-Y`."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if content is not None:
        given.setdefault("Content-Type", "application/json")
    address = URL(url + path, encoded=True)
    async with ClientSession() as http, http.request(method, address, data=content, headers=given) as answer:
        text = await answer.read()
        return Answer(answer.status, answer.headers, json.loads(text) if "json" in answer.content_type else None)


async def raw(url: str, request: bytes) -> bytes:
    """Send bytes as a request and return all that comes until the server closes the connection."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(request)
    try:
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


@asynccontextmanager
async def serves_on(shop: RunningShop) -> AsyncIterator[None]:
    """Assert that afterwards the process still answers and that no handler failed meanwhile."""
    before = _failures(shop)
    yield
    assert (await send(shop.url, "GET", "/healthz")).status == 200
    assert _failures(shop) == before, shop.log.read_text()[-5000:]


def _failures(shop: RunningShop) -> int:
    text = shop.log.read_text()
    return sum(text.count(each) for each in ("request.failed", "event.failed", "handler of an event failed"))


def fresh_session() -> str:
    """Return a session of one's own."""
    return uuid4().hex


def bearer(token: str) -> dict[str, str]:
    """Return the header that names a user."""
    return {"Authorization": f"Bearer {token}"}


async def refusal_at_door(url: str, auth: Any) -> Any:
    """Connect a socket that must be refused; return the refusal's `{code, message, details}`."""
    refused: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    client = socketio.AsyncClient(reconnection=False)
    client.on("connect_error", refused.set_result)
    with suppress(RefusedAtDoor):
        await client.connect(url, transports=["websocket"], auth=auth)
        await client.disconnect()
        raise AssertionError(f"let in with {auth}")
    async with asyncio.timeout(PATIENCE):
        return (await refused)["data"]
