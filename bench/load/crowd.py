"""Many clients that connect, hear and leave. They offer permessage-deflate, as browsers do."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench.load.hearing import Hearing, number_of_broadcast, number_of_product
from bench.payload import EVENT
from ivorycart.load.client import LEFT, SocketIOClient

CONNECT_PATIENCE = 120.0
ENOUGH_REFUSED = 20


class Crowd:
    """The clients, and what they hear. The commands of a load process, as far as listening goes."""

    def __init__(self) -> None:
        self.clients: list[SocketIOClient] = []
        self.stalled: list[SocketIOClient] = []
        self.hearing = Hearing(EVENT, number_of_broadcast)
        self.gone = 0

    async def connect(
        self, url: str | Sequence[str], count: int, at_once: int, auth: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """Connect so many, with a bound on how many are on their way; return how long that took, and who failed.

        Where there are several addresses, they take turns.
        """
        failed: list[str] = []
        left = iter(range(count))
        started = time.perf_counter()

        async def one_after_another() -> None:
            for number in left:
                try:
                    self.clients.append(await self._one(turn_of(url, number), auth))
                except (OSError, TimeoutError) as error:
                    failed.append(repr(error))

        await asyncio.gather(*(one_after_another() for _ in range(min(at_once, count))))
        seconds = time.perf_counter() - started
        if len(failed) > ENOUGH_REFUSED:
            raise ConnectionError(f"{len(failed)} of {count} could not connect, one of them by {failed[-1]}")
        return {"seconds": seconds, "failed": len(failed)}

    async def listen(self, product_id: str | None = None) -> Mapping[str, Any]:
        """Begin to note what is heard: numbered broadcasts, or the versions of a shop's product."""
        number_of = number_of_product(product_id) if product_id else number_of_broadcast
        self.hearing.begin(number_of)
        for client in self.clients:
            client.tag = None
        return {}

    async def stall(self, url: str, count: int, auth: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        """Connect so many more, which read nothing of what they are sent."""
        for _ in range(count):
            told = dict(auth) if auth else None
            self.stalled.append(await SocketIOClient.connect(url, told, on_frame=ignore))
            self.stalled[-1].stall()
        return {}

    async def heard(
        self, first: int, count: int, patience: float, sent: Mapping[str, float] | None = None
    ) -> Mapping[str, Any]:
        """Wait until everyone has heard these numbers, or patience has an end; return latencies and faults."""
        numbers, clients = range(first, first + count), len(self.clients)
        deadline = time.monotonic() + patience
        while self.hearing.count(numbers) < clients * count and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        times = {int(number): at for number, at in (sent or {}).items()}
        return self.hearing.figures(numbers, clients, times) | {"gone": self.gone}

    async def leave(self) -> Mapping[str, Any]:
        """Have all leave at once."""
        for client in (*self.clients, *self.stalled):
            client.close()
        self.clients, self.stalled, self.gone = [], [], 0
        await asyncio.sleep(0.2)
        return {}

    async def _one(self, url: str, auth: Mapping[str, Any] | None) -> SocketIOClient:
        return await SocketIOClient.connect(
            url,
            dict(auth) if auth else None,
            on_frame=self.hearing.frame,
            on_close=self._closed,
            timeout=CONNECT_PATIENCE,
        )

    def _closed(self, _client: SocketIOClient, reason: str) -> None:
        self.gone += reason != LEFT


def turn_of(url: str | Sequence[str], number: int) -> str:
    """Return whose turn it is with this client, where there are several servers."""
    return url if isinstance(url, str) else url[number % len(url)]


def ignore(_client: SocketIOClient, _text: bytes, _at: float) -> None:
    """Hear everything as a browser does, and look at nothing."""
