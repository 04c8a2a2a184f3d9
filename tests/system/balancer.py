"""A proxy in front of several servers, as small as can be: it turns to those that say they are ready."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

ASKED_EVERY = 0.1


@dataclass
class Balancer:
    """Passes each connection on to the next server that is ready; one that cannot be reached is passed over."""

    servers: list[str]
    url: str = ""
    _ready: list[str] = field(default_factory=list)
    _next: int = 0
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        self._ready = [*self.servers]
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._keep(self._ask())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self) -> None:
        async with ClientSession(timeout=ClientTimeout(total=5)) as http:
            while True:
                self._ready = [each for each in self.servers if await _is_ready(http, each)] or self._ready
                await asyncio.sleep(ASKED_EVERY)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(2 * len(self.servers)):
            self._next += 1
            address = urlsplit(self._ready[self._next % len(self._ready)])
            with suppress(OSError):
                there, onward = await asyncio.open_connection(address.hostname, address.port)
                self._keep(_copy(reader, onward))
                self._keep(_copy(there, writer))
                return
        writer.close()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


async def _is_ready(http: ClientSession, server: str) -> bool:
    try:
        async with http.get(f"{server}/readyz") as answer:
            return answer.status == 200
    except (ClientError, TimeoutError):
        return False
