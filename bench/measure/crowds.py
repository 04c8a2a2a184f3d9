"""A crowd visits a server: all connect at once, idle, hear broadcasts, and leave at once.

One visit gives the figures of four rows: connects per second, memory per idle client, cost and latency of a broadcast,
time per client that leaves.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.extent import Extent
from bench.figures import Figures
from bench.machine import LOAD_CORE
from bench.measure import peers
from bench.measure.looking import looking
from bench.processes import Child, Several, Watched

PATIENCE = 60.0
LEFTOVER = 4  # files


@asynccontextmanager
async def load_process() -> AsyncIterator[Child]:
    """Run a load process on its core."""
    load = await Child.python("bench.load", core=LOAD_CORE)
    try:
        yield load
    finally:
        await load.stop()


async def visit(server: str, clients: int, extent: Extent, *, stalled: int | None = None) -> Figures:
    """Have a crowd visit one of the servers without a shop; with `stalled`, so many read nothing of what is sent."""
    child = await peers.start(server)
    try:
        async with load_process() as load:
            url = f"http://127.0.0.1:{child.hello['port']}"
            figures = await arrive(child, load, url, clients, extent)
            if stalled is not None:
                await load.ask("stall", url=url, count=stalled, auth={"swamped": True})
            figures |= await _broadcasts(child, load, server, clients, extent, swamped=stalled is not None)
            return figures | await depart(child, load, clients)
    finally:
        await child.stop()


async def arrive(
    server: Watched | Several, load: Child, url: str | Sequence[str], clients: int, extent: Extent
) -> Figures:
    """Let all connect at once; return the rate, the cost, and the memory of each once it is idle."""
    await server.quiet()
    cpu, memory, busy = server.cpu(), server.memory(), load.cpu()
    connected = await load.ask("connect", url=url, count=clients, at_once=extent.connects_at_once)
    busy = load.cpu() - busy
    await server.quiet()
    return {
        "connects_per_s": clients / connected["seconds"],
        "connect_load_busy": busy / connected["seconds"],
        "connect_us": (server.cpu() - cpu) / clients * 1e6,
        "memory_kib": (server.memory() - memory) / clients / 1024,
        "refused": float(connected["failed"]),
    }


async def depart(server: Watched | Several, load: Child, clients: int) -> Figures:
    """Let all leave at once; return what each costs the server, and how long it takes until the last is gone."""
    cpu, files = server.cpu(), server.files()
    started = time.monotonic()
    await load.ask("leave")
    while server.files() > files - clients + LEFTOVER and time.monotonic() - started < PATIENCE:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.05)
    seconds = time.monotonic() - started
    await server.quiet()
    return {"leave_us": (server.cpu() - cpu) / clients * 1e6, "leave_s": seconds}


async def _broadcasts(
    server: Child, load: Child, name: str, clients: int, extent: Extent, *, swamped: bool = False
) -> Figures:
    """Let the server broadcast at a steady rate; return its cost per client, latencies, faults, memory kept."""
    interval, count = extent.interval(name, clients), extent.broadcasts_of(name, clients)
    options = {"swamped": extent.swamped} if swamped else {}
    await load.ask("listen")
    await server.ask("broadcast", first=0, count=extent.warm_up, interval=interval)
    await load.ask("heard", first=0, count=extent.warm_up, patience=PATIENCE)
    await server.quiet()
    cpu, memory, busy = server.cpu(), server.memory(), load.cpu()
    async with peak_of(server) as peak:
        await server.ask("broadcast", first=extent.warm_up, count=count, interval=interval, **options)
        heard = await load.ask("heard", first=extent.warm_up, count=count, patience=PATIENCE)
    told = clients * count / 1e6
    cost = {"cpu_us": (server.cpu() - cpu) / told, "load_us": (load.cpu() - busy) / told}
    return heard | cost | {"grown_mib": (max(peak) - memory) / 2**20}


@asynccontextmanager
async def peak_of(server: Watched) -> AsyncIterator[list[int]]:
    """Note how much memory a server has, over and over."""

    async def memory() -> int:
        return server.memory()

    async with looking(memory, 0.1) as seen:
        yield seen
