"""The provider's own list against the payments: what differs is found, what is just moving is not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from ivorycart.payments.agreeing import Agreement
from ivorycart.payments.stripe_provider import StripePayments
from models.audit import CheckResult
from mongo.driver import Database, Driver
from mongo.payments import Payments
from tests.gateway.running import KEY, RunningGateway

VISA = {"method": "stripe", "payment_method": "pm_card_visa"}


@dataclass
class Books:
    """A payment that was taken, in the shop's books and in the provider's."""

    provider: StripePayments
    gateway: RunningGateway
    database: Database
    agreement: Agreement
    charge_id: str
    payment_id: ObjectId

    async def change(self, **fields: Any) -> None:
        """Change what the shop says of it."""
        await self.database["payments"].update_one({"_id": self.payment_id}, {"$set": fields})

    async def check(self, minutes: int = 10) -> CheckResult:
        """Compare, so many minutes later."""
        return await self.agreement.check(datetime.now(UTC) + timedelta(minutes=minutes))


@pytest.fixture
async def books(driver: Driver, database: Database, gateway: RunningGateway) -> AsyncIterator[Books]:
    """Take 12.50 for an order."""
    provider = StripePayments(KEY, api_base=gateway.url, patience=60)
    payment_id = ObjectId()
    charge = await provider.authorise(str(payment_id), 1250, "EUR", VISA)
    await provider.capture(charge.id, 1250)
    row = {"_id": payment_id, "owner": "u:1", "order_key": "k", "provider": "stripe", "provider_id": charge.id}
    amounts = {"amount": 1250, "currency": "EUR", "captured": 1250, "refunded": 0, "created_at": datetime.now(UTC)}
    await database["payments"].insert_one({**row, **amounts, "state": "captured", "order_id": ObjectId()})
    agreement = Agreement({"stripe": provider}, Payments(driver, database))
    yield Books(provider, gateway, database, agreement, charge.id, payment_id)
    await provider.close()


async def test_books_that_agree_have_no_findings(books: Books):
    """What was let go, and what was never confirmed, is no money."""
    await books.provider.authorise(str(ObjectId()), 700, "EUR", VISA)
    [other] = [each for each in await books.gateway.charges() if each["id"] != books.charge_id]
    await books.provider.void(other["id"])
    found = await books.check()
    assert (found.findings, found.examined) == ((), {"charges at stripe": 2})


async def _held(books: Books) -> None:
    await books.provider.authorise(str(ObjectId()), 700, "EUR", VISA)


async def _not_taken(books: Books) -> None:
    await books.change(captured=0, state="voided")


async def _given_back_there(books: Books) -> None:
    await books.provider.refund(books.charge_id, 500, str(ObjectId()))


async def _given_back_here(books: Books) -> None:
    await books.change(refunded=500)


async def _unknown_there(books: Books) -> None:
    row = await books.database["payments"].find_one({"_id": books.payment_id})
    assert row
    await books.database["payments"].insert_one(row | {"_id": ObjectId(), "provider_id": "pi_nowhere"})


async def _forgotten_here(books: Books) -> None:
    await books.database["payments"].delete_one({"_id": books.payment_id})


@pytest.mark.parametrize(
    ("corrupt", "says"),
    [
        (_held, "holds or took 700 for no payment"),
        (_not_taken, "took 1250 and gave back 0"),
        (_given_back_there, "gave back 500"),
        (_given_back_here, "says 1250 and 500"),
        (_unknown_there, "lists no such charge"),
        (_forgotten_here, "holds or took 1250 for no payment"),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
async def test_what_differs_is_found(books: Books, corrupt: Callable[[Books], Awaitable[None]], says: str):
    """Once, with what both say; while it is moving it is not judged."""
    await corrupt(books)
    found = await books.check()
    assert (found.total, says in found.findings[0].message) == (1, True), found.findings
    assert (await books.check(minutes=0)).total == 0


async def test_what_is_being_seen_to_is_not_judged(books: Books):
    """The settler will have finished it, or the check of payments finds it overdue."""
    await books.provider.refund(books.charge_id, 500, str(ObjectId()))
    await books.change(open=True)
    assert (await books.check()).total == 0


async def test_a_provider_that_cannot_be_asked_is_a_finding(books: Books):
    """An audit that looked at nothing must not say that all is well."""
    await books.gateway.shut()
    found = await books.check()
    await books.gateway.reopen()
    assert [each.document for each in found.findings] == ["stripe"]
