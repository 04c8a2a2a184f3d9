"""Deadlines: pings, pongs and the CONNECT that has to come."""

from ivorycart.engine import (
    Limits,
    Refusal,
)
from tests.ivorycart.engine.running import raw, serving


async def test_a_heartbeat_keeps_who_answers_and_drops_who_does_not() -> None:
    """Engine.IO's ping is answered or the socket is closed; a pong in advance buys nothing."""
    async with serving(limits=Limits(ping_interval=0.05, ping_timeout=2)) as shop:
        async with raw(shop) as client:
            await client.join()
            await client.send("3", "3", "3")
            for _ in range(10):
                assert await client.text() == "2"
                await client.send("3")
            assert shop.left == []
            assert await client.close_code() == 1001
        await shop.until(lambda: shop.left == ["ping timeout"])


async def test_a_socket_without_connect_is_closed() -> None:
    """Who sends no CONNECT to / in time is closed, whatever else it sends; who does stays."""
    async with serving(limits=Limits(connect_timeout=2)) as shop, raw(shop) as settled:
        await settled.join()
        async with raw(shop) as silent, raw(shop) as elsewhere:
            await elsewhere.send("40/admin,", "3")
            assert await silent.close_code() == 1008
            assert await elsewhere.close_code() == 1008
        assert shop.sio.refusals == {Refusal.CONNECT_TIMEOUT: 2}
        assert await settled.ask("echo", 1) == 1
