"""Looking at something over and over while something else goes on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def looking(look: Callable[[], Awaitable[T]], every: float) -> AsyncIterator[list[T]]:
    """Look now and every so many seconds; yield what was seen so far."""
    seen = [await look()]

    async def go_on() -> None:
        while True:
            await asyncio.sleep(every)
            seen.append(await look())

    task = asyncio.create_task(go_on())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
