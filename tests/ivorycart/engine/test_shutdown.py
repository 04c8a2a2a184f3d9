"""The end of the server: every socket goes, whatever hangs."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
import pytest

from ivorycart.engine import (
    Limits,
)
from tests.ivorycart.engine.running import PATIENCE, Shop, raw, serving


async def test_shutdown_ends_every_socket_with_its_reason() -> None:
    """Clients are told that the server goes away; new ones get 503 with a problem."""
    async with serving() as shop, raw(shop) as first, raw(shop) as second:
        await first.join()
        reason = "deploying " + "ü" * 100
        ending = asyncio.create_task(shop.sio.shutdown(reason))
        assert [await first.close_code(), await second.close_code()] == [1001, 1001]
        await ending
        assert shop.left == [reason]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with raw(shop):
                pass
        assert refused.value.status == 503


async def test_shutdown_does_not_wait_for_the_deaf_nor_for_stuck_handlers() -> None:
    """Past the bound connections are dropped and handlers cancelled."""
    async with serving(limits=Limits(close_timeout=0.2)) as shop:
        async with raw(shop) as deaf, raw(shop) as busy:
            await deaf.join()
            await busy.join()
            deaf.read(on=False)
            await busy.send('421["slow",1]')
            await shop.until(lambda: shop.started == [1])
            async with asyncio.timeout(PATIENCE):
                await shop.sio.shutdown(within=0.1)
            deaf.read(on=True)
        await shop.until(lambda: not shop.sio.eio.sockets)
        assert len(shop.left) == 2


async def test_shutdown_does_not_wait_for_a_disconnect_handler_that_hangs(shop: Shop) -> None:
    """It is cancelled, and the client forgotten all the same."""

    async def hang(_sid: str, _reason: str) -> None:
        shop.left.append("hanging")
        await shop.gate.wait()

    shop.sio.on("disconnect", hang)
    async with raw(shop) as client:
        await client.join()
        shop.sio.eio.limits = Limits(close_timeout=0.1)
        async with asyncio.timeout(PATIENCE):
            await shop.sio.shutdown(within=0.1)
        assert shop.left == ["hanging"]


async def test_many_who_leave_at_once_are_each_heard_of(shop: Shop) -> None:
    """Fifty connections cut in one moment: every disconnect handler runs, nothing is left."""
    async with AsyncExitStack() as stack:
        for _ in range(50):
            await (await stack.enter_async_context(raw(shop))).join()
        for connection in list(shop.sio.eio.sockets.values()):
            connection.abort()
        await shop.until(lambda: len(shop.left) == 50)
        await shop.until(lambda: not shop.sio.eio.sockets)
    assert set(shop.left) == {"transport close"}
    assert (shop.sio.manager.members, shop.sio.manager.rooms, len(shop.sio.eio.wheel)) == ({}, {}, 0)
