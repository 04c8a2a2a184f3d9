"""Checkout: no money moves before the order can be told to be refused, and nobody pays for nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart.checkout import Checkout, OrderRequest
from ivorycart.order_addresses import OrderAddresses
from ivorycart.payments.port import Charge, Declined, ProviderUnavailable
from ivorycart.payments.sandbox import ACCEPTED, DECLINED, NO_ANSWER, Sandbox
from ivorycart.vault import Vault, fresh_keys, keys_of
from models.commands import PlaceOrder, SetLine
from models.errors import (
    CartExpired,
    Conflict,
    Invalid,
    KeyReused,
    PaymentDeclined,
    Pending,
    PriceChanged,
    Refused,
    StorageUnavailable,
)
from models.identity import OwnerId
from models.order import Address
from models.outcomes import OrderBegun
from models.payment import MAX_ATTEMPTS
from mongo.driver import DRIVER_ERRORS, Database, Driver
from mongo.payments import Payments
from tests.mongo.shop import ANNA, add_product, check_books, failing
from tests.patience import PATIENCE

HOME = Address("Anna", "1 High Street", "", "Bath", "BA1 1AA", "GB")
ADDRESSES = OrderAddresses(Vault(keys_of(fresh_keys())))
CARD = {"method": "sandbox", "card": "4242424242424242"}


@dataclass
class Provider:
    """Keeps money by key, as a real one does; answers as the script says."""

    name: str = "sandbox"
    keys: dict[str, Charge] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    voided: list[str] = field(default_factory=list)
    answers: list[Exception | None] = field(default_factory=list)
    charges: bool = True
    on_find: Exception | None = None
    on_void: Exception | None = None
    meanwhile: Callable[[], Any] | None = None

    async def authorise(self, key: str, amount: int, currency: str, _method: dict[str, Any]) -> Charge:
        """Set money aside, once per key; what was let go stays so."""
        self.asked.append(key)
        answer = self.answers.pop(0) if self.answers else None
        if self.charges and not isinstance(answer, Declined):
            self.keys.setdefault(key, Charge(f"pi_{len(self.keys)}", key, amount, currency))
        if answer:
            raise answer
        if self.meanwhile:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        return self._current(self.keys[key])

    async def find(self, key: str, _amount: int, _currency: str) -> Charge | None:
        """Look it up."""
        if self.on_find:
            raise self.on_find
        found = self.keys.get(key)
        return self._current(found) if found else None

    async def capture(self, authorisation_id: str, amount: int) -> None:
        """Take the money: not here."""

    async def void(self, authorisation_id: str) -> None:
        """Let it go."""
        if self.on_void:
            raise self.on_void
        self.voided.append(authorisation_id)

    async def abandon(self, key: str, _amount: int, _currency: str) -> None:
        """Let go of what there is under a key."""
        found = self.keys.get(key)
        if found:
            await self.void(found.id)

    def _current(self, authorisation: Charge) -> Charge:
        return replace(authorisation, state="voided") if authorisation.id in self.voided else authorisation


@dataclass
class Till:
    """A running shop with one product in Anna's cart."""

    database: Database
    checkout: Checkout
    provider: Provider
    tea: str

    async def place(self, **changes: Any) -> Any:
        """Place Anna's order."""
        return await self.checkout.place(replace(REQUEST, **changes))

    async def facts(self) -> tuple[int, int, int]:
        """Count orders and their payments, and what is on hand."""
        product = await self.database["products"].find_one({"_id": ObjectId(self.tea)})
        orders = await self.database["orders"].count_documents({})
        return orders, await self.database["payments"].count_documents({"order_id": {"$ne": None}}), product["stock"]

    async def set_price(self, price: int) -> None:
        """Change the catalogue."""
        await self.database["products"].update_one({"_id": ObjectId(self.tea)}, {"$set": {"price": price}})

    async def set_expiry(self, seconds: float) -> None:
        """Move the end of the hold to so many seconds from now, by the database's clock."""
        at = {"$dateAdd": {"startDate": "$$NOW", "unit": "millisecond", "amount": int(seconds * 1000)}}
        await self.database["carts"].update_one({"_id": ANNA}, [{"$set": {"expires_at": at}}])

    async def cart(self) -> Any:
        """Return Anna's cart as it is stored."""
        return await self.database["carts"].find_one({"_id": ANNA})


REQUEST = OrderRequest(
    owner=ANNA,
    order_key="key",
    buyer_id=None,
    email="anna@shop.test",
    address=HOME,
    payment=CARD,
    expected_total=1000,
)
NOTHING = (0, 0, 10)
ONE = (1, 1, 8)


