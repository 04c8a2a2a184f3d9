"""A rolling restart of everything on a cluster under load: what failed, what was lost, how long sockets were away.

    python -m bench.rolling [--sockets 2000]

On the topology of `python -m bench.cluster`: nginx, two hosts with two workers each, a replica set of three. Workers
are replaced by SIGHUP, then hosts are stopped and started one by one, then the members of the set, the primary last,
after it has stepped down. Guests order over HTTP meanwhile; sockets come back whenever they are sent away.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

from pymongo.errors import PyMongoError

from bench.cluster.cluster import Cluster, running_cluster
from bench.cluster.parts import HOSTS, MEMBERS
from bench.cluster.plan import Options
from bench.cluster.shop import shop_of
from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost
from bench.shop.returning import Returning, all_know, returning

DRAIN_SECONDS = 3
PATIENCE = 600.0  # seconds: an upper bound for a phase, never a measurement
PAUSE = 0.05  # seconds between two requests of each client
SETTINGS = {"GUEST_CHECKOUT": "true", "DRAIN_SECONDS": str(DRAIN_SECONDS)}


async def replace_workers(cluster: Cluster) -> None:
    """Have all workers of each host replaced."""
    for host in HOSTS:
        log, parent = cluster.processes.log(host), cluster.processes.find(host)
        assert parent, f"{host} does not run"
        done = times_replaced(log)
        parent.send_signal(signal.SIGHUP)
        while True:
            await asyncio.sleep(0.1)
            if times_replaced(log) > done:
                break


def times_replaced(log: Path) -> int:
    """Count how often all workers of a host were replaced."""
    return log.read_text().count("supervisor.replaced")


async def restart_hosts(cluster: Cluster) -> None:
    """Stop and start one host after the other."""
    for host in HOSTS:
        await cluster.stop(host)
        await cluster.start(host)


async def restart_members(cluster: Cluster, books: Books) -> None:
    """Restart one member of the set after the other, the primary last."""
    primary = await cluster.primary()
    for member in (*(each for each in MEMBERS if each != primary), primary):
        if member == primary:
            with suppress(PyMongoError):  # it may hang up
                await books.driver.client["admin"].command({"replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 10})
            while True:
                await asyncio.sleep(0.1)
                if await cluster.primary() != member:
                    break
        await cluster.stop(member)
        await cluster.start(member)


async def phase(name: str, work: Awaitable[None], journal: Journal, sockets: Returning) -> bool:
    """Do something under load; print what it did to whom. Return whether every request was answered."""
    acks, broken, back = journal.acks, len(journal.broken), sockets.back
    sockets.longest, refused, began = 0.0, dict(journal.refused), time.monotonic()
    async with asyncio.timeout(PATIENCE):
        await work
        await sockets.all_here()
    cut = len(journal.broken) - broken
    told = {status: count - refused.get(status, 0) for status, count in journal.refused.items()}
    failed = {status: count for status, count in told.items() if count and status != 409}
    took = time.monotonic() - began
    print(
        f"{name:22}{took:6.1f} s  {journal.acks - acks:6} acked  {cut} broken  refused {failed or 0}  "
        f"{sockets.back - back:5} sockets back, {sockets.longest:.1f} s away at the longest",
        flush=True,
    )
    return not cut and not failed


async def roll(folder: Path, count: int) -> bool:
    """Run all of it; return whether nothing failed and nothing was lost."""
    journal = Journal()
    async with running_cluster(folder, Options(demo=True, settings=SETTINGS)) as cluster:
        shop = shop_of(cluster)
        async with open_books(shop) as books, returning(cluster.url, count) as sockets:
            products = [await books.add_product(stock=100_000) for _ in range(5)]
            async with asyncio.timeout(PATIENCE):
                await sockets.all_here()
            async with load(shop, products, "", journal, pause=PAUSE):
                fine = [
                    await phase("workers replaced", replace_workers(cluster), journal, sockets),
                    await phase("hosts restarted", restart_hosts(cluster), journal, sockets),
                    await phase("members restarted", restart_members(cluster, books), journal, sockets),
                ]
            versions = {each: (await books.product(each))["version"] for each in products}
            behind = await all_know(sockets, versions, PATIENCE)
            await nothing_lost(books, journal)
            print(f"audit clean, {len(journal.orders)} acked orders there; {len(sockets.regressed)} levels went back, ")
            print(
                f"{sockets.resumed} of {sockets.back} that came back resumed; {len(behind)} sockets know older levels"
            )
    return all(fine) and not behind and not sockets.regressed


def main() -> int:
    """Run; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=2000)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the cluster goes with whoever asked for it
    with tempfile.TemporaryDirectory(prefix="ivorycart-rolling-") as folder:
        return 0 if asyncio.run(roll(Path(folder) / "cluster", parser.parse_args().sockets)) else 1


if __name__ == "__main__":
    sys.exit(main())
