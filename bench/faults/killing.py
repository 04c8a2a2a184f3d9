"""The long kill test: load on the cluster, and at set times its primary and its workers are killed."""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.cluster.cluster import Cluster, ClusterError
from bench.cluster.parts import HOSTS, WORKERS
from bench.faults.row import Broken, Outcome
from bench.faults.stage import PATIENCE, Stage, silence_between
from bench.root import ROOT

PRIMARY_EVERY = 20.0  # seconds
WORKER_EVERY = 30.0
EQUAL_WITHIN_MS = 2000.0
_DOWN_FOR = 2.0  # seconds until a member that was killed is started again
_CROWD = (
    *("--clients", "300", "--connects-per-second", "100", "--carts", "0.05", "--orders", "0.05", "--rate", "2"),
    *("--hot", "--settle", "60", "--seller", "admin@demo.com:demo123", "--json"),
)


@dataclass
class Kills:
    """When which part was killed, and how long nothing was acknowledged after a primary."""

    primaries: list[float] = field(default_factory=list)
    workers: list[float] = field(default_factory=list)


async def kill_test(stage: Stage, minutes: float) -> Outcome:
    """Load the cluster for so long while parts of it die; see `_judged` for what must hold."""
    for stock in (5_000_000, 4_900_000):  # the crowd takes what there is most of: nobody else buys these two
        await stage.books.add_product(stock=stock)
    kills = Kills()
    async with stage.load() as journal:
        crowd = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ivorycart", "load", stage.cluster.url, *_CROWD, "--duration", str(minutes * 60)),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with _killing(stage.cluster, minutes * 60, kills):
                said, complaint = await crowd.communicate()
        finally:
            if crowd.returncode is None:
                crowd.kill()
    try:
        report = json.loads(said)
    except ValueError:
        raise Broken(f"the load could not be run: {complaint.decode()[-1000:]}") from None
    await stage.whole()
    outcome = _judged(report, kills, minutes)
    spans = zip(kills.primaries, [*kills.primaries[1:], time.monotonic()], strict=True)
    outcome.recovery = [silence_between(journal.moments, since, until) for since, until in spans]
    try:
        await stage.check(journal, alone=False)
    except Broken as error:
        outcome.failures.append(str(error))
    outcome.held += f"; {len(journal.orders):,} orders of the journal are each there once, audit clean"
    return outcome


def _judged(report: dict[str, Any], kills: Kills, minutes: float) -> Outcome:
    """Say what of the load's own report did not hold: lost, gone back, sold twice, or equal too late."""
    outcome = Outcome(times=len(kills.primaries) + len(kills.workers), failures=list(report["verdict"]["failures"]))
    equal = report["reconnects"]["equal_after_ms"]
    if equal["count"] == 0:
        outcome.failures.append("no client was ever cut off and came back: nothing was tried")
    elif equal["max"] > EQUAL_WITHIN_MS:
        outcome.failures.append(
            f"clients were equal to the database {equal['max']:.0f} ms after reconnecting (99 of 100: "
            f"{equal['p99']:.0f} ms), which shall be {EQUAL_WITHIN_MS:.0f} at the most"
        )
    refused = ", ".join(f"{count:,} {code}" for code, count in report["orders"]["refusals"].items()) or "none refused"
    unknown = sum(report["orders"]["unknown"].values())
    outcome.held = (
        f"{minutes:g} min, {len(kills.primaries)} primaries and {len(kills.workers)} workers killed: "
        f"{report['orders']['placed']:,} orders of the crowd, none lost, doubled or oversold "
        f"({refused}, {unknown:,} left in doubt); "
        f"{equal['count']:,} returns, equal after {equal['p50'] or 0:.0f} ms (median), {equal['max'] or 0:.0f} ms (max)"
    )
    return outcome


@asynccontextmanager
async def _killing(cluster: Cluster, seconds: float, kills: Kills) -> AsyncIterator[None]:
    """Kill parts for so long; what breaks this itself is raised at the end."""
    tasks = [
        asyncio.create_task(_every(PRIMARY_EVERY, seconds, lambda: _kill_primary(cluster, kills))),
        asyncio.create_task(_every(WORKER_EVERY, seconds, lambda: _kill_worker(cluster, kills))),
    ]
    try:
        yield
        await asyncio.gather(*tasks)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _every(pause: float, seconds: float, act: Any) -> None:
    """Act every so many seconds; the last time long enough before the end for all to be well then."""
    began, turn = time.monotonic(), 1
    while turn * pause < seconds - pause / 2:
        await asyncio.sleep(max(0.0, began + turn * pause - time.monotonic()))
        async with asyncio.timeout(PATIENCE):
            await act()
        turn += 1


async def _kill_primary(cluster: Cluster, kills: Kills) -> None:
    primary = await cluster.primary()
    await cluster.kill(primary)
    kills.primaries.append(time.monotonic())
    await asyncio.sleep(_DOWN_FOR)
    await cluster.start(primary)


async def _kill_worker(cluster: Cluster, kills: Kills) -> None:
    while True:
        try:
            await cluster.kill(f"{random.choice(HOSTS)}.{random.randint(1, WORKERS)}")
        except ClusterError:  # it is being replaced just now
            await asyncio.sleep(1)
        else:
            kills.workers.append(time.monotonic())
            return
