"""Processes that stand still, as one does whose machine hangs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.patience import PATIENCE


@asynccontextmanager
async def standing_still(pid: int) -> AsyncIterator[None]:
    """Have a process stand still, and go on at the end."""
    await stand_still(pid)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def stand_still(pid: int) -> None:
    """Send SIGSTOP and wait until no thread of the process runs: on a busy machine some go on for a while after it."""
    os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(PATIENCE):
        while not _stands(pid):
            await asyncio.sleep(0.005)


def _stands(pid: int) -> bool:
    try:
        told = [thread.read_text() for thread in Path(f"/proc/{pid}/task").glob("*/stat")]
    except OSError:  # a thread that ends just now
        return False
    return all(each.rpartition(")")[2].split()[0] == "T" for each in told)  # its state comes behind its name
