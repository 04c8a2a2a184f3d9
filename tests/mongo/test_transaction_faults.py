"""Faults of the server around a commit: one order, one set of movements, one letter, and the right answer."""

import asyncio
from typing import Any

import pytest

from bench.shop.ledger import running_ledger
from models.commands import SetLine
from models.errors import Pending
from models.outcomes import OrderPlaced
from mongo.driver import Database, Driver
from tests.extent import Ran, extent
from tests.mongo.shop import ANNA, add_product, ask, both_drivers, buyer, check_books, counted, failing, order, sizes
from tests.patience import PATIENCE

pytestmark = both_drivers

BUYERS = extent(20, 200)
NO_MAJORITY = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}
SHUTTING_DOWN = {"code": 91, "errmsg": "shutting down", "codeName": "ShutdownInProgress"}
FAULTS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "the connection closes twice at the commit": ("commitTransaction", 2, {"closeConnection": True}),
    "the commit ran, but no majority confirmed it": ("commitTransaction", 3, {"writeConcernError": NO_MAJORITY}),
    "the commit ran, but the primary went": ("commitTransaction", 1, {"writeConcernError": SHUTTING_DOWN}),
    "the commit failed and may be tried again": (
        "commitTransaction",
        2,
        {"errorCode": 251, "errorLabels": ["TransientTransactionError"]},
    ),
    "the commit met a new primary": ("commitTransaction", 1, {"errorCode": 10107}),
    "an insert failed and may be tried again": (
        "insert",
        2,
        {"errorCode": 112, "errorLabels": ["TransientTransactionError"]},
    ),
    "the connection closes at an insert": ("insert", 1, {"closeConnection": True}),
    "the connection closes at an update": ("update", 1, {"closeConnection": True}),
    "the connection closes at a read": ("find", 1, {"closeConnection": True}),
    "an insert met a server that shuts down": ("insert", 1, {"errorCode": 91}),
    "the server's disk is full for a moment": ("insert", 8, {"errorCode": 14031}),
}


@pytest.mark.parametrize("batch", [256, 5])
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_checkout_survives(fault: str, batch: int, driver: Driver, database: Database, ran: Ran) -> None:
    """Whatever the server does in between, all buyers get one order each, be it one batch or some decided ahead."""
    commands, times, data = FAULTS[fault]
    tea = await add_product(database, 2 * BUYERS + 60)
    buyers = [buyer(each) for each in range(BUYERS)]
    async with running_ledger(driver, database, max_commands=batch) as ledger:
        await ask(ledger, *(SetLine(each, tea, 2) for each in buyers))
        async with failing(driver, commands, {"times": times}, **data):
            outcomes = await ask(ledger, *(order(each) for each in buyers))
    assert {type(each) for each in outcomes} == {OrderPlaced}
    assert [each.order.owner for each in outcomes] == buyers
    assert not any(each.repeated for each in outcomes)
    assert await sizes(database) == dict.fromkeys(("orders", "purchases", "letters"), BUYERS)
    assert await counted(database, tea) == (60, 0)
    await check_books(database)
    ran("checkouts", BUYERS)


@pytest.mark.parametrize(("happened", "same_process"), [(True, False), (False, True), (False, False)])
async def test_an_unknown_commit_is_pending_and_the_same_key_tells_later(
    driver: Driver, database: Database, *, happened: bool, same_process: bool
) -> None:
    """A caller past the deadline hears neither yes nor no; asking again gives one order, at once, on any process."""
    tea = await add_product(database, 10)
    fault: dict[str, Any] = {"writeConcernError": NO_MAJORITY} if happened else {"closeConnection": True}
    async with (
        running_ledger(driver, database) as patient,
        running_ledger(driver, database, "p2", deadline=1.0) as hasty,
        running_ledger(driver, database, "p3", deadline=30.0) as other,
    ):
        await patient.submit(SetLine(ANNA, tea, 2))
        async with failing(driver, "commitTransaction", "alwaysOn", **fault):
            with pytest.raises(Pending):
                await hasty.submit(order(ANNA))
            async with asyncio.timeout(PATIENCE):
                while hasty._in_flight:  # it asks once more, though nobody waits: that must not find the fault gone
                    await asyncio.sleep(0.01)
        outcome = await (hasty if same_process else other).submit(order(ANNA))
    assert outcome.repeated is happened
    assert await sizes(database) == {"orders": 1, "purchases": 1, "letters": 1}
    assert await counted(database, tea) == (8, 0)
    await check_books(database)
