"""A shop that is killed at each step of paying: never money without an order, never twice, never an order without it.

Twenty buyers are at the same step when the power goes: the gateway, or the database, holds all of them there. The
gateway is another process, and keeps its own books; in the end they and the shop's agree.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from socketio.exceptions import SocketIOError

from bench.shop.books import Books, open_books
from bench.shop.ledger import running_ledger
from bench.shop.order import order
from bench.shop.running import RunningShop
from ivorycart.payments.agreeing import Agreement
from ivorycart.payments.stripe_provider import StripePayments
from models.commands import CancelOrder
from mongo.payments import Payments
from tests.gateway.running import KEY, RunningGateway
from tests.movers import AN_ADMIN
from tests.patience import PATIENCE
from tests.system.conftest import Measured, OpenShop
from tests.visitor import Visitor

BUYERS = 20
PRICE = 500
CARD = {"method": "stripe", "payment_method": "pm_card_visa"}


@dataclass
class Crowd:
    """Twenty guests, each with one unit of the same product in their cart, and an order key of their own."""

    shop: RunningShop
    product_id: str
    sessions: list[str] = field(default_factory=list)
    visitors: list[Visitor] = field(default_factory=list)

    async def fill_carts(self) -> None:
        """Come, and take a unit each."""
        for _ in range(BUYERS):
            visitor = await Visitor(self.shop.url).connect()
            self.visitors.append(visitor)
            self.sessions.append(visitor.session)
            await visitor.ask("cart:set", {"product_id": self.product_id, "quantity": 1})
            await visitor.ask("cart:email", {"email": f"buyer{len(self.sessions)}@example.org"})

    def order_all(self) -> list[asyncio.Task[Any]]:
        """Have all of them order at once."""
        return [asyncio.create_task(self._order(each)) for each in self.visitors]

    async def _order(self, visitor: Visitor) -> Any:
        try:
            return await visitor.ask("order:place", order(PRICE, visitor.session, payment=CARD))
        except SocketIOError:
            return None  # the power went

    async def come_back(self, count: int) -> list[Any]:
        """Have so many of them ask again, with the same keys; return their answers."""
        answers = []
        for session in self.sessions[:count]:
            visitor = await Visitor(self.shop.url, {"session": session}).connect()
            answers.append(await visitor.ask("order:place", order(PRICE, session, payment=CARD)))
            await visitor.leave()
        return answers


@asynccontextmanager
async def power_cut(crowd: Crowd) -> AsyncIterator[None]:
    """Kill the shop at the end, and let everybody go home."""
    asked = crowd.order_all()
    yield
    await crowd.shop.kill()
    await asyncio.gather(*asked)
    await asyncio.gather(*(each.leave() for each in crowd.visitors), return_exceptions=True)


async def until(happened: Callable[[], Awaitable[object]]) -> None:
    """Wait until something has happened."""
    async with asyncio.timeout(PATIENCE):
        while not await happened():
            await asyncio.sleep(0.02)


async def let_time_pass(books: Books) -> None:
    """Let what was put off, and intents that nobody came back for, be due now."""
    await books["payments"].update_many({"open": True}, [{"$set": {"due": "$$NOW"}}])


async def settle(books: Books) -> None:
    """Wait until nothing is left to be done of any payment, however long it would have been left alone."""

    async def settled() -> bool:
        await let_time_pass(books)
        return await books["payments"].count_documents({"open": True}) == 0

    await until(settled)


async def agree(books: Books, gateway: RunningGateway, product_id: str) -> int:
    """Check that both books say the same, and that each order has its one charge; return how many there are."""
    rows = {row["provider_id"]: row async for row in books["payments"].find({"provider_id": {"$type": "string"}})}
    orders = {row["payment"]["provider_id"]: row async for row in books["orders"].find({})}
    standing = 0
    for charge in await gateway.charges():
        assert charge["captures"] <= 1, charge
        placed = orders.pop(charge["id"], None)
        if placed is None:
            assert charge["captured"] == 0, "money was taken for no order"
            assert charge["status"] in {"canceled", "requires_payment_method"}, charge
        elif placed["status"] == "cancelled":
            assert charge["captured"] == charge["refunded"], charge
            assert charge["captured"] or charge["status"] == "canceled", charge
        else:
            assert (charge["captured"], charge["refunded"]) == (placed["total_amount"], 0), charge
            standing += 1
        row = rows.get(charge["id"])
        if row:
            assert (row["captured"], row["refunded"]) == (charge["captured"], charge["refunded"]), (row, charge)
    assert not orders, "an order without money"
    assert await books["orders"].count_documents({"status": "placed"}) == standing
    assert (await books.product(product_id))["stock"] == 100 - standing
    await books.check()
    provider = StripePayments(KEY, api_base=gateway.url)
    later = datetime.now(UTC) + timedelta(minutes=10)  # nothing counts as just moving
    found = await Agreement({provider.name: provider}, Payments(books.driver, books.database)).check(later)
    await provider.close()
    assert found.findings == ()
    return standing


@pytest.fixture
async def crowd(open_shop: OpenShop, one_database: dict[str, str], gateway: RunningGateway) -> Crowd:
    """Open a shop that is paid by Stripe, with twenty guests in it."""
    settings = {**one_database, **gateway.settings, "GUEST_CHECKOUT": "true"}
    shop = await open_shop(**settings)
    async with open_books(shop) as books:
        crowd = Crowd(shop, await books.add_product(stock=100, price=PRICE))
    await crowd.fill_carts()
    return crowd


STEPS = {
    "the intent is written, the provider not asked": ("create", "hang_before"),
    "the provider knows of it, nothing is set aside": ("confirm", "hang_before"),
    "the money is set aside, nobody here knows": ("confirm", "hang_after"),
    "the order is placed, the money not taken": ("capture", "hang_before"),
    "the money is taken, nobody here knows": ("capture", "hang_after"),
}


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_an_order_is_paid_once_or_nothing_is(
    crowd: Crowd, gateway: RunningGateway, step: str
) -> None:
    """Half of the buyers ask again, the others never come back."""
    operation, fault = STEPS[step]
    await gateway.fail(operation, fault, times=1000)  # type: ignore[arg-type]
    async with power_cut(crowd):
        # the settler takes sixteen at once
        await until(lambda: reached(gateway, operation, 16 if operation == "capture" else BUYERS))
    await gateway.heal()
    await crowd.shop.start()
    answers = await crowd.come_back(BUYERS // 2)
    async with open_books(crowd.shop) as books:
        await settle(books)
        standing = await agree(books, gateway, crowd.product_id)
    assert standing == (BUYERS if operation == "capture" else sum(answer["ok"] for answer in answers))
    assert all(answer["ok"] for answer in answers)


async def reached(gateway: RunningGateway, operation: str, count: int) -> bool:
    """Whether so many are there."""
    return len(await gateway.calls(operation)) >= count


async def test_killed_while_the_order_is_committed_it_is_paid_once_or_nothing_is(
    crowd: Crowd, gateway: RunningGateway
) -> None:
    """The money is set aside; nobody knows whether the transaction took place."""
    await gateway.fail("confirm", "delay", times=1000, seconds=3)
    async with open_books(crowd.shop) as books:
        async with power_cut(crowd):
            await until(lambda: reached(gateway, "confirm", BUYERS))
            await hold_commits(books, on=True)
            await until(lambda: authorised(gateway, BUYERS))
            await asyncio.sleep(0.3)  # for the transactions to come to their commit: it is held there
        await hold_commits(books, on=False)
        await crowd.shop.start()
        answers = await crowd.come_back(BUYERS // 2)
        await settle(books)
        standing = await agree(books, gateway, crowd.product_id)
    assert all(answer["ok"] for answer in answers)
    assert standing >= len(answers)


async def authorised(gateway: RunningGateway, count: int) -> bool:
    """Whether so many have their money set aside."""
    return sum(each["status"] == "requires_capture" for each in await gateway.charges()) >= count


async def hold_commits(books: Books, *, on: bool) -> None:
    """Let the database hold up commits, before it does them."""
    data = {"failCommands": ["commitTransaction"], "blockConnection": True, "blockTimeMS": 3000}
    point = {"configureFailPoint": "failCommand", "mode": "alwaysOn" if on else "off"}
    await books.driver.client.admin.command(point | ({"data": data} if on else {}))


@pytest.mark.long
async def test_what_was_charged_and_never_answered_is_let_go_by_itself(
    crowd: Crowd, gateway: RunningGateway, measured: Measured
) -> None:
    """The provider goes silent after charging; the buyers never come back, and time passes as it does.

    That the bounds of it come to less than a minute is shown where they are added up: tests/ivorycart/test_settling.py.
    """
    await gateway.fail("confirm", "hang_after", times=1000)
    asked = crowd.order_all()
    await until(lambda: authorised(gateway, BUYERS))
    charged = time.monotonic()
    await gateway.fail("any", "hang_before", times=1000)
    answers = await asyncio.gather(*asked)
    assert {answer["error"]["code"] for answer in answers} == {"pending"}
    await gateway.heal()
    async with open_books(crowd.shop) as books:

        async def reconciled() -> bool:
            return await books["payments"].count_documents({"open": True}) == 0

        await until(reconciled)
        measured("seconds from the charge until it was let go", time.monotonic() - charged)
        assert await agree(books, gateway, crowd.product_id) == 0
    await asyncio.gather(*(each.leave() for each in crowd.visitors))


@pytest.mark.parametrize("fault", ["hang_before", "hang_after"])
async def test_killed_while_money_is_given_back_it_is_given_back_once(
    crowd: Crowd, gateway: RunningGateway, fault: Any
) -> None:
    """Twenty orders were paid and then cancelled; the refunds are under way when the power goes."""
    assert all(answer["ok"] for answer in await asyncio.gather(*crowd.order_all()))
    async with open_books(crowd.shop) as books:
        await settle(books)
        assert await agree(books, gateway, crowd.product_id) == BUYERS
        await gateway.fail("refund", fault, times=1000)
        orders = [row["_id"] async for row in books["orders"].find({}, {"_id": 1})]
        await cancel(books, orders)
        await until(lambda: reached(gateway, "refund", 16))
        await crowd.shop.kill()
        await gateway.heal()
        await crowd.shop.start()
        await settle(books)
        assert await agree(books, gateway, crowd.product_id) == 0


async def cancel(books: Books, orders: list[ObjectId]) -> None:
    """Cancel orders as another process of the shop does."""
    async with running_ledger(books.driver, books.database, "another") as ledger:
        for each in orders:
            await ledger.submit(CancelOrder(str(each), AN_ADMIN, "a test", refund_id=str(ObjectId())))


async def test_killed_while_it_gives_up_what_nobody_came_back_for_it_lets_go(
    crowd: Crowd, gateway: RunningGateway
) -> None:
    """Twice: first with the money set aside, then while it is let go."""
    await gateway.fail("confirm", "hang_after", times=1000)
    async with power_cut(crowd):
        await until(lambda: authorised(gateway, BUYERS))
    await gateway.heal()
    await gateway.fail("cancel", "hang_after", times=1000)
    await crowd.shop.start()
    async with open_books(crowd.shop) as books:
        await let_time_pass(books)
        await until(lambda: reached(gateway, "cancel", 16))
        await crowd.shop.kill()
        await gateway.heal()
        await crowd.shop.start()
        await settle(books)
        assert await agree(books, gateway, crowd.product_id) == 0
        answers = await crowd.come_back(2)
        await settle(books)
        assert await agree(books, gateway, crowd.product_id) == sum(answer["ok"] for answer in answers) == 2


async def test_fifty_who_order_with_one_key_through_two_processes_pay_once(
    crowd: Crowd, gateway: RunningGateway, open_shop: OpenShop
) -> None:
    """One order, one charge, equal answers; nobody else's money is touched."""
    other = await open_shop("other", **crowd.shop.settings)
    session = crowd.sessions[0]
    tabs = [crowd.visitors[0], *[await Visitor(other.url, {"session": session}).connect() for _ in range(2)]]
    wanted = order(PRICE, "one key", payment=CARD)
    answers = await asyncio.gather(*(tabs[number % 3].ask("order:place", wanted) for number in range(50)))
    placed = [answer["order"] for answer in answers if answer["ok"]]
    assert placed
    assert all(each == placed[0] for each in placed)
    assert {answer["error"]["code"] for answer in answers if not answer["ok"]} <= {"rate_limited"}
    charges = await gateway.charges()
    assert len(charges) == 1
    async with open_books(crowd.shop) as books:
        await settle(books)
        assert await agree(books, gateway, crowd.product_id) == 1
    for tab in tabs[1:]:
        await tab.leave()
