"""Clients that ask and wait for the ack, one question at a time on each, as fast as the answers come.

The next question leaves from within the socket's reader: at tens of thousands a second a task for each would measure
the load instead of the server.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from bench.figures import waits
from ivorycart.load.client import SocketIOClient

QUESTION = b'420["ask",{"product_id":"65a1f0c2d4e5f60718293a4b","quantity":2}]'


class Asker(SocketIOClient):
    """A client that asks anew as soon as it is answered."""

    __slots__ = ("answered", "asked_at", "left", "waited")

    def begin(self, questions: int) -> asyncio.Future[None]:
        """Ask so many times; the future is done with the last answer."""
        self.left = questions
        self.waited: list[float] = []
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ask()
        return self.answered

    def on_ws_disconnected(self, transport: Any) -> None:
        """Have whoever waits know."""
        super().on_ws_disconnected(transport)
        answered: asyncio.Future[None] | None = getattr(self, "answered", None)
        if answered is not None and not answered.done():
            answered.set_exception(ConnectionError("closed before the last answer"))

    def _ask(self) -> None:
        self.asked_at = time.perf_counter()
        self._send(QUESTION)

    def _take_ack(self, _text: bytes) -> None:
        self.waited.append(time.perf_counter() - self.asked_at)
        self.left -= 1
        if self.left:
            self._ask()
        else:
            self.answered.set_result(None)


class Askers:
    """The commands of a load process, as far as asking goes."""

    def __init__(self) -> None:
        self.clients: list[Asker] = []

    async def connect(self, url: str, count: int) -> Mapping[str, Any]:
        """Connect so many."""
        self.clients = [await Asker.connect(url) for _ in range(count)]
        return {}

    async def ask(self, questions: int) -> Mapping[str, Any]:
        """Have each ask so many times; return the rate and the waits."""
        started = time.perf_counter()
        await asyncio.gather(*(client.begin(questions) for client in self.clients))
        seconds = time.perf_counter() - started
        waited = [each for client in self.clients for each in client.waited]
        return {"asked": len(waited), "per_s": len(waited) / seconds, **waits(waited)}
