"""Deadlines: pings, pongs and the CONNECT that has to come."""

from itertools import pairwise

from aiohttp import WSMsgType

from ivorycart.engine import Limits, Refusal
from tests.ivorycart.engine.running import RunningEngine, build, raw, serving
from tests.patience import PATIENCE


async def test_a_heartbeat_keeps_who_answers_and_drops_who_does_not() -> None:
    """Engine.IO's ping is answered or the socket is closed; a pong in advance buys nothing."""
    async with serving(limits=Limits(ping_interval=0.05, ping_timeout=2)) as engine:
        async with raw(engine) as client:
            await client.join()
            await client.send("3", "3", "3")
            for _ in range(10):
                assert await client.text() == "2"
                await client.send("3")
            assert engine.left == []
            assert await client.close_code() == 1001
        await engine.until(lambda: engine.left == ["ping timeout"])


async def test_a_socket_without_connect_is_closed() -> None:
    """Who sends no CONNECT to / in time is closed, whatever else it sends; who does stays."""
    async with serving(limits=Limits(connect_timeout=2)) as engine, raw(engine) as settled:
        await settled.join()
        async with raw(engine) as silent, raw(engine) as elsewhere:
            await elsewhere.send("40/admin,", "3")
            assert await silent.close_code() == 1008
            assert await elsewhere.close_code() == 1008
        assert engine.sio.refusals == {Refusal.CONNECT_TIMEOUT: 2}
        assert await settled.ask("echo", 1) == 1


async def test_a_pong_that_nobody_asked_for_changes_nothing() -> None:
    """It neither puts off the next ping nor the verdict."""
    async with serving(limits=Limits(ping_interval=60, ping_timeout=60)) as engine, raw(engine) as client:
        await client.join()
        (connection,) = engine.sio.eio.sockets.values()
        before = connection._beat_at
        await client.send("3", "3")
        assert await client.ask("echo", 1) == 1
        assert connection._beat_at == before


async def test_who_comes_at_once_is_not_pinged_at_once() -> None:
    """First pings are spread over half an interval, and never come later than promised."""
    eio = build(limits=Limits(ping_interval=20)).sio.eio
    beats = sorted(eio._first_beat() for _ in range(100))
    assert beats[0] >= 10
    assert beats[-1] <= 20
    assert max(later - earlier for earlier, later in pairwise(beats)) < 0.5


async def test_deadlines_of_all_sockets_hang_on_one_timer(engine: RunningEngine) -> None:
    """However many there are; the last one takes it along."""
    wheel = engine.sio.eio.wheel
    async with raw(engine) as first:
        async with raw(engine) as second:
            await first.join()
            await second.join()
            assert len(wheel) == 2
            timer = wheel._timer
            assert await second.ask("echo", 1) == 1
            assert wheel._timer is timer
        await engine.until(lambda: len(wheel) == 1)
    await engine.until(lambda: len(wheel) == 0)
    assert wheel._timer is None


async def test_websocket_pings_are_answered_too(engine: RunningEngine) -> None:
    """With what they carry."""
    async with raw(engine, autoping=False) as client:
        await client.join()
        await client.ws.ping(b"are you there")
        message = await client.ws.receive(timeout=PATIENCE)
        assert (message.type, bytes(message.data)) == (WSMsgType.PONG, b"are you there")