@asynccontextmanager
async def opened(driver: Driver, database: Database, provider: Any, **options: Any) -> AsyncIterator[Till]:
    """Open a shop in which Anna has two of ten."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database, **options) as ledger:
        await ledger.submit(SetLine(ANNA, tea, 2))
        payments = Payments(driver, database)
        checkout = Checkout(
            ledger=ledger,
            providers={"sandbox": provider},
            new_id=lambda: str(ObjectId()),
            addresses=ADDRESSES,
            payments=payments,
            storage_errors=DRIVER_ERRORS,
        )
        yield Till(database, checkout, provider, tea)
    await check_books(database)


@pytest.fixture
async def till(driver: Driver, database: Database) -> AsyncIterator[Till]:
    """Open a shop with a scripted provider."""
    async with opened(driver, database, Provider()) as till:
        yield till


async def test_an_order_has_its_stock_its_payment_and_one_authorisation(till: Till):
    """What was set aside is what the order costs."""
    order = await till.place()
    assert order.payment.amount == order.total_amount == 1000
    assert await till.facts() == ONE
    assert till.provider.voided == []


async def test_a_repeated_key_gets_the_same_order_and_moves_no_money(till: Till):
    """Whether it comes later or fifty times at once."""
    first = await till.place()
    again = await asyncio.gather(*(till.place() for _ in range(20)))
    assert all(each == first for each in again)
    assert len(till.provider.asked) == 1
    assert await till.facts() == ONE


async def test_repeats_at_once_share_one_authorisation(till: Till):
    """None of them is let go: it is the order's."""
    orders = await asyncio.gather(*(till.place() for _ in range(20)))
    assert len({order.id for order in orders}) == 1
    assert len(till.provider.keys) == 1
    assert till.provider.voided == []
    assert await till.facts() == ONE


async def test_a_declined_card_changes_nothing_and_another_card_may_follow(till: Till):
    """The cart is as it was, and the same order key takes another card."""
    till.provider.answers = [Declined("no funds")]
    with pytest.raises(PaymentDeclined, match="no funds"):
        await till.place()
    assert await till.facts() == NOTHING
    assert (await till.cart())["lines"][0]["quantity"] == 2
    await till.place(payment={**CARD, "card": "other"})
    assert await till.facts() == ONE
    assert len(set(till.provider.asked)) == 2


async def test_money_that_was_set_aside_without_an_answer_is_found_and_used(till: Till):
    """The provider charged and fell silent: asked by the key, it knows."""
    till.provider.answers = [ProviderUnavailable("timeout")]
    order = await till.place()
    assert order.payment.provider_id == "pi_0"
    assert await till.facts() == ONE


@pytest.mark.parametrize("finds", [None, ProviderUnavailable("still away")])
async def test_while_nobody_knows_whether_money_was_set_aside_it_is_pending(till: Till, finds: Any):
    """Never "failed"; and the same key tells when the provider is back, with one authorisation."""
    till.provider.answers = [ProviderUnavailable("timeout")]
    till.provider.charges = False
    till.provider.on_find = finds
    with pytest.raises(Pending):
        await till.place()
    assert await till.facts() == NOTHING
    till.provider.charges = True
    await till.place()
    assert await till.facts() == ONE
    assert len(set(till.provider.asked)) == 1


async def test_a_refusal_after_the_money_was_set_aside_lets_it_go(till: Till):
    """The price changed while the provider was thinking."""
    till.provider.meanwhile = lambda: till.set_price(600)
    with pytest.raises(PriceChanged):
        await till.place()
    assert till.provider.voided == ["pi_0"]
    assert await till.facts() == NOTHING


async def refuse_once(till: Till) -> None:
    """Let the price change at the provider, so that the money is let go; then the old price is back."""
    till.provider.meanwhile = lambda: till.set_price(600)
    with pytest.raises(PriceChanged):
        await till.place()
    await till.set_price(500)


@pytest.mark.parametrize("answer", [None, ProviderUnavailable("timeout")], ids=["answers", "is found"])
async def test_after_its_money_was_let_go_a_repeated_order_is_paid_with_new_money(till: Till, answer: Any):
    """The provider gives the old authorisation for the old key: that one pays for nothing any more."""
    await refuse_once(till)
    till.provider.answers = [answer]
    order = await till.place()
    assert order.payment.provider_id not in till.provider.voided
    assert till.provider.voided == ["pi_0"]
    assert (await till.place()).id == order.id
    assert await till.facts() == ONE


