"""Settling: each payment is captured or let go once, whoever does it and however often."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from bench.shop.ledger import running_ledger
from ivorycart import checkout
from ivorycart.ledger.ledger import DEADLINE
from ivorycart.payments.port import Charge, Declined, ProviderUnavailable
from ivorycart.payments.settling import (
    AT_ONCE,
    BATCH,
    FLAGGED_AFTER,
    FLAGGED_PAUSE,
    LONGEST_CALL,
    LONGEST_PAUSE,
    Settler,
)
from ivorycart.workers import ASK_AGAIN, LeasedWorker
from models.commands import BeginOrder, CancelOrder, MoveOrder, RefundOrder, SetLine
from models.identity import OwnerId, owner_of_user
from models.order import OrderStatus, Payment
from models.payment import PutOff
from mongo.audit import audit
from mongo.driver import Database, Driver
from mongo.payment_failures import PaymentFailures
from mongo.payments import DUE, PATIENCE, Payments, of_type
from mongo.webhooks import WebhookEvents
from server import SETTLE_INTERVAL
from tests.mongo.shop import add_product, both_drivers, buy, buyer
from tests.movers import AN_ADMIN

A_MINUTE = 60.0  # seconds: the promise; from there on the audit names it


def test_a_payment_without_an_answer_is_settled_within_a_minute():
    """All bounds together, though its process died, and the provider was away once more when it was tried first.

    Nor is an intent given up while its request may still make an order of it.
    """
    [lease] = [each.default for each in fields(LeasedWorker) if each.name == "lease_seconds"]
    alone = PATIENCE.total_seconds()
    assert alone + lease + ASK_AGAIN + SETTLE_INTERVAL + LONGEST_PAUSE + SETTLE_INTERVAL + LONGEST_CALL < A_MINUTE
    assert alone > 2 * checkout.LONGEST_CALL + DEADLINE


@dataclass
class Provider:
    """Takes and lets go of money; idempotent, as a real one is."""

    name: str = "sandbox"
    captured: dict[str, int] = field(default_factory=dict)
    voided: set[str] = field(default_factory=set)
    refunded: dict[str, int] = field(default_factory=dict)
    calls: int = 0
    silent: set[str] = field(default_factory=set)
    raises: Exception = field(default_factory=lambda: ProviderUnavailable("no answer"))
    hangs: bool = False

    async def capture(self, authorisation_id: str, amount: int) -> None:
        """Take."""
        await self._hear(authorisation_id)
        self.captured[authorisation_id] = amount

    async def void(self, authorisation_id: str) -> None:
        """Let go."""
        await self._hear(authorisation_id)
        self.voided.add(authorisation_id)

    async def abandon(self, key: str, _amount: int, _currency: str) -> None:
        """Let go of what there is under a key."""
        await self.void(key)

    async def refund(self, authorisation_id: str, amount: int, key: str) -> str:
        """Give back, once per key."""
        await self._hear(authorisation_id)
        self.refunded[key] = amount
        return f"re_{key}"

    async def look(self, _charge_id: str) -> None:
        """Know nothing but what was asked."""

    async def _hear(self, authorisation_id: str) -> None:
        self.calls += 1
        await asyncio.sleep(0)
        if authorisation_id in self.silent:
            if self.hangs:
                await asyncio.Event().wait()
            raise self.raises


async def sell(driver: Driver, database: Database, number: int, *, cancel: bool = False) -> str:
    """Place an order for one unit; return its id."""
    tea = await add_product(database, 5)
    async with running_ledger(driver, database, f"p{number}") as ledger:
        payment = Payment("sandbox", f"pi_{number}", 500, "EUR")
        placed = await buy(ledger, buyer(number), tea, payment=payment)
        if cancel:
            await ledger.submit(CancelOrder(placed.order.id, AN_ADMIN, "why"))
    return placed.order.id


def settler(driver: Driver, database: Database, provider: Provider) -> Settler:
    """Build one process's settler."""
    providers: Any = {provider.name: provider}
    return Settler(Payments(driver, database), providers, PaymentFailures(database))


