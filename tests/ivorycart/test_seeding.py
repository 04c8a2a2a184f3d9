"""Demo data: complete, and added once, however often and by however many."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from prometheus_client import CollectorRegistry

from ivorycart import seeding as module
from ivorycart.accounts.passwords import Passwords
from ivorycart.demo.accounts import ACCOUNTS
from ivorycart.demo.catalogue import PRODUCTS
from ivorycart.demo.past import DAYS, sales
from ivorycart.demo.trading import Ago, Trading
from ivorycart.ledger import Ledger
from ivorycart.ledger.metrics import LedgerMetrics
from ivorycart.seeding import Seeder
from models.policy import Policy
from mongo.audit import audit
from mongo.driver import Database, Driver
from mongo.images import Images
from mongo.products import Products
from mongo.transaction import LedgerTransactions
from mongo.users import Users
from tests.mongo.shop import check_books

SOME = 6


@pytest.fixture
async def seeder(driver: Driver, database: Database) -> AsyncIterator[Seeder]:
    """Build a seeder at the lowest hashing cost."""
    passwords = Passwords(cost=4)
    yield Seeder(Users(database), Products(driver, database), Images(database), passwords)
    passwords.close()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make do with a few products."""
    monkeypatch.setattr(module, "PRODUCTS", PRODUCTS[:SOME])


async def sizes(database: Database) -> tuple[int, int, int]:
    """Count accounts, products, and products with a picture that is there."""
    pictures = 0
    async for product in database["products"].find():
        image_id = product["images"][0]["url"].removeprefix("/images/")
        pictures += await Images(database).get(image_id) is not None
    accounts = await database["users"].count_documents({})
    return accounts, await database["products"].count_documents({}), pictures


async def test_seeding_again_adds_nothing(seeder: Seeder, driver: Driver, database: Database, few: None):
    """Every account, product and picture is there, the passwords are right, and the books are in order."""
    assert await seeder.seed() == SOME
    assert await seeder.seed() == 0
    assert await sizes(database) == (len(ACCOUNTS), SOME, SOME)
    account = await seeder.users.by_email(ACCOUNTS[0].email)
    assert await seeder.passwords.check(ACCOUNTS[0].password, account.password)
    assert (await audit(driver, database)).ok
    await check_books(database)


async def test_many_who_seed_at_once_add_it_once(seeder: Seeder, database: Database, few: None):
    """Two processes start together: nobody fails, nothing is there twice."""
    added = await asyncio.gather(*(seeder.seed() for _ in range(4)))
    assert sum(added) == SOME
    assert await sizes(database) == (len(ACCOUNTS), SOME, SOME)


async def test_what_is_missing_is_added_and_what_was_changed_stays(seeder: Seeder, database: Database, few: None):
    """A seller's own price is not overwritten."""
    await seeder.seed()
    await database["products"].update_one({"sku": PRODUCTS[0].sku}, {"$set": {"price": 1}})
    await database["products"].delete_one({"sku": PRODUCTS[1].sku})
    await database["users"].delete_one({"email": ACCOUNTS[0].email})
    assert await seeder.seed() == 1
    assert (await seeder.products.by_sku(PRODUCTS[0].sku)).product.price == 1
    assert (await sizes(database))[:2] == (len(ACCOUNTS), SOME)


async def test_products_belong_to_their_sellers(seeder: Seeder, few: None):
    """Each can sign in and finds them."""
    await seeder.seed()
    for product in PRODUCTS[:SOME]:
        listing = await seeder.products.by_sku(product.sku)
        seller = await seeder.users.by_email(product.seller_email)
        assert listing.product.seller_id == seller.id
        assert listing.level.stock == product.stock


async def test_an_account_that_vanishes_meanwhile_is_told(seeder: Seeder, few: None):
    """Rather than products without a seller."""

    class Vanishing(Users):
        async def by_email(self, _email: str) -> None:
            return None

    with pytest.raises(LookupError, match="was removed"):
        await replace(seeder, users=Vanishing(seeder.users._users.database)).seed()  # type: ignore[attr-defined]


async def test_demo_products_take_the_defaults_of_the_shop(seeder: Seeder, few: None):
    """Currency and threshold are the settings' where the catalogue has no mind of its own."""
    await replace(seeder, threshold=7, currency="CHF").seed()
    listing = await seeder.products.by_sku(PRODUCTS[0].sku)
    assert (listing.product.threshold, listing.product.currency) == (7, "CHF")


async def test_a_demo_shop_may_have_a_past(seeder: Seeder, driver: Driver, database: Database, few: None):
    """Two weeks of orders, dated as they were made, out of stock that came before them; the books are in order."""
    await replace(seeder, ago=timedelta(days=DAYS + 1)).seed()
    ago, past = Ago(), sales(PRODUCTS[:SOME])[::6]
    transactions = LedgerTransactions(driver, database, "test", ago)
    ledger = Ledger(transactions, Policy(), metrics=LedgerMetrics(CollectorRegistry()))
    run = asyncio.create_task(ledger.run())
    goods, people = await seeder.goods(), await seeder.people()
    assert await Trading(ledger, ago, goods, people, lambda: str(ObjectId())).run(past) == len(past) > 10
    ledger.close()
    await run
    orders = await database["orders"].find().sort("timestamp", 1).to_list(None)
    now = datetime.now(UTC)
    for sale, order in zip(past, orders, strict=True):
        assert abs(now - sale.ago - order["timestamp"]) < timedelta(minutes=5)
        assert order["status"] == ("delivered" if sale.brought else "shipped" if sale.sent else "placed")
    for product in PRODUCTS[:SOME]:
        listing = await seeder.products.by_sku(product.sku)
        assert listing.level.stock == product.stock
        rows = database["inventory_logs"].find({"product_id": ObjectId(listing.product.id)}).sort("version", 1)
        times = [row["timestamp"] for row in await rows.to_list(None)]
        assert times == sorted(times)
    assert {order["buyer_id"] for order in orders} > {None}, "some are the demo buyer's"
    await check_books(database)


async def test_some_demo_products_have_several_pictures_and_some_are_reduced(seeder: Seeder, few: None):
    """So that there is something to see of both."""
    await seeder.seed()
    listings = [listing for listing in (await seeder.goods()).values() if listing.product.seller_id]
    assert {len(listing.images) for listing in listings} > {1}
    reduced = [listing.product for listing in listings if listing.product.discounts]
    assert reduced
    assert all(product.price_at(datetime.now(UTC)) < product.price for product in reduced)
