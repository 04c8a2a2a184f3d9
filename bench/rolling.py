"""A rolling restart of everything on a cluster under load: what failed, what was lost, how long sockets were away.

    python -m bench.rolling [--sockets 2000] [--write docs/rolling-restart.md]

On the topology of `python -m bench.cluster`: nginx, two hosts with two workers each, a replica set of three. Workers
are replaced by SIGHUP, then hosts are stopped and started one by one, then the members of the set, the primary last,
after it has stepped down. Guests order over HTTP meanwhile; sockets come back whenever they are sent away.

The exit status is 1 where a request failed, an ack was lost, or a socket that came back did not resume.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pymongo.errors import PyMongoError

from bench import page
from bench.cluster.cluster import Cluster, running_cluster
from bench.cluster.parts import HOSTS, MEMBERS
from bench.cluster.plan import Options
from bench.cluster.shop import shop_of
from bench.machine import mongod, processor, today
from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost
from bench.shop.returning import Returning, all_know, returning

PART = "rolling restart"
DRAIN_SECONDS = 5
PATIENCE = 600.0  # seconds: an upper bound for a phase, never a measurement
PAUSE = 0.05  # seconds between two requests of each client
LOOK = 0.1  # seconds between two looks
SETTINGS = {
    "GUEST_CHECKOUT": "true",
    "DRAIN_SECONDS": str(DRAIN_SECONDS),
    "REQUESTS_PER_MINUTE": "1000000",  # all load comes from one address
}
_NOT_FAILED = 409  # too little stock: an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What something did to whom. ``refused``: how many requests by status; ``seconds`` and ``away`` in seconds."""

    name: str
    seconds: float
    acked: int
    broken: int
    refused: dict[int, int]
    back: int
    resumed: int
    away: float

    @property
    def failures(self) -> list[str]:
        """What somebody noticed."""
        noticed = [
            (f"{self.broken} connections broke", self.broken),
            (f"requests were refused: {self.refused}", self.refused),
            (f"of {self.back} sockets that came back {self.resumed} resumed", self.resumed < self.back),
            ("nothing was acknowledged", not self.acked),
        ]
        return [f"{self.name}: {words}" for words, bad in noticed if bad]


@dataclass(slots=True)
class Rolled:
    """What came of all of it: of how many sockets, and what was wrong in the end."""

    sockets: int
    phases: list[Phase] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Everything that was not as it shall be."""
        return [*(each for phase in self.phases for each in phase.failures), *self.wrong]


async def replace_workers(cluster: Cluster) -> None:
    """Have all workers of each host replaced."""
    for host in HOSTS:
        log, parent = cluster.processes.log(host), cluster.processes.find(host)
        assert parent, f"{host} does not run"
        done = times_replaced(log)
        parent.send_signal(signal.SIGHUP)
        while True:
            await asyncio.sleep(LOOK)
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
    """Restart one member of the set after the other, each when all are well again, the primary last."""
    primary = await cluster.primary()
    for member in (*(each for each in MEMBERS if each != primary), primary):
        while await cluster.primary() == member:
            with suppress(PyMongoError):  # it may hang up
                await books.driver.client["admin"].command({"replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 10})
            await asyncio.sleep(LOOK)
        await cluster.stop(member)
        await cluster.start(member)
        await whole_set(cluster)


async def whole_set(cluster: Cluster) -> None:
    """Wait until there is one primary, and all others are secondaries."""
    whole = ["primary", *["secondary"] * (len(MEMBERS) - 1)]
    while True:
        if sorted((await cluster.roles()).values()) == whole:
            return
        await asyncio.sleep(LOOK)


async def phase(name: str, work: Awaitable[None], journal: Journal, sockets: Returning) -> Phase:
    """Do something under load; return what it did to whom, once every socket is back."""
    acks, broken, refused = journal.acks, len(journal.broken), journal.refused.copy()
    back, resumed, began = sockets.back, sockets.resumed, time.monotonic()
    sockets.longest = 0.0
    async with asyncio.timeout(PATIENCE):
        await work
        await sockets.all_here()
    done = Phase(
        name=name,
        seconds=time.monotonic() - began,
        acked=journal.acks - acks,
        broken=len(journal.broken) - broken,
        refused={status: count for status, count in (journal.refused - refused).items() if status != _NOT_FAILED},
        back=sockets.back - back,
        resumed=sockets.resumed - resumed,
        away=sockets.longest,
    )
    print(row(done), file=sys.stderr, flush=True)
    return done


async def roll(folder: Path, count: int) -> Rolled:
    """Run all of it."""
    journal, rolled = Journal(), Rolled(count)
    async with running_cluster(folder, Options(settings=SETTINGS)) as cluster:
        shop = shop_of(cluster)
        async with open_books(shop) as books, returning(cluster.url, count) as sockets:
            products = [await books.add_product(stock=100_000) for _ in range(5)]
            async with asyncio.timeout(PATIENCE):
                await sockets.all_here()
            async with load(shop, products, "", journal, pause=PAUSE):
                rolled.phases += [
                    await phase("workers replaced by SIGHUP", replace_workers(cluster), journal, sockets),
                    await phase("hosts, one by one", restart_hosts(cluster), journal, sockets),
                    await phase("members, the primary last", restart_members(cluster, books), journal, sockets),
                ]
            versions = {each: (await books.product(each))["version"] for each in products}
            if behind := await all_know(sockets, versions, PATIENCE):
                rolled.wrong.append(f"{len(behind)} sockets know older levels than the database")
            if sockets.regressed:
                rolled.wrong.append(f"{len(sockets.regressed)} levels went back")
            try:
                await nothing_lost(books, journal)
            except AssertionError as error:
                rolled.wrong.append(f"the journal of acks and the database differ: {error}")
    return rolled


HEAD = (
    "| restarted | took, s | orders acked | connections broken | requests refused | sockets back | of those resumed "
    "| away at the longest, s |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def row(phase: Phase) -> str:
    """Return a phase as a line of Markdown's."""
    refused = ", ".join(f"{count} x {status or 'no answer'}" for status, count in phase.refused.items()) or "0"
    return (
        f"| {phase.name} | {phase.seconds:.0f} | {phase.acked:,} | {phase.broken} | {refused} | {phase.back:,} "
        f"| {phase.resumed:,} | {phase.away:.1f} |"
    )


def told(rolled: Rolled) -> str:
    """Return it as a part of the page."""
    head = f"{rolled.sockets:,} sockets, DRAIN_SECONDS={DRAIN_SECONDS}. {processor()}, MongoDB {mongod()}; {today()}."
    good = "Nothing acknowledged was lost, the audit is clean, and every socket knows the database's levels."
    end = "\n".join(f"**Not as it shall be:** {each}." for each in rolled.failures) or good
    return "\n".join([head, "", HEAD, *map(row, rolled.phases), "", end])


def main() -> int:
    """Run; the exit status is 1 where something failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=2000)
    given = page.arguments(parser, PART)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the cluster goes with whoever asked for it
    with tempfile.TemporaryDirectory(prefix="ivorycart-rolling-") as folder:
        rolled = asyncio.run(roll(Path(folder) / "cluster", given.sockets))
    text = told(rolled)
    print(text)
    if given.write:
        page.write(given.write, PART, text)
    return 1 if rolled.failures else 0


if __name__ == "__main__":
    sys.exit(main())
