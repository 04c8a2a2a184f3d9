"""Addresses of orders at rest: sealed as orders are placed, clear where they are read for showing, sealed anew."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId, json_util
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bench.shop.ledger import running_ledger
from handlers import shapes
from ivorycart.checkout import Checkout, OrderRequest
from ivorycart.ledger import Ledger
from ivorycart.order_addresses import PAGE, OpenedOrders, OrderAddresses
from ivorycart.payments.sandbox import ACCEPTED, Sandbox
from ivorycart.vault import Vault, fresh_keys, keys_of
from models.commands import CancelOrder, SetLine
from models.errors import KeyReused
from models.order import Address, Order
from mongo.driver import Database, Driver
from mongo.order_addresses import SealedAddresses
from mongo.orders import Orders
from mongo.payments import Payments
from tests.mongo.shop import ANNA, add_product, both_drivers
from tests.movers import AN_ADMIN

HOME = Address("Anna Müller", "1 High Street", "Flat 2", "Bath", "BA1 1AA", "GB", "Somerset")
SECRETS = ("Anna", "Müller", "M\\u00fcller", "High Street", "Flat 2")
OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
CARD = {"method": "sandbox", "card": ACCEPTED}
REQUEST = OrderRequest(
    owner=ANNA,
    order_key="key",
    buyer_id=str(ObjectId()),
    email="anna@shop.test",
    address=HOME,
    payment=CARD,
    expected_total=None,
)


def under(keys: str) -> OrderAddresses:
    """Seal and open with these keys."""
    return OrderAddresses(Vault(keys_of(keys)))


def checkout(driver: Driver, database: Database, ledger: Ledger, addresses: OrderAddresses) -> Checkout:
    """Place orders with the sandbox."""
    return Checkout(
        ledger=ledger,
        providers={"sandbox": Sandbox(patience=1)},
        new_id=lambda: str(ObjectId()),
        addresses=addresses,
        payments=Payments(driver, database),
    )


@pytest.fixture
async def ledger(driver: Driver, database: Database) -> AsyncIterator[Ledger]:
    """Run a ledger in which Anna has two of ten."""
    tea = await add_product(database, 10)
    async with running_ledger(driver, database) as running:
        await running.submit(SetLine(ANNA, tea, 2))
        yield running


async def stored(database: Database, order: Order) -> dict[str, Any]:
    """Return the address of an order as the database has it."""
    row = await database["orders"].find_one({"_id": ObjectId(order.id)})
    address: dict[str, Any] = row["address"]
    return address


async def keep(database: Database, addresses: Sequence[Address | None], *, with_seal: bool = True) -> list[str]:
    """Store so many orders as they were placed once; return their ids."""
    rows = []
    for number, address in enumerate(addresses):
        fields = address and address._asdict()
        if fields and not with_seal:
            del fields["sealed"]
        known = {"_id": ObjectId(), "owner": ANNA, "order_key": str(number), "total_amount": 0, "address": fields}
        rest = {"buyer_id": None, "fingerprint": "f", "product_list": [], "currency": "EUR", "status": "placed"}
        empty = {"history": [], "fulfilments": [], "email": None, "payment": None, "timestamp": None}
        rows.append(known | rest | empty)
    await database["orders"].insert_many(rows)
    return [str(row["_id"]) for row in rows]


async def shown(database: Database, addresses: OrderAddresses, ids: Sequence[str]) -> list[Any]:
    """Return the addresses of orders as they are shown."""
    book = OpenedOrders(Orders(database), addresses)
    found = [await book.get(each) for each in ids]
    return [shapes.order(order)["address"] for order in found if order]


@both_drivers
async def test_who_reads_the_database_learns_neither_name_nor_lines(driver: Driver, database: Database, ledger: Ledger):
    """In no collection that an order is written to; its town can be counted, and its buyer sees all of it."""
    addresses = under(fresh_keys())
    order = await checkout(driver, database, ledger, addresses).place(REQUEST)
    assert order.address == HOME
    for name in await database.list_collection_names():
        text = json_util.dumps(await database[name].find().to_list(None))
        assert not [each for each in SECRETS if each in text], name
    sealed = await stored(database, order)
    assert (sealed["city"], sealed["postal_code"], sealed["country"]) == ("Bath", "BA1 1AA", "GB")
    assert sealed["sealed"].startswith("k1:")
    book = OpenedOrders(Orders(database), addresses)
    assert await book.get(order.id) == order
    assert list(await book.of_buyer(str(REQUEST.buyer_id), limit=5, after=None)) == [order]
    expected = {name: value for name, value in HOME._asdict().items() if name != "sealed"}
    assert await shown(database, addresses, [order.id]) == [expected]


async def test_a_repeat_gets_the_same_answer_though_nothing_is_sealed_alike_twice(
    driver: Driver, database: Database, ledger: Ledger
):
    """Later, at once, and after a change of keys; another address under the same key is still the client's mistake."""
    place = checkout(driver, database, ledger, under(f"old:{OLD}")).place
    first = await place(REQUEST)
    sealed = await stored(database, first)
    assert await asyncio.gather(*(place(REQUEST) for _ in range(5))) == [first] * 5
    assert await checkout(driver, database, ledger, under(f"new:{NEW},old:{OLD}")).place(REQUEST) == first
    assert await stored(database, first) == sealed
    with pytest.raises(KeyReused):
        await place(replace(REQUEST, address=HOME._replace(line1="2 High Street")))


