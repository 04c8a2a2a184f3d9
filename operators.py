"""The composition root's side door: what an operator's commands work with (``python -m ivorycart …``)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from ivorycart.accounts.passwords import Passwords
from ivorycart.cli import NoShopThere, Operations, build_cli
from ivorycart.ledger import Ledger
from ivorycart.ledger_metrics import LedgerMetrics
from ivorycart.logs import configure_logs
from ivorycart.settings import Settings, load_settings
from mongo.audit import audit
from mongo.opening import NothingStored, Store, open_store
from mongo.products import Products
from mongo.transaction import LedgerTransactions
from starting import EXPECTED, complain, place_of, policy_of, seeder


@asynccontextmanager
async def open_operations(settings: Settings, *, existing: bool = False) -> AsyncIterator[Operations]:
    """Open the shop for an operator's command, beside a running server or without one.

    With ``existing`` raise NoShopThere where there is none, instead of making it.
    """
    try:
        async with (
            open_store(place_of(settings), embedded="running or own", existing=existing) as store,
            _operations(settings, store) as operations,
        ):
            yield operations
    except NothingStored as error:
        raise NoShopThere(str(error)) from error


@asynccontextmanager
async def _operations(settings: Settings, store: Store) -> AsyncIterator[Operations]:
    ledger = Ledger(
        LedgerTransactions(store.driver, store.database, store.process_id),
        policy_of(settings),
        metrics=LedgerMetrics(CollectorRegistry()),
    )
    run = asyncio.create_task(ledger.run(), name="ledger")
    passwords = Passwords(cost=settings.bcrypt_cost)
    try:
        yield Operations(
            ledger=ledger,
            products=Products(store.driver, store.database),
            seeder=seeder(settings, store, passwords),
            audit=lambda: audit(store.driver, store.database),
        )
    finally:
        ledger.close()
        await run
        passwords.close()


def operate() -> int:
    """Run an operator's command; return the exit status."""
    try:
        settings = load_settings(operating=True)
        configure_logs("warning", as_json=settings.log_json)
        build_cli(lambda *, existing=False: open_operations(settings, existing=existing))()
    except EXPECTED as error:
        return complain(error)
    return 0
