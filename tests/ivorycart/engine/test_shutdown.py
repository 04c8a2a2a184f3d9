"""The end of the server: every socket goes, whatever hangs."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
import pytest

from ivorycart.engine import (
    Limits,
)
from tests.ivorycart.engine.running import RunningEngine, raw, serving
from tests.patience import PATIENCE


async def test_shutdown_ends_every_socket_with_its_reason() -> None:
    """Clients are told that the server goes away; new ones get 503 with a problem."""
    async with serving() as engine, raw(engine) as first, raw(engine) as second:
        await first.join()
        reason = "deploying " + "ü" * 100
        ending = asyncio.create_task(engine.sio.shutdown(reason))
        assert [await first.close_code(), await second.close_code()] == [1001, 1001]
        await ending
        assert engine.left == [reason]
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with raw(engine):
                pass
        assert refused.value.status == 503


async def test_shutdown_does_not_wait_for_the_deaf_nor_for_stuck_handlers() -> None:
    """Past the bound connections are dropped and handlers cancelled."""
    async with serving(limits=Limits(close_timeout=0.2)) as engine:
        async with raw(engine) as deaf, raw(engine) as busy:
            await deaf.join()
            await busy.join()
            deaf.read(on=False)
            await busy.send('421["slow",1]')
            await engine.until(lambda: engine.started == [1])
            async with asyncio.timeout(PATIENCE):
                await engine.sio.shutdown(within=0.1)
            deaf.read(on=True)
        await engine.until(lambda: not engine.sio.eio.sockets)
        assert len(engine.left) == 2


async def test_shutdown_does_not_wait_for_a_disconnect_handler_that_hangs(engine: RunningEngine) -> None:
    """It is cancelled, and the client forgotten all the same."""

    async def hang(_sid: str, _reason: str) -> None:
        engine.left.append("hanging")
        await engine.gate.wait()

    engine.sio.on("disconnect", hang)
    async with raw(engine) as client:
        await client.join()
        engine.sio.eio.limits = Limits(close_timeout=0.1)
        async with asyncio.timeout(PATIENCE):
            await engine.sio.shutdown(within=0.1)
        assert engine.left == ["hanging"]


async def test_many_who_leave_at_once_are_each_heard_of(engine: RunningEngine) -> None:
    """Fifty connections cut in one moment: every disconnect handler runs, nothing is left."""
    async with AsyncExitStack() as stack:
        for _ in range(50):
            await (await stack.enter_async_context(raw(engine))).join()
        for connection in list(engine.sio.eio.sockets.values()):
            connection.abort()
        await engine.until(lambda: len(engine.left) == 50)
        await engine.until(lambda: not engine.sio.eio.sockets)
    assert set(engine.left) == {"transport close"}
    assert (engine.sio.manager.members, engine.sio.manager.rooms, len(engine.sio.eio.wheel)) == ({}, {}, 0)