async def test_an_order_that_is_refused_again_and_again_needs_another_key(till: Till):
    """One key has its money set aside so often and no more."""
    for _ in range(MAX_ATTEMPTS):
        await refuse_once(till)
    with pytest.raises(Conflict, match="another key"):
        await till.place()
    assert len(till.provider.voided) == MAX_ATTEMPTS
    assert await till.facts() == NOTHING
    await till.place(order_key="another")
    assert await till.facts() == ONE


async def test_while_the_database_is_away_the_money_stays_for_the_next_try(driver: Driver, database: Database):
    """Nothing was done, but the client is meant to repeat, and another try may be using the same authorisation."""
    provider = Provider()
    async with opened(driver, database, provider) as till:
        ledger = till.checkout.ledger
        refusing = Refusing(ledger, StorageUnavailable("away"))
        away = replace(till.checkout, ledger=refusing)  # type: ignore[arg-type]
        with pytest.raises(StorageUnavailable):
            await away.place(REQUEST)
        assert provider.voided == []
        order = await till.place()
        assert order.payment.provider_id == "pi_0"
        assert len(provider.keys) == 1
        assert await till.facts() == ONE


@dataclass
class Refusing:
    """A ledger that begins orders and places none."""

    ledger: Any
    refusal: Refused

    async def submit(self, command: Any, **options: Any) -> Any:
        """Refuse to place."""
        if isinstance(command, PlaceOrder):
            raise self.refusal
        return await self.ledger.submit(command, **options)


async def test_a_hold_that_runs_out_at_the_provider_lets_the_money_go(till: Till):
    """The sweeper or the order's own look at the clock: nobody pays for what is gone."""
    till.provider.meanwhile = lambda: till.set_expiry(-1)
    with pytest.raises(CartExpired):
        await till.place()
    assert till.provider.voided == ["pi_0"]
    assert await till.facts() == NOTHING


@pytest.mark.parametrize("reason", [ProviderUnavailable("away"), Declined("cannot be voided")])
async def test_money_that_cannot_be_let_go_now_does_not_hide_the_refusal(till: Till, reason: Exception):
    """The caller hears why there is no order."""
    till.provider.meanwhile = lambda: till.set_price(600)
    till.provider.on_void = reason
    with pytest.raises(PriceChanged):
        await till.place()


async def test_an_order_whose_fate_is_unknown_keeps_its_money(driver: Driver, database: Database):
    """Pending from the ledger: it may have been placed, and then the money is needed."""
    provider = Provider()
    async with opened(driver, database, provider, deadline=1.5) as till:
        points = failing(driver, "commitTransaction", "alwaysOn", closeConnection=True)

        async def break_down() -> None:
            await points.__aenter__()

        provider.meanwhile = break_down
        try:
            with pytest.raises(Pending):
                await till.place()
        finally:
            await points.__aexit__(None, None, None)
        assert provider.voided == []
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(Pending, StorageUnavailable):
                    await till.place()
                    break
        assert await till.facts() == ONE
        assert provider.voided == []
        assert len(provider.keys) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"expected_total": 999}, PriceChanged),
        ({"payment": {"method": "barter"}}, Invalid),
        ({"owner": OwnerId("u:nobody")}, Conflict),
    ],
)
async def test_what_can_be_refused_is_refused_before_money_moves(till: Till, changes: Any, refusal: type[Refused]):
    """A wrong total, an unknown method, an empty cart."""
    with pytest.raises(refusal):
        await till.place(**changes)
    assert till.provider.asked == []


async def test_an_expired_hold_is_refused_before_money_moves(till: Till):
    """By the database's clock, though nobody has swept it yet."""
    await till.set_expiry(-0.001)
    with pytest.raises(CartExpired):
        await till.place()
    assert till.provider.asked == []


@pytest.mark.parametrize(
    "change", [{"address": HOME._replace(city="Wells")}, {"payment": {**CARD, "card": "5"}}, {"expected_total": None}]
)
async def test_a_key_that_comes_with_another_order_is_refused_before_money_moves(till: Till, change: Any):
    """Another address, another card, another total: not the same request."""
    await till.place()
    with pytest.raises(KeyReused):
        await till.place(**change)
    assert len(till.provider.asked) == 1
    assert await till.facts() == ONE


async def test_another_order_under_the_same_key_at_the_same_time_lets_go_of_its_own_money_only(till: Till):
    """Both get past the first look; the loser's money is let go, the winner's stays."""

    async def the_other() -> None:
        await till.place(address=HOME._replace(city="Wells"))

    till.provider.meanwhile = the_other
    with pytest.raises(KeyReused):
        await till.place()
    order = await till.database["orders"].find_one({})
    assert order["payment"]["provider_id"] not in till.provider.voided
    assert len(till.provider.voided) == 1
    assert await till.facts() == ONE


