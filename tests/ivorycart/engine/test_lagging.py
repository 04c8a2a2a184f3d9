"""Clients that do not read: left out, bounded, caught up or closed."""

import asyncio

from ivorycart.engine import (
    Limits,
    Refusal,
)
from tests.ivorycart.engine.running import PATIENCE, raw, serving


async def test_a_client_that_does_not_read_is_dropped() -> None:
    """Unsent bytes are bounded: the socket goes, and what was kept for it."""
    async with serving(limits=Limits(max_unsent=200_000)) as shop, raw(shop) as client:
        await client.join()
        client.read(on=False)
        async with asyncio.timeout(PATIENCE):
            while Refusal.UNSENT_OVERFLOW not in shop.sio.refusals:
                await shop.sio.emit("stock", "x" * 50_000)
        await shop.until(lambda: shop.left == ["unsent overflow"])
        client.read(on=True)
