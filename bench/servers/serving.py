"""What the Python servers share: the web server around a Socket.IO server, and the steady broadcast."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from bench.control import obey, say
from bench.payload import stock_event

BACKLOG = 4096
SWAMP = 64_000  # bytes per event to those who do not read

Emit = Callable[[dict[str, Any]], Awaitable[Any]]


async def broadcast(emit: Emit, *, first: int, count: int, interval: float) -> Mapping[str, Any]:
    """Send events at a steady rate; one that is due while another is under way follows it."""
    due = time.monotonic()
    for number in range(first, first + count):
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        await emit(stock_event(number, time.monotonic()))
        due += interval
    return {"sent": count}


async def serve(
    server: Any, emit: Emit, swamp: Emit | None = None, *, settled: Callable[[], None] = lambda: None
) -> None:
    """Serve Socket.IO on a free port, and obey: `broadcast`, and with `swamped` bytes to the room of the stalled.

    ``settled`` is called once everything is there.
    """
    app = web.Application()
    server.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=BACKLOG)
    await site.start()
    settled()

    async def told(*, first: int, count: int, interval: float, swamped: int = 0) -> Mapping[str, Any]:
        async def emit_both(payload: dict[str, Any]) -> None:
            for _ in range(swamped // SWAMP):
                assert swamp
                await swamp({"filling": "x" * SWAMP})
            await emit(payload)

        return await broadcast(emit_both if swamped else emit, first=first, count=count, interval=interval)

    say({"port": runner.addresses[0][1]})
    await obey({"broadcast": told})
    await runner.cleanup()
