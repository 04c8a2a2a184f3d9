"""Where faults are shown: a cluster with products on its shelves, and all that its shop ever acknowledged."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from bench.cluster import Cluster, running_cluster
from bench.cluster.parts import PARTS
from bench.cluster.plan import Options
from bench.cluster.shop import shop_of
from bench.faults.row import Broken
from bench.root import ROOT
from bench.shop.books import Books, open_books
from bench.shop.journal import Journal, load, nothing_lost, same_answers
from bench.shop.running import RunningShop

PATIENCE = 120.0  # seconds: a bound for a busy machine; what was measured is told
HOLD_SECONDS = 20
PAUSE = 0.02  # seconds between two acts of a client
OFTEN = {"BCRYPT_COST": "4", "REQUESTS_PER_MINUTE": "1000000", "LOGINS_PER_MINUTE": "100000"}
SETTINGS = {**OFTEN, "GUEST_CHECKOUT": "true", "HOLD_SECONDS": str(HOLD_SECONDS)}


@dataclass
class Stage:
    """A running cluster. ``known`` is what was acknowledged by all rows so far: they share a database."""

    cluster: Cluster
    books: Books
    product_ids: list[str]
    known: Journal = field(default_factory=Journal)

    @property
    def hold_seconds(self) -> int:
        """How long a cart holds its units."""
        return int(self.cluster.plan.options.settings["HOLD_SECONDS"])

    @property
    def shop(self) -> RunningShop:
        """The shop behind nginx."""
        return shop_of(self.cluster)

    @asynccontextmanager
    async def load(self, part: str = "") -> AsyncIterator[Journal]:
        """Keep the shop busy, behind nginx or at one app host; what is acknowledged is known at the end."""
        journal = Journal()
        shop = shop_of(self.cluster, part)
        try:
            async with load(shop, self.product_ids, "", journal, lasting=True, pause=PAUSE):
                yield journal
        finally:
            self.known.add(journal)

    async def whole(self) -> None:
        """Take every cut back, start what was ended, and wait until all of it is ready."""
        self.cluster.heal()
        for part in PARTS:
            if self.cluster.processes.find(part):
                self.cluster.thaw(part)
        await self.cluster.up()

    async def check(self, journal: Journal | None = None, *, alone: bool = True) -> None:
        """Raise Broken unless the audit is clean, and every ack is in the database and answered alike when repeated.

        ``alone``: nobody else has ordered, so there is no order that the journal did not ask for.
        """
        await audit(self.shop)
        try:
            await nothing_lost(self.books, self.known, alone=alone)
            if journal is not None:
                await same_answers(self.shop, journal, set(journal.orders))
        except AssertionError as error:
            raise Broken(f"the journal of acks and the database differ: {error or 'see the journal'}") from error


async def grown(journal: Journal, more: int) -> None:
    """Wait for so many further acks; Broken where they never come."""
    try:
        await journal.grows(more, within=PATIENCE)
    except TimeoutError:
        raise Broken(f"no {more} further orders were acknowledged within {PATIENCE:g} s") from None


def silence(journal: Journal, since: float) -> float:
    """Return the longest time without an acknowledged order from a moment until now, in seconds."""
    return silence_between(journal.moments, since, time.monotonic())


def silence_between(moments: list[float], since: float, until: float) -> float:
    """Return the longest time without an acknowledged order between two moments, in seconds."""
    within = [since, *sorted(each for each in moments if since < each < until), until]
    return max(after - before for before, after in pairwise(within))


async def audit(shop: RunningShop) -> None:
    """Run `python -m ivorycart audit` on a shop's database; raise Broken with what it says."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    command = (sys.executable, "-m", "ivorycart", "audit")
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env=kept | {"DATA_DIR": str(shop.data_dir)} | dict(shop.settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise Broken(f"the audit is not clean: {said.decode()[-1500:]}")


async def clean(books: Books) -> None:
    """Raise Broken unless the audit of these books finds nothing."""
    try:
        await books.check()
    except AssertionError as error:
        raise Broken(f"the audit is not clean: {error}") from error


@asynccontextmanager
async def staged(folder: Path, **settings: str) -> AsyncIterator[Stage]:
    """Run a cluster with a few products in a folder; at the end all of it is gone."""
    async with (
        running_cluster(folder, Options(settings=SETTINGS | settings)) as cluster,
        open_books(shop_of(cluster)) as books,
    ):
        product_ids = [await books.add_product(stock=stock) for stock in (100, 100_000, 1_000_000)]
        yield Stage(cluster, books, product_ids)
