"""Working on imports: what a file would do is said, or done, portion by portion.

Pattern: a leased worker; each step does one portion of the import that waits longest, so sellers take turns. A portion
of the catalogue is one transaction with the line up to which it goes; counts of stock go through the ledger, many at
once so that they share its batches. Whatever is killed goes on where it was, by any process.

Invariant: each line is carried out once. A count names its line as the cause of its movement and the version of the
level that it was planned upon: whoever comes second with the same line finds another version, and then the movement.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from ivorycart.importing.book import ImportBook
from ivorycart.ledger import Ledger
from models.account import Account
from models.commands import Adjust
from models.errors import Conflict, Internal, Pending, Refused, StorageUnavailable
from models.imports import Fresh, Import, Settled, StockDue, cause_of, plan

INTERVAL = 1.0  # seconds between looks at the database; an import that the feed tells of wakes the worker
PORTION = 200
SILENCE = 120  # seconds after which a file that was coming in is given up
TRIES = 5  # with a version; a product that moves all the time is counted without one

log = structlog.get_logger(__name__)


class Accounts(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account."""


@dataclass(slots=True, kw_only=True)
class Importer:
    """Works on imports. ``currency`` and the rest are what new products get that name none."""

    book: ImportBook
    ledger: Ledger
    accounts: Accounts
    currency: str
    threshold: int
    max_per_cart: int
    portion: int = PORTION

    async def step(self) -> bool:
        """Do a portion; return whether there may be more."""
        await self.book.give_up_silent(SILENCE)
        job = await self.book.due()
        if job is None:
            return False
        try:
            await self.work(job)
        except Exception:
            await self.book.put_off(job)
            raise
        return True

    async def work(self, job: Import) -> None:
        """Do a portion of one import."""
        if job.state == "checking":
            await self._check(job)
        elif job.state == "running":
            await self._run(job)

    async def _check(self, job: Import) -> None:
        if not await self.book.check(job, plan, self._fresh(job), self.portion):
            await self.book.finish(job)

    async def _run(self, job: Import) -> None:
        """Do the counts first: they are of lines that were carried out already."""
        if due := await self.book.stock_due(job, self.portion):
            await self.book.settle(job, await self._count(job, due))
        elif job.cancelling:
            await self.book.finish(job)
        elif not await self._may_sell(job):
            await self.book.fail(job, "whoever sent it may not change these products any more")
        elif not await self.book.carry_out(job, plan, self._fresh(job), self.portion):
            await self.book.finish(job)

    async def _may_sell(self, job: Import) -> bool:
        account = await self.accounts.get(job.seller_id)
        return account is not None and not account.barred and account.role in {"seller", "admin"}

    def _fresh(self, job: Import) -> Fresh:
        return Fresh(job.seller_id, self.currency, self.threshold, self.max_per_cart)

    async def _count(self, job: Import, due: Sequence[StockDue]) -> list[Settled]:
        return list(await asyncio.gather(*(self._count_one(job, each) for each in due)))

    async def _count_one(self, job: Import, due: StockDue) -> Settled:
        """Have the ledger count; refusals are the line's, faults end this step, and the next one asks again."""
        version: int | None = due.version
        for attempt in range(TRIES + 1):
            try:
                outcome = await self.ledger.submit(self._adjust(job, due, version))
            except Conflict as refusal:
                if "version" not in refusal.details:
                    return Settled(due=due, error=refusal.message)
            except (StorageUnavailable, Pending, Internal):
                raise
            except Refused as refusal:
                return Settled(due=due, error=refusal.message)
            else:
                moved = outcome.movement
                return Settled(due=due, change=(moved.old_stock, moved.new_stock) if moved else None)
            found = await self.book.counted(due, cause_of(job.id, due.line))
            if found is None:
                return Settled(due=due, error="the product is gone")
            if isinstance(found, tuple):
                return Settled(due=due, change=found[:2])
            version = found if attempt < TRIES - 1 else None
        raise AssertionError("without a version, the ledger does not refuse for one")

    def _adjust(self, job: Import, due: StockDue, version: int | None) -> Adjust:
        return Adjust(
            due.product_id,
            due.count,
            None,
            job.actor,
            f"import {job.id}, line {due.line}",
            job.seller_id,
            cause_of(job.id, due.line),
            version,
        )
