"""Clients that do not read: left out of what can be left out, bounded, caught up or closed."""

import asyncio

import pytest
from aiohttp import WSMsgType

from ivorycart.engine import Limits, Refusal
from ivorycart.engine.connection import Connection
from tests.ivorycart.engine.running import Raw, RunningEngine, raw, serving
from tests.patience import PATIENCE

LAGGING_FROM = 65_536
DELTA = "x" * 20_000
SLOW = Limits(lagging_from=LAGGING_FROM, lag_timeout=300)


def connection_of(engine: RunningEngine) -> Connection:
    """Return the only connection that is in."""
    (connection,) = engine.sio.manager.members.values()
    assert isinstance(connection, Connection)
    return connection


async def stall(engine: RunningEngine, client: Raw) -> Connection:
    """Have a client stop reading, and broadcast deltas until it is left out of some."""
    await client.join()
    connection = connection_of(engine)
    client.read(on=False)
    async with asyncio.timeout(PATIENCE):
        while not connection._was_skipped:
            await engine.sio.broadcast("stock", DELTA, conflated=True)
            await asyncio.sleep(0)
    return connection


async def hear(client: Raw, name: str) -> list[str]:
    """Return the names of the events that a client hears, up to one."""
    heard: list[str] = []
    while name not in heard:
        heard.append((await client.text()).split('"')[1])
    return heard


async def test_a_client_that_does_not_read_is_dropped() -> None:
    """Unsent bytes are bounded: the socket goes, and what was kept for it."""
    async with serving(limits=Limits(max_unsent=200_000)) as engine, raw(engine) as client:
        await client.join()
        client.read(on=False)
        async with asyncio.timeout(PATIENCE):
            while Refusal.UNSENT_OVERFLOW not in engine.sio.refusals:
                await engine.sio.emit("stock", "x" * 50_000)
        await engine.until(lambda: engine.left == ["unsent overflow"])
        client.read(on=True)


async def test_who_lags_is_left_out_of_deltas_and_keeps_little() -> None:
    """However many follow, what is kept stays at the threshold; others hear every one."""
    async with serving(limits=SLOW) as engine, raw(engine) as stalled, raw(engine) as reader:
        connection = await stall(engine, stalled)
        await reader.join()
        for number in range(300):
            await engine.sio.broadcast("stock", [number, DELTA], conflated=True)
            assert str(number) in await reader.text()
        kept = connection.transport.get_write_buffer_size()
        assert kept <= LAGGING_FROM + 2 * len(DELTA)
        assert connection.ending is None
        stalled.read(on=True)


async def test_the_kernel_keeps_little_for_who_does_not_read() -> None:
    """What the server counts as unsent is nearly all that there is: Linux would take 4 MiB more by itself."""
    async with serving(limits=SLOW) as engine, raw(engine) as client:
        await client.join()
        client.read(on=False)
        connection, sent = connection_of(engine), 0
        while not connection._is_paused:
            await engine.sio.emit("stock", DELTA)
            sent += len(DELTA)
            await asyncio.sleep(0)
        assert sent < 1_048_576
        client.read(on=True)


async def test_who_drains_is_caught_up() -> None:
    """The application hears of it and tells where things stand; then deltas come again."""
    drained: list[str] = []
    async with serving(limits=SLOW) as engine, raw(engine) as client:

        async def on_drained(sid: str) -> None:
            drained.append(sid)
            await engine.sio.emit("snapshot", to=sid)

        engine.sio.on_drained = on_drained
        connection = await stall(engine, client)
        client.read(on=True)
        heard = await hear(client, "snapshot")
        assert heard[-2:] == ["stock", "snapshot"]
        assert drained == [connection.client]
        await engine.sio.broadcast("stock", conflated=True)
        assert await client.text() == '42["stock"]'
        assert connection.is_clear


async def test_nothing_is_missed_while_catching_up() -> None:
    """A delta during the application's answer is left out as well, so it is asked once more."""
    async with serving(limits=SLOW) as engine, raw(engine) as client:
        times = 0

        async def on_drained(sid: str) -> None:
            nonlocal times
            times += 1
            if times == 1:
                await engine.sio.broadcast("stock", "meanwhile", conflated=True)
            await engine.sio.emit(f"snapshot-{times}", to=sid)

        engine.sio.on_drained = on_drained
        await stall(engine, client)
        client.read(on=True)
        heard = await hear(client, "snapshot-2")
        assert heard[-2:] == ["snapshot-1", "snapshot-2"]
        assert await client.ask("echo", 1) == 1
        assert times == 2


async def test_who_was_left_out_of_nothing_is_not_caught_up() -> None:
    """A socket may lag for a moment without missing anything."""
    drained: list[str] = []
    async with serving(limits=SLOW) as engine, raw(engine) as client:

        async def on_drained(sid: str) -> None:
            drained.append(sid)

        engine.sio.on_drained = on_drained
        await client.join()
        connection = connection_of(engine)
        client.read(on=False)
        while not connection._is_paused:
            await engine.sio.emit("stock", DELTA)
            await asyncio.sleep(0)
        client.read(on=True)
        await engine.until(lambda: not connection._is_paused)
        await engine.sio.emit("end")
        await hear(client, "end")
        assert drained == []


async def test_who_cannot_be_caught_up_is_closed(logs_faults: None, caplog: pytest.LogCaptureFixture) -> None:
    """It comes back and asks from where it stands, rather than stay behind without knowing."""

    async def on_drained(_sid: str) -> None:
        raise LookupError("the application's own fault")

    async with serving(limits=SLOW) as engine, raw(engine) as client:
        engine.sio.on_drained = on_drained
        await stall(engine, client)
        client.read(on=True)
        assert await client.close_code() == 1013
        await engine.until(lambda: engine.left == ["left behind"])
    assert "LookupError" in caplog.text


async def test_who_lags_too_long_is_closed() -> None:
    """Past the lag timeout the socket goes with all that was kept; others stay."""
    async with (
        serving(limits=Limits(lagging_from=LAGGING_FROM, lag_timeout=0.3)) as engine,
        raw(engine) as stalled,
        raw(engine) as reader,
    ):
        await stall(engine, stalled)
        await reader.join()
        await engine.until(lambda: engine.left == ["lagging"])
        assert engine.sio.refusals == {Refusal.LAGGING: 1}
        assert await reader.ask("echo", 1) == 1
        stalled.read(on=True)
        while (message := await stalled.ws.receive(timeout=PATIENCE)).type is WSMsgType.TEXT:
            pass
        assert message.type in {WSMsgType.CLOSED, WSMsgType.ERROR}


async def test_a_frame_beyond_the_bound_closes_even_who_reads() -> None:
    """Nothing larger than the bound is ever kept."""
    async with serving(limits=Limits(max_unsent=200_000)) as engine, raw(engine, max_msg_size=0) as client:
        await client.join()
        await engine.sio.emit("small", "x" * 150_000)
        assert len(await client.text()) > 150_000
        await engine.sio.emit("large", "x" * 200_000)
        await engine.until(lambda: engine.left == ["unsent overflow"])


async def test_what_is_held_back_is_bounded_as_well() -> None:
    """A client whose CONNECT takes long is kept no more for than any other."""
    async with serving(limits=Limits(max_unsent=200_000)) as engine, raw(engine) as client:
        await client.send('40{"wait":true}')
        await engine.until(lambda: len(engine.joined) == 1)
        for _ in range(5):
            await engine.sio.emit("stock", "x" * 50_000)
        assert engine.sio.refusals == {Refusal.UNSENT_OVERFLOW: 1}
        engine.gate.set()
