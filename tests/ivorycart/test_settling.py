"""Settling: each payment is captured or let go once, whoever does it and however often."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from bson import ObjectId

from ivorycart.payments.port import ProviderUnavailable
from ivorycart.payments.settling import BATCH, Settler
from models.commands import CancelOrder
from models.order import Payment
from mongo.driver import Database, Driver
from mongo.orders import Payments
from tests.mongo.shop import add_product, both_drivers, buy, buyer, running_ledger


@dataclass
class Provider:
    """Takes and lets go of money; idempotent, as a real one is."""

    name: str = "sandbox"
    captured: dict[str, int] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    calls: int = 0
    silent: set[str] = field(default_factory=set)

    async def capture(self, authorisation_id: str, amount: int) -> None:
        """Take."""
        await self._hear(authorisation_id)
        self.captured[authorisation_id] = amount

    async def void(self, authorisation_id: str) -> None:
        """Let go."""
        await self._hear(authorisation_id)
        self.voided.add(authorisation_id)

    async def _hear(self, authorisation_id: str) -> None:
        self.calls += 1
        await asyncio.sleep(0)
        if authorisation_id in self.silent:
            raise ProviderUnavailable("no answer")


async def sell(driver: Driver, database: Database, number: int, *, cancel: bool = False) -> str:
    """Place an order for one unit; return its id."""
    tea = await add_product(database, 5)
    async with running_ledger(driver, database, f"p{number}") as ledger:
        payment = Payment("sandbox", f"pi_{number}", 500, "EUR")
        placed = await buy(ledger, buyer(number), tea, payment=payment)
        if cancel:
            await ledger.submit(CancelOrder(placed.order.id, "u:x", ""))
    return placed.order.id


def settler(driver: Driver, database: Database, provider: Provider) -> Settler:
    """Build one process's settler."""
    providers: Any = {provider.name: provider}
    return Settler(Payments(driver, database), providers)


async def states(database: Database) -> dict[str, tuple[str, int]]:
    """Return state and captured amount of each payment."""
    rows = await database["payments"].find().to_list(None)
    return {row["provider_id"]: (row["state"], row["captured"]) for row in rows}


@both_drivers
async def test_an_order_is_captured_and_a_cancelled_one_let_go(driver: Driver, database: Database):
    """Once: the next step finds nothing to do."""
    await sell(driver, database, 1)
    await sell(driver, database, 2, cancel=True)
    provider = Provider()
    assert not await settler(driver, database, provider).step()
    assert (provider.captured, provider.voided) == ({"pi_1": 500}, {"pi_2"})
    assert await states(database) == {"pi_1": ("captured", 500), "pi_2": ("voided", 0)}
    await settler(driver, database, provider).step()
    assert provider.calls == 2


async def test_two_settlers_at_once_note_one_capture(driver: Driver, database: Database):
    """The provider may be asked twice, by the same id; the books show it once."""
    await sell(driver, database, 1)
    provider = Provider()
    await asyncio.gather(*(settler(driver, database, provider).step() for _ in range(4)))
    assert provider.captured == {"pi_1": 500}
    assert await states(database) == {"pi_1": ("captured", 500)}


async def test_what_was_noted_first_stays(driver: Driver, database: Database):
    """A settler that was late does not turn a capture into something else."""
    await sell(driver, database, 1)
    book = Payments(driver, database)
    late = await book.unsettled(10)
    await settler(driver, database, Provider()).step()
    await book.settled([], late)
    assert await states(database) == {"pi_1": ("captured", 500)}


async def test_a_provider_that_does_not_answer_delays_its_own_payments_only(driver: Driver, database: Database):
    """The others are settled; those come back with the next steps."""
    await sell(driver, database, 1)
    await sell(driver, database, 2)
    provider = Provider(silent={"pi_1"})
    await settler(driver, database, provider).step()
    assert await states(database) == {"pi_1": ("authorised", 0), "pi_2": ("captured", 500)}
    provider.silent.clear()
    await settler(driver, database, provider).step()
    assert await states(database) == {"pi_1": ("captured", 500), "pi_2": ("captured", 500)}


async def test_a_provider_that_is_not_set_up_any_more_delays_nobody_else(driver: Driver, database: Database):
    """Its payments wait until somebody sets it up again."""
    await sell(driver, database, 1)
    await sell(driver, database, 2)
    await database["payments"].update_one({"provider_id": "pi_1"}, {"$set": {"provider": "gone"}})
    await settler(driver, database, Provider()).step()
    assert await states(database) == {"pi_1": ("authorised", 0), "pi_2": ("captured", 500)}


async def test_a_payment_without_an_order_is_let_go(driver: Driver, database: Database):
    """Nobody pays for an order that is not there."""
    order_id = await sell(driver, database, 1)
    await database["orders"].delete_one({"_id": ObjectId(order_id)})
    provider = Provider()
    await settler(driver, database, provider).step()
    assert (provider.captured, provider.voided) == ({}, {"pi_1"})


async def test_a_settler_killed_between_capture_and_note_captures_once(driver: Driver, database: Database):
    """The next one asks again, with the same id, and notes it."""
    await sell(driver, database, 1)
    provider, dying = Provider(), settler(driver, database, Provider())

    async def die(*_: Any) -> None:
        raise ConnectionError

    dying.providers = {"sandbox": provider}  # type: ignore[dict-item]
    dying.book.settled = die  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await dying.step()
    await settler(driver, database, provider).step()
    assert provider.captured == {"pi_1": 500}
    assert await states(database) == {"pi_1": ("captured", 500)}


async def test_payments_are_found_without_reading_those_that_are_settled(driver: Driver, database: Database):
    """Ten thousand settled ones cost nothing."""
    plan = await database.command(
        "explain",
        {"find": "payments", "filter": {"state": "authorised"}, "sort": {"created_at": 1}, "limit": BATCH},
    )
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
    assert "to_settle" in str(plan["queryPlanner"]["winningPlan"])
