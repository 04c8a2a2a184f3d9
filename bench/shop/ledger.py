"""A ledger of one's own on a shop's database, as another process has one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from ivorycart.ledger import Ledger
from ivorycart.ledger.batch import LedgerStore
from ivorycart.ledger.metrics import LedgerMetrics
from models.policy import Policy
from mongo.driver import Database, Driver
from mongo.transaction import LedgerTransactions

PATIENT = 100.0  # a deadline that is only reached where something hangs


@asynccontextmanager
async def ledger_over(store: LedgerStore, *, deadline: float = PATIENT, **options: Any) -> AsyncIterator[Ledger]:
    """Run a ledger over a store; close and drain it at the end."""
    metrics = LedgerMetrics(CollectorRegistry())
    ledger = Ledger(store, options.pop("policy", Policy()), metrics=metrics, deadline=deadline, **options)
    run = asyncio.create_task(ledger.run())
    try:
        yield ledger
    finally:
        ledger.close()
        await run


@asynccontextmanager
async def running_ledger(
    driver: Driver, database: Database, process_id: str = "p1", **options: Any
) -> AsyncIterator[Ledger]:
    """Run a ledger as one process does."""
    async with ledger_over(LedgerTransactions(driver, database, process_id), **options) as ledger:
        yield ledger
