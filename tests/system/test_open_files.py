"""Servers that may have few files open: they take what they can get, and live on where that is not enough."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession, ClientWebSocketResponse, TCPConnector, WSMsgType
from aiohttp.client_exceptions import WSServerHandshakeError

from bench.shop.running import RunningShop
from ivorycart.open_files import allow
from tests.patience import PATIENCE

PATH = "/socket.io/?EIO=4&transport=websocket"
Confined = Callable[..., Any]


class ConfinedShop(RunningShop):
    """A server that was started under other limits of open files, as `ulimit` sets them."""

    limits = ""

    def command(self) -> tuple[str, ...]:
        """Have a shell set them, and become the server."""
        return ("sh", "-c", f'{self.limits}; exec "$0" "$@"', *super().command())


@pytest.fixture
async def confined(tmp_path: Path) -> AsyncIterator[Confined]:
    """Return a function that starts a server under these limits; it must end well."""
    shops: list[RunningShop] = []

    async def start(limits: str, **settings: str) -> RunningShop:
        shop = ConfinedShop(tmp_path / "shop" / "data", settings)
        shop.limits = limits
        shops.append(shop)
        return await shop.start()

    allow()  # this process is its clients
    yield start
    for each in shops:
        assert await each.stop() == 0, each.log.read_text()[-3000:]


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """Return a client that is not stopped by a limit of its own."""
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        yield session


async def _come_in(http: ClientSession, shop: RunningShop) -> ClientWebSocketResponse | None:
    """Return a connected client; None where it was turned away, which must be soon."""
    try:
        async with asyncio.timeout(PATIENCE):
            socket = await http.ws_connect(shop.url.replace("http", "ws") + PATH)
            await socket.send_str("40{}")
            await _hears(socket, "welcome")
    except (ClientConnectionError, WSServerHandshakeError):
        return None
    return socket


async def _hears(socket: ClientWebSocketResponse, word: str) -> None:
    """Wait until a message with that word comes; answer pings meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while True:
            message = await socket.receive()
            if message.type is not WSMsgType.TEXT:
                raise ClientConnectionError(message.type)
            if message.data == "2":
                await socket.send_str("3")
            if word in message.data:
                return


async def test_a_low_soft_limit_is_raised_for_all_that_is_started(confined: Confined, http: ClientSession) -> None:
    """At 256 the database would not even start; each worker says what it may open, and takes more clients than that."""
    shop = await confined("ulimit -S -n 256", WORKERS="2")
    files = [int(number) for number in re.findall(r"server\.ready .*?files=(\d+)", shop.log.read_text())]
    assert len(files) == 2
    assert min(files) > 1000
    sockets = await asyncio.gather(*(_come_in(http, shop) for _ in range(600)))
    assert None not in sockets
    assert "Traceback" not in shop.log.read_text()


async def test_at_the_hard_limit_those_who_are_in_are_served(
    confined: Confined, http: ClientSession, one_database: dict[str, str]
) -> None:
    """Others are turned away at once, of which the log tells in a line; there is room again as soon as one leaves."""
    shop = await confined("ulimit -n 200", **one_database)
    async with AsyncExitStack() as leaving:
        found = await asyncio.gather(*(_come_in(http, shop) for _ in range(300)))
        inside = [each for each in found if each]
        for each in inside:
            leaving.push_async_callback(each.close)
        assert 50 < len(inside) < 200
        assert not any(await asyncio.gather(*(_come_in(http, shop) for _ in range(20))))
        for each in inside:
            await each.send_str('421["cart:get"]')
        await asyncio.gather(*(_hears(each, '431[{"ok":true') for each in inside))
    async with asyncio.timeout(PATIENCE):
        while not (late := await _come_in(http, shop)):
            await asyncio.sleep(0.05)
    await late.close()
    text = shop.log.read_text()
    assert "files.few" in text
    assert 1 <= text.count("connections.full") <= 5
    assert "Traceback" not in text
