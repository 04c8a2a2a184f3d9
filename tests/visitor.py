"""A client of a running shop, and what it asks for first."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import uuid4

import socketio
from aiohttp import ClientSession
from socketio.exceptions import DisconnectedError

from tests.patience import PATIENCE

PASSWORD = "demo123"


@dataclass
class Visitor:
    """A python-socketio client that keeps what it hears."""

    url: str
    auth: dict[str, Any] = field(default_factory=dict)
    heard: list[tuple[str, Any]] = field(default_factory=list)
    client: socketio.AsyncClient = field(default_factory=lambda: socketio.AsyncClient(reconnection=False))
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def connect(self) -> Self:
        """Connect, and wait for the welcome."""
        self.client.on("*", self._hear)
        await self.client.connect(self.url, transports=["websocket"], auth=self.auth)
        await self.hear("welcome")
        return self

    async def _hear(self, event: str, payload: Any = None) -> None:
        self.heard.append((event, payload))
        self._news.set()

    def all(self, event: str) -> list[Any]:
        """Return all payloads of an event so far."""
        return [payload for name, payload in self.heard if name == event]

    @property
    def session(self) -> str:
        """The session that the server gave."""
        return str(self.all("welcome")[0]["session"])

    async def hear(self, event: str, matching: Any = lambda _: True, within: float = PATIENCE) -> Any:
        """Wait for an event that matches, heard already or still to come."""
        async with asyncio.timeout(within):
            while True:
                self._news.clear()
                for payload in self.all(event):
                    if matching(payload):
                        return payload
                await self._news.wait()

    async def hear_first(self, *events: str, within: float = PATIENCE) -> Any:
        """Wait for the first of several events."""
        async with asyncio.timeout(within):
            while True:
                self._news.clear()
                for name, payload in self.heard:
                    if name in events:
                        return payload
                await self._news.wait()

    async def ask(self, event: str, payload: Any = None) -> Any:
        """Send an event, without a payload if there is none, and return its ack."""
        return await self.ask_with(event, *(() if payload is None else (payload,)))

    async def ask_with(self, event: str, *arguments: Any) -> Any:
        """Send an event with just these arguments and return its ack; DisconnectedError where the connection ends."""
        asked = asyncio.ensure_future(self.client.call(event, arguments, timeout=PATIENCE))
        reading = self.client.eio.read_loop_task
        await asyncio.wait({asked, reading} if reading else {asked}, return_when=asyncio.FIRST_COMPLETED)
        # what was read last may be the ack
        if not asked.done() and not (await asyncio.wait({asked}, timeout=0.1))[0]:
            asked.cancel()
            raise DisconnectedError
        return asked.result()

    def level(self, product_id: str) -> Any:
        """Return the newest level of a product that this client has heard of."""
        items = [
            item
            for name, payload in self.heard
            if name in {"stock", "stock:snapshot"}
            for item in payload["items"]
            if item["id"] == product_id
        ]
        # Of equal versions the one heard last: another program may have written without a version.
        return max(reversed(items), key=lambda item: item["version"], default=None)

    @property
    def cursor(self) -> str:
        """The newest cursor that this client has heard."""
        payloads = (payload for _, payload in self.heard if isinstance(payload, dict))
        return max(str(payload["cursor"]) for payload in payloads if "cursor" in payload)

    async def gone(self, within: float = PATIENCE) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(within):
            await self.client.eio.wait()

    async def sees(self, product_id: str, within: float = PATIENCE, **fields: Any) -> Any:
        """Wait until the newest level of a product has these values."""

        def fits(_: Any) -> bool:
            level = self.level(product_id)
            return level is not None and all(level[name] == value for name, value in fields.items())

        async with asyncio.timeout(within):
            while not fits(None):
                self._news.clear()
                if not fits(None):
                    await self._news.wait()
        return self.level(product_id)

    async def leave(self) -> None:
        """Disconnect."""
        await self.client.disconnect()


async def sign_in(url: str, email: str = "buyer@demo.com", password: str = PASSWORD) -> str:
    """Return a token."""
    async with (
        ClientSession() as http,
        http.post(f"{url}/api/auth/login", json={"email": email, "password": password}) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["token"])


async def buyer_token(url: str) -> str:
    """Register somebody whose cart nobody else fills, and return a token."""
    body = {"email": f"{uuid4().hex}@example.org", "name": "Ada", "password": "quiet harbour lamp"}
    async with ClientSession() as http, http.post(f"{url}/api/auth/register", json=body) as answer:
        assert answer.status == 201, await answer.text()
    return await sign_in(url, body["email"], body["password"])


async def products(url: str) -> list[dict[str, Any]]:
    """Return the products of the demo data."""
    async with ClientSession() as http, http.get(f"{url}/api/products/?limit=100") as answer:
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items