def test_a_request_is_known_again_by_what_it_was_known_before_addresses_were_sealed():
    """A repeat of an order from before the change is no other request."""
    assert REQUEST.fingerprint == "cd8f88b481eddba9a50699492990f7fa"


async def test_an_order_that_changes_keeps_its_address(driver: Driver, database: Database, ledger: Ledger):
    """The ledger writes it whole."""
    addresses = under(fresh_keys())
    order = await checkout(driver, database, ledger, addresses).place(REQUEST)
    before = await stored(database, order)
    await ledger.submit(CancelOrder(order.id, AN_ADMIN, "changed my mind"))
    assert await stored(database, order) == before
    assert (await shown(database, addresses, [order.id]))[0]["line1"] == HOME.line1


async def test_orders_of_before_are_read_as_they_are(database: Database):
    """They have no field for what is sealed; those that go nowhere have no address."""
    ids = await keep(database, [HOME, None], with_seal=False)
    clear, none = await shown(database, under(fresh_keys()), ids)
    assert (clear["name"], clear["line2"], none) == (HOME.name, HOME.line2, None)


@pytest.mark.parametrize("other", ["lost key", "broken", "no address", "not opened"])
async def test_an_address_that_cannot_be_opened_is_none_and_harms_nothing_else(database: Database, other: str):
    """It is in the log, which quotes nothing of it; and what was sealed is never shown itself."""
    addresses = under(f"k1:{NEW}")
    good = addresses.sealed(HOME)
    assert good
    text = {
        "lost key": (under(f"lost:{LOST}").sealed(HOME) or HOME).sealed,
        "broken": good.sealed[:-9],
        "no address": addresses.vault.seal("+442079460018"),
        "not opened": good.sealed,
    }[other]
    ids = await keep(database, [good, good._replace(sealed=text)])
    if other == "not opened":
        order = await Orders(database).get(ids[1])
        assert order
        assert shapes.order(order)["address"] is None
        return
    with capture_logs() as logs:
        first, second = await shown(database, addresses, ids)
    assert (first["line1"], second) == (HOME.line1, None)
    assert [(each["event"], each["order"]) for each in logs] == [("order.unreadable", ids[1])]
    assert text not in str(logs)


@both_drivers
async def test_after_a_change_of_keys_all_orders_are_sealed_anew_and_the_old_key_can_go(database: Database):
    """More than are looked at together: sealed under another key, or never; run again, nothing is left to do."""
    old, turning = under(f"old:{OLD}"), under(f"new:{NEW},old:{OLD}")
    sealed = [old.sealed(HOME._replace(line2=str(number))) for number in range(PAGE + 5)]
    ids = await keep(database, [*sealed, None, turning.sealed(HOME)])
    await database["orders"].update_many({}, [{"$set": {"order_key": {"$concat": ["a", "$order_key"]}}}])
    ids += await keep(database, [HOME._replace(line2="clear")] * 3, with_seal=False)
    done = await turning.reseal(SealedAddresses(database))
    assert (done.key_id, done.orders, done.unreadable) == ("new", PAGE + 8, 0)
    assert (await turning.reseal(SealedAddresses(database))).orders == 0
    text = json_util.dumps(await database["orders"].find().to_list(None))
    assert not [each for each in SECRETS if each in text]
    found = await shown(database, under(f"new:{NEW}"), ids)
    lines = [each and each["line2"] for each in found]
    assert lines == [*map(str, range(PAGE + 5)), None, HOME.line2, *["clear"] * 3]


async def test_sealing_orders_anew_can_be_stopped_and_leaves_out_what_no_key_opens(database: Database):
    """What is done stays done; the next run does the rest, and counts what is left."""
    old, turning = under(f"old:{OLD}"), under(f"new:{NEW},old:{OLD}")
    lost = under(f"lost:{LOST}").sealed(HOME)
    await keep(database, [old.sealed(HOME), lost, old.sealed(HOME), old.sealed(HOME)])
    store = SealedAddresses(database)
    [first] = await store.not_sealed_by("new", after=None, limit=1)
    assert await store.replace([(first[0], first[1], turning.sealed(HOME) or HOME)]) == 1
    done = await turning.reseal(store)
    assert (done.orders, done.unreadable) == (2, 1)
    assert [address for _, address in await store.not_sealed_by("new", after=None, limit=9)] == [lost]


@pytest.mark.parametrize("seal", [True, False])
async def test_an_address_that_is_erased_meanwhile_does_not_come_back(database: Database, *, seal: bool):
    """Whether it was sealed before or not."""
    old, turning = under(f"old:{OLD}"), under(f"new:{NEW},old:{OLD}")
    [order_id] = await keep(database, [old.sealed(HOME) if seal else HOME])
    store = SealedAddresses(database)
    [(_, before)] = await store.not_sealed_by("new", after=None, limit=9)
    await database["orders"].update_one({"_id": ObjectId(order_id)}, {"$set": {"address": None}})
    assert await store.replace([(order_id, before, turning.sealed(HOME) or HOME)]) == 0
    assert await shown(database, turning, [order_id]) == [None]