async def states(database: Database) -> dict[str, tuple[str, int]]:
    """Return state and captured amount of each payment."""
    rows = await database["payments"].find().to_list(None)
    return {row["provider_id"]: (row["state"], row["captured"]) for row in rows}


async def pause(database: Database, seconds: int) -> None:
    """Let what was put off be due so many seconds from now, by the database's clock."""
    at = {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
    await database["payments"].update_many({"due": {"$type": "date"}}, [{"$set": {"due": at}}])


async def wait_out(database: Database) -> None:
    """Let the pause of what was put off be over."""
    await pause(database, 0)


async def authorise_many(database: Database, count: int) -> None:
    """Copy the one payment there is, so that there are so many more of the same age."""
    row: Any = await database["payments"].find_one({})
    copies = [row | {"_id": ObjectId(), "provider_id": f"copy_{number}"} for number in range(count)]
    await database["payments"].insert_many(copies)


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
    late = await book.due(10)
    await settler(driver, database, Provider()).step()
    await book.voided(late)
    assert await states(database) == {"pi_1": ("captured", 500)}


async def test_a_provider_that_does_not_answer_delays_its_own_payments_only(driver: Driver, database: Database):
    """The others are settled; those come back when they are due again."""
    await sell(driver, database, 1)
    await sell(driver, database, 2)
    provider = Provider(silent={"pi_1"})
    await settler(driver, database, provider).step()
    assert await states(database) == {"pi_1": ("authorised", 0), "pi_2": ("captured", 500)}
    provider.silent.clear()
    await pause(database, 3600)
    await settler(driver, database, provider).step()
    assert await states(database) == {"pi_1": ("authorised", 0), "pi_2": ("captured", 500)}
    await wait_out(database)
    await settler(driver, database, provider).step()
    assert await states(database) == {"pi_1": ("captured", 500), "pi_2": ("captured", 500)}


@both_drivers
@pytest.mark.parametrize("error", [Declined("too late"), RuntimeError("a bug")], ids=["declined", "bug"])
async def test_whatever_goes_wrong_with_one_payment_the_others_are_noted(
    driver: Driver, database: Database, error: Exception
):
    """What was captured before and after it in the same step is in the books, and so is why this one was not."""
    for number in range(3):
        await sell(driver, database, number)
    provider = Provider(silent={"pi_1"}, raises=error)
    await settler(driver, database, provider).step()
    assert await states(database) == {"pi_0": ("captured", 500), "pi_1": ("authorised", 0), "pi_2": ("captured", 500)}
    row: Any = await database["payments"].find_one({"provider_id": "pi_1"})
    assert (row["tries"], row["error"], row["flagged"]) == (1, f"{type(error).__name__}: {error}", False)


async def test_a_call_that_hangs_is_given_up_and_the_others_are_settled(driver: Driver, database: Database):
    """The step ends, so what it did is noted before its worker is given up."""
    await sell(driver, database, 1)
    await sell(driver, database, 2)
    one = settler(driver, database, Provider(silent={"pi_1"}, hangs=True))
    one.longest_call = 2
    await one.step()
    assert await states(database) == {"pi_1": ("authorised", 0), "pi_2": ("captured", 500)}


async def test_a_round_that_is_over_notes_what_it_did_and_says_there_is_more(driver: Driver, database: Database):
    """A slow provider makes many short rounds, not one that nobody hears of again."""
    await sell(driver, database, 1)
    await sell(driver, database, 2)
    one = settler(driver, database, Provider())
    await authorise_many(database, AT_ONCE)
    one.longest_round = 0
    assert await one.step()
    assert Counter((await states(database)).values()) == {("captured", 500): AT_ONCE, ("authorised", 0): 2}
    await one.step()
    assert set((await states(database)).values()) == {("captured", 500)}


async def test_a_full_batch_of_hopeless_payments_holds_up_nobody(driver: Driver, database: Database):
    """A later order is settled, even when all the others are due again."""
    await sell(driver, database, 1)
    await authorise_many(database, BATCH)
    provider = Provider(silent={"pi_1", *(f"copy_{number}" for number in range(BATCH))})
    one = settler(driver, database, provider)
    assert await one.step()
    await one.step()
    await sell(driver, database, 2)
    await wait_out(database)
    while await one.step():
        pass
    assert provider.captured == {"pi_2": 500}


async def test_the_pause_grows_to_ten_seconds_and_a_hopeless_payment_is_flagged(driver: Driver, database: Database):
    """Flagged, it stays authorised, and is settled once that is possible; what was declined is tried more rarely."""
    await sell(driver, database, 1)
    provider = Provider(silent={"pi_1"})
    one = settler(driver, database, provider)
    pauses, flags = [], []
    for _ in range(FLAGGED_AFTER):
        await one.step()
        row: Any = await database["payments"].find_one({})
        pauses.append((row["due"] - row["updated_at"]).total_seconds())
        flags.append(row["flagged"])
        await wait_out(database)
    assert pauses == [1, 2, 4, 8, *[LONGEST_PAUSE] * (FLAGGED_AFTER - 4)]
    assert flags == [False] * (FLAGGED_AFTER - 1) + [True]
    assert await states(database) == {"pi_1": ("authorised", 0)}
    provider.raises = Declined("no")
    await one.step()
    row = await database["payments"].find_one({})
    assert (row["due"] - row["updated_at"]).total_seconds() == FLAGGED_PAUSE
    await wait_out(database)
    provider.silent.clear()
    await one.step()
    assert await states(database) == {"pi_1": ("captured", 500)}
    assert not {"due", "flagged", "error"} & set(await database["payments"].find_one({}) or {})


async def test_putting_off_does_not_touch_what_was_settled_meanwhile(driver: Driver, database: Database):
    """Another settler had more luck."""
    await sell(driver, database, 1)
    book = Payments(driver, database)
    late = await book.due(10)
    await settler(driver, database, Provider()).step()
    await book.put_off([PutOff(each, "late", timedelta(seconds=1), flagged=False) for each in late])
    assert await states(database) == {"pi_1": ("captured", 500)}


async def test_the_audit_finds_what_was_put_off_beyond_its_minute(driver: Driver, database: Database):
    """A pause hides nothing; and once it is settled, the books are in order."""
    await sell(driver, database, 1)
    provider = Provider(silent={"pi_1"})
    one = settler(driver, database, provider)
    await one.step()
    assert await unsettled_findings(driver, database) == 0
    earlier = {"$dateSubtract": {"startDate": "$created_at", "unit": "second", "amount": 62}}
    await database["payments"].update_many({}, [{"$set": {"created_at": earlier}}])
    assert await unsettled_findings(driver, database) == 1
    provider.silent.clear()
    await wait_out(database)
    await one.step()
    assert await unsettled_findings(driver, database) == 0


async def unsettled_findings(driver: Driver, database: Database) -> int:
    """Count what the audit says of payments."""
    checks = (await audit(driver, database)).checks
    return next(each.total for each in checks if each.check == "payments")


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
    dying.book.captured = die  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        await dying.step()
    await settler(driver, database, provider).step()
    assert provider.captured == {"pi_1": 500}
    assert await states(database) == {"pi_1": ("captured", 500)}


async def test_payments_are_found_without_reading_those_that_are_settled(driver: Driver, database: Database):
    """Ten thousand settled ones cost nothing."""
    plan = await database.command(
        "explain",
        {"find": "payments", "filter": DUE, "sort": {"due": 1}, "limit": BATCH},
    )
    winning = str(plan["queryPlanner"]["winningPlan"])
    assert "'open'" in winning
    assert "COLLSCAN" not in winning
    assert "'SORT'" not in winning


async def begin(driver: Driver, database: Database, number: int, **options: Any) -> str:
    """Begin to pay for a cart, and go away; return the payment's id."""
    tea = await add_product(database, 5)
    owner = options.pop("owner", buyer(number))
    async with running_ledger(driver, database, f"p{number}") as ledger:
        await ledger.submit(SetLine(owner, tea, 1))
        begun = await ledger.submit(BeginOrder(owner, "key", "f", 500, "sandbox", str(ObjectId())))
    return begun.payment_id


@both_drivers
async def test_an_intent_that_became_no_order_is_let_go_and_its_payer_told(driver: Driver, database: Database):
    """After a while, once, whoever looks after it how often; until then it is left alone."""
    payer = await a_user(database)
    payment_id = await begin(driver, database, 1, owner=payer)
    provider = Provider()
    one = settler(driver, database, provider)
    await one.step()
    assert provider.calls == 0
    await wait_out(database)
    await one.step()
    await one.step()
    assert provider.voided == {payment_id}
    row: Any = await database["payments"].find_one({})
    assert (row["state"], "open" in row) == ("voided", False)
    [mail] = await database["emails"].find({}).to_list(None)
    assert (mail["_id"], mail["kind"], mail["to"]) == (
        f"payment_failed:{payment_id}",
        "payment_failed",
        "payer@shop.test",
    )


async def a_user(database: Database) -> OwnerId:
    """Open an account."""
    user = {"_id": ObjectId(), "email": "payer@shop.test", "role": "buyer", "password": ""}
    await database["users"].insert_one(user)
    return owner_of_user(str(user["_id"]))


async def test_a_guest_whose_payment_failed_is_told_where_they_look(driver: Driver, database: Database):
    """They have no address here."""
    payment_id = await begin(driver, database, 1, owner=OwnerId("s:" + "0" * 32))
    await wait_out(database)
    await settler(driver, database, Provider()).step()
    [told] = await database["notifications"].find({}).to_list(None)
    assert (told["key"], told["to"]) == (f"payment_failed:{payment_id}", "s:" + "0" * 32)


async def test_a_settler_killed_while_it_gives_up_tells_once(driver: Driver, database: Database):
    """Whether before or after the provider was asked."""
    payer = await a_user(database)
    await begin(driver, database, 1, owner=payer)
    await wait_out(database)
    provider = Provider()
    for dies in ("voided", "put_off"):
        dying = settler(driver, database, provider)

        async def die(*_: Any) -> None:
            raise ConnectionError

        setattr(dying.book, dies, die)
        provider.silent = {row["_id"] for row in await database["payments"].find().to_list(None)}
        provider.silent = {str(each) for each in provider.silent} if dies == "put_off" else set()
        with pytest.raises(ConnectionError):
            await dying.step()
    provider.silent = set()
    await wait_out(database)
    await settler(driver, database, provider).step()
    assert await database["emails"].count_documents({"kind": "payment_failed"}) == 1
    assert await database["payments"].count_documents({"state": "voided"}) == 1


@both_drivers
async def test_what_was_captured_is_given_back_refund_by_refund(driver: Driver, database: Database):
    """Each once, by its own key; after the last the payment is refunded, and nothing is left to be done."""
    order_id = await sell(driver, database, 1)
    provider = Provider()
    await settler(driver, database, provider).step()
    ids = [str(ObjectId()), str(ObjectId())]
    async with running_ledger(driver, database, "p2") as ledger:
        await ledger.submit(MoveOrder(order_id, OrderStatus.DELIVERED, AN_ADMIN, "why"))
        for refund_id, amount in zip(ids, (200, None), strict=True):
            await ledger.submit(RefundOrder(order_id, refund_id, AN_ADMIN, "why", amount=amount))
            await settler(driver, database, provider).step()
    row: Any = await database["payments"].find_one({})
    assert provider.refunded == {f"{row['_id']}:{ids[0]}": 200, f"{row['_id']}:{ids[1]}": 300}
    assert (row["state"], row["captured"], row["refunded"], "open" in row) == ("refunded", 500, 500, False)
    assert await unsettled_findings(driver, database) == 0


async def test_an_order_that_is_cancelled_while_its_money_is_taken_gets_it_back(driver: Driver, database: Database):
    """The settler read it before, and took the money after; the next step gives it back."""
    order_id = await sell(driver, database, 1)

    class Meanwhile(Provider):
        async def capture(self, authorisation_id: str, amount: int) -> None:
            await super().capture(authorisation_id, amount)
            async with running_ledger(driver, database, "p2") as ledger:
                await ledger.submit(CancelOrder(order_id, AN_ADMIN, "why"))

    provider = Meanwhile()
    one = settler(driver, database, provider)
    await one.step()
    assert await states(database) == {"pi_1": ("captured", 500)}
    await one.step()
    assert [*provider.refunded.values()] == [500]
    assert await states(database) == {"pi_1": ("refunded", 500)}
    assert await unsettled_findings(driver, database) == 0


async def test_a_provider_that_says_otherwise_is_for_a_person_to_look_at(driver: Driver, database: Database):
    """Money was given back there, past the shop: it is flagged, and nothing is done about it."""
    await sell(driver, database, 1)

    class Elsewhere(Provider):
        async def look(self, charge_id: str) -> Charge:  # type: ignore[override]
            return Charge(charge_id, "key", 500, "EUR", "captured", captured=500, refunded=200)

    one = settler(driver, database, Elsewhere())
    await one.step()
    assert await WebhookEvents(database).take("evt_1", "sandbox", "pi_1")
    await one.step()
    row: Any = await database["payments"].find_one({})
    assert (row["flagged"], "200 given back there" in row["error"]) == (True, True)


async def test_money_that_was_taken_unheard_for_an_order_that_is_cancelled_is_given_back(
    driver: Driver, database: Database
):
    """The provider's answer was lost, then the order was cancelled: it cannot be let go any more."""
    order_id = await sell(driver, database, 1)

    class Unheard(Provider):
        async def capture(self, authorisation_id: str, amount: int) -> None:
            await super().capture(authorisation_id, amount)
            raise ProviderUnavailable("no answer")

        async def void(self, _charge_id: str) -> None:
            raise Declined("taken already: it can only be given back")

        async def look(self, charge_id: str) -> Charge:  # type: ignore[override]
            taken, back = sum(self.captured.values()), sum(self.refunded.values())
            return Charge(charge_id, "key", 500, "EUR", "captured", captured=taken, refunded=back)

    provider = Unheard()
    one = settler(driver, database, provider)
    await one.step()
    async with running_ledger(driver, database, "p2") as ledger:
        await ledger.submit(CancelOrder(order_id, AN_ADMIN, "why"))
    for _ in range(3):
        await wait_out(database)
        await one.step()
    assert [*provider.refunded.values()] == [500]
    assert await states(database) == {"pi_1": ("refunded", 500)}
    assert await database["payments"].count_documents({"open": True}) == 0


async def test_a_payment_that_was_let_go_is_closed_again_when_the_provider_tells_of_that(
    driver: Driver, database: Database
):
    """Its own news of the cancellation, say: there is nothing to be given back."""
    await sell(driver, database, 1, cancel=True)
    provider = Provider()
    one = settler(driver, database, provider)
    await one.step()
    assert await WebhookEvents(database).take("evt_1", "sandbox", "pi_1")
    assert await database["payments"].count_documents({"open": True}) == 1
    await one.step()
    assert await database["payments"].count_documents({"open": True}) == 0
    assert (provider.refunded, await states(database)) == ({}, {"pi_1": ("voided", 0)})


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"owner": {"$in": ["u:1"]}, "order_key": {"$in": ["k"]}, "attempt": {"$type": "int"}}, "attempts"),
        ({"order_id": of_type("objectId", ObjectId())}, "of_order"),
        ({"provider": "stripe", "provider_id": of_type("string", "pi_1")}, "at_provider"),
    ],
)
async def test_a_payment_is_found_by_an_index_whoever_looks(database: Database, query: dict[str, Any], index: str):
    """The ledger by key, a refund by order, a webhook by the provider's name: none reads all payments."""
    plan = await database.command("explain", {"find": "payments", "filter": query})
    winning = str(plan["queryPlanner"]["winningPlan"])
    assert f"'{index}'" in winning
    assert "COLLSCAN" not in winning


async def test_a_row_that_cannot_be_read_holds_up_no_other(driver: Driver, database: Database):
    """Another program broke it; it is named in the log."""
    await sell(driver, database, 1)
    await sell(driver, database, 2)
    await database["payments"].update_one({"provider_id": "pi_1"}, {"$unset": {"currency": 1}})
    provider = Provider()
    await settler(driver, database, provider).step()
    assert provider.captured == {"pi_2": 500}
