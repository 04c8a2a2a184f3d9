"""A shop on a core of its own, with its database beside whoever measures it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bench.machine import LOAD_CORE, SERVER_CORE, pin
from bench.processes import Watched
from bench.shop.running import RunningShop


@asynccontextmanager
async def pinned_shop(data_dir: Path, secret: str) -> AsyncIterator[tuple[RunningShop, Watched]]:
    """Run a shop whose tokens are signed with a secret, on the first core; its database has the second."""
    shop = await RunningShop(data_dir, {"LOG_LEVEL": "warning", "JWT_SECRET": secret}).start()
    try:
        assert shop.process
        pin(shop.process.pid, SERVER_CORE)
        pin(shop.mongod_pid, LOAD_CORE)
        yield shop, Watched(shop.process.pid)
    finally:
        await shop.stop()