async def test_a_hold_about_to_end_is_extended_once(till: Till):
    """Paying takes time; but a card that is declined for ever holds nothing for ever."""
    await till.set_expiry(20)
    before = await till.cart()
    for _ in range(3):
        till.provider.answers = [Declined("no")]
        with pytest.raises(PaymentDeclined):
            await till.place()
    after = await till.cart()
    assert after["expires_at"] - before["expires_at"] == timedelta(seconds=60)
    assert after["extended"]


async def test_a_hold_with_time_left_is_not_extended(till: Till):
    """The cart is not even written."""
    before = await till.cart()
    till.provider.answers = [Declined("no")]
    with pytest.raises(PaymentDeclined):
        await till.place()
    assert await till.cart() == before


async def test_an_order_that_is_not_paid_here_asks_no_provider(till: Till):
    """The first design's route has no payment."""
    order = await till.place(payment=None)
    assert order.payment is None
    assert await till.facts() == (1, 0, 8)
    assert till.provider.asked == []


async def test_the_test_cards_of_the_sandbox_behave_as_they_say(driver: Driver, database: Database):
    """Declined is declined; the silent one is found and placed, and money is set aside once."""
    async with opened(driver, database, Sandbox(patience=0)) as till:
        with pytest.raises(PaymentDeclined):
            await till.place(payment={**CARD, "card": DECLINED})
        with pytest.raises(PaymentDeclined):
            await till.place(payment={**CARD, "card": "1234"})
        with pytest.raises(PaymentDeclined):
            await till.place(payment={"method": "sandbox"})
        order = await till.place(payment={**CARD, "card": NO_ANSWER})
        assert order.payment.amount == 1000
        assert await till.place(payment={**CARD, "card": NO_ANSWER}) == order
        assert await till.facts() == ONE


@pytest.mark.parametrize("card", [ACCEPTED, NO_ANSWER])
async def test_what_the_sandbox_let_go_is_not_live_any_more(driver: Driver, database: Database, card: str):
    """Asked again under the same key it says so, and the repeated order gets another authorisation."""
    sandbox, payment = Sandbox(patience=0), {**CARD, "card": card}
    async with opened(driver, database, sandbox) as till:
        away = replace(till.checkout, ledger=Refusing(till.checkout.ledger, PriceChanged("now")))  # type: ignore[arg-type]
        with pytest.raises(PriceChanged):
            await away.place(replace(REQUEST, payment=payment))
        order = await till.place(payment=payment)
        first = await till.database["payments"].find_one({"attempt": 0})
        again = await sandbox.authorise(str(first["_id"]), 1000, "EUR", CARD)
        assert again.state == "voided"
        assert order.payment.provider_id != again.id
        assert await till.facts() == ONE


async def test_the_fingerprint_tells_requests_apart_and_survives_a_reordering():
    """The same lines in another order are the same request; who asks is not part of it."""
    one = replace(REQUEST, lines=(("a", 1), ("b", 2)))
    assert replace(one, lines=(("b", 2), ("a", 1))).fingerprint == one.fingerprint
    assert replace(one, origin="socket").fingerprint == one.fingerprint
    assert replace(one, lines=(("a", 2), ("b", 1))).fingerprint != one.fingerprint
    assert replace(one, payment=None).fingerprint != one.fingerprint


async def test_who_comes_when_the_money_was_taken_already_gets_the_order(till: Till):
    """A slower request with the same key finds its payment captured: the first one's order is the answer."""
    first = await till.place()

    async def taken(*_: Any) -> Charge:
        return Charge("pi_0", "key", 1000, "EUR", "captured", captured=1000)

    slow = replace(till.checkout, ledger=Forgetful(till.checkout.ledger))  # type: ignore[arg-type]
    till.provider.authorise = taken  # type: ignore[method-assign]
    assert await slow.place(REQUEST) == first
    assert till.provider.voided == []


@dataclass
class Forgetful:
    """A ledger that has not heard of the order yet when it is first asked."""

    ledger: Any
    asked: int = 0

    async def submit(self, command: Any, **options: Any) -> Any:
        """Begin as if there were no order, once."""
        self.asked += 1
        if self.asked == 1:
            return OrderBegun(1000, "EUR", None, str(ObjectId()))
        return await self.ledger.submit(command, **options)
