"""The operators' commands, beside a running server and without one."""

import json
from pathlib import Path

import pytest

from bench.shop.running import RunningShop
from mongo.driver import Driver
from tests.system.commands import ivorycart
from tests.system.conftest import Meet, OpenShop, ReadBooks


async def test_an_audit_is_clean_beside_a_running_shop_until_something_is_wrong(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Exit status 0, and after a unit was taken behind the ledger's back 1, naming the product."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product(stock=10)
    await (await meet(shop)).ask("cart:set", {"product_id": product_id, "quantity": 2})
    status, out, err = await ivorycart(shop, "audit")
    assert (status, err) == (0, "")
    assert "Everything that must hold, holds." in out

    await books.change_product(product_id, {"$inc": {"stock": -1}})
    status, out, _ = await ivorycart(shop, "audit")
    assert status == 1
    assert f"products/{product_id}" in out

    status, out, _ = await ivorycart(shop, "audit", "--json")
    report = json.loads(out)
    assert (status, report["ok"]) == (1, False)
    findings = [finding for check in report["checks"] for finding in check["findings"]]
    assert f"products/{product_id}" in [finding["document"] for finding in findings]

    await books.change_product(product_id, {"$inc": {"stock": 1}})
    status, out, _ = await ivorycart(shop, "audit", "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)


async def test_stock_work_by_an_operator_reaches_every_screen(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """`restock` adds, `adjust` sets what was counted; both stand in the ledger with their reason."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product(stock=10, sku="TEA-1", name="Tea")
    ada = await meet(shop)
    await ada.ask("cart:set", {"product_id": product_id, "quantity": 4})
    status, out, _ = await ivorycart(shop, "restock", "TEA-1", "5", "--reason", "a pallet came")
    assert (status, out) == (0, "Tea: 15 on hand, 4 held, 11 available\n")
    await ada.sees(product_id, stock=15, held=4)
    status, out, _ = await ivorycart(shop, "adjust", product_id, "12")
    assert (status, out) == (0, "Tea: 12 on hand, 4 held, 8 available\n")
    await ada.sees(product_id, stock=12, available=8)
    rows = await books.movements(product_id)
    assert [(row["change_type"], row["reason"]) for row in rows[2:]] == [
        ("restock", "a pallet came"),
        ("adjustment", "counted by operator"),
    ]
    await books.check()


async def test_what_cannot_be_done_is_said_in_a_line(open_shop: OpenShop, meet: Meet, books_of: ReadBooks) -> None:
    """Counting less than is held, restocking nothing, and products that do not exist; nothing is changed by it."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product(stock=10, sku="TEA-1")
    await (await meet(shop)).ask("cart:set", {"product_id": product_id, "quantity": 4})
    status, _, err = await ivorycart(shop, "adjust", "TEA-1", "3")
    assert (status, len(err.splitlines())) == (1, 1)
    assert "refused (conflict)" in err
    for arguments in (("restock", "TEA-1", "0"), ("restock", "NO-SUCH", "1"), ("restock", product_id[::-1], "1")):
        status, _, err = await ivorycart(shop, *arguments)
        assert status != 0
        assert "Traceback" not in err
    assert (await books.product(product_id))["version"] == 2
    await books.check()


async def test_demo_data_is_seeded_once(open_shop: OpenShop, meet: Meet, books_of: ReadBooks) -> None:
    """Seeding a running shop shows its sixty products on open screens; seeding again adds nothing."""
    shop = await open_shop()
    ada = await meet(shop)
    assert await ivorycart(shop, "seed") == (0, "60 products added\n", "")
    for _ in range(60):
        await ada.hear("product", lambda _: len(ada.all("product")) == 60)
    assert {event["change"] for event in ada.all("product")} == {"created"}
    assert await ivorycart(shop, "seed") == (0, "0 products added\n", "")
    books = await books_of(shop)
    assert await books["products"].count_documents({}) == 60
    await books.check()


async def test_an_audit_needs_no_running_server(open_shop: OpenShop, meet: Meet, books_of: ReadBooks) -> None:
    """On the folder of a shop that was killed the command starts the database itself, and ends it again."""
    shop = await open_shop()
    product_id = await (await books_of(shop)).add_product(stock=10)
    await (await meet(shop)).ask("cart:set", {"product_id": product_id, "quantity": 2})
    await shop.kill()
    status, out, err = await ivorycart(shop, "audit", "--json")
    assert (status, json.loads(out)["ok"]) == (0, True), err
    assert shop.mongod_pid == 0
    await shop.start()


WORK_ON_A_SHOP = (("audit",), ("restock", "TEA-1", "3"), ("adjust", "TEA-1", "3"), ("users", "disable", "a@shop.test"))


@pytest.mark.parametrize("command", WORK_ON_A_SHOP, ids=" ".join)
async def test_what_works_on_a_shop_makes_none(
    tmp_path: Path, mongo_uri: str, driver: Driver, command: tuple[str, ...]
) -> None:
    """Exit status 2 where there is none: neither a data folder nor a collection appears; no JWT_SECRET is asked for."""
    shop = RunningShop(tmp_path / "nobody" / "data")
    shop.data_dir.parent.mkdir()
    status, _, err = await ivorycart(shop, *command)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "DATA_DIR" in err
    assert not shop.data_dir.exists()
    status, _, err = await ivorycart(shop, *command, MONGODB_URI=mongo_uri, MONGODB_DATABASE="never_migrated")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "never migrated" in err
    assert "never_migrated" not in await driver.client.list_database_names()


async def test_an_unreachable_database_is_said_in_one_line(tmp_path: Path) -> None:
    """Without the password that stands in the address."""
    shop = RunningShop(tmp_path / "data")
    status, _, err = await ivorycart(shop, "audit", MONGODB_URI="mongodb://me:hunter2@127.0.0.1:1")
    assert (status, len(err.splitlines())) == (1, 1)
    assert "MONGODB_URI" in err
    assert "hunter2" not in err
