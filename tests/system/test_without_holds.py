"""HOLD_SECONDS=0: carts hold nothing, and stock is only taken at the order."""

import asyncio
from uuid import uuid4

import pytest

from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.system.conftest import Meet, OpenShop, ReadBooks


@pytest.fixture
async def free_shop(open_shop: OpenShop) -> RunningShop:
    """Run a shop whose carts hold nothing."""
    return await open_shop(HOLD_SECONDS="0", GUEST_CHECKOUT="true")


async def test_two_carts_may_contain_the_last_piece_and_the_first_order_gets_it(
    free_shop: RunningShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Nothing is held and nothing expires; the second order hears `insufficient_stock`."""
    books = await books_of(free_shop)
    product_id = await books.add_product(stock=1)
    ada, bob = await meet(free_shop), await meet(free_shop)
    assert ada.all("welcome")[0]["hold_seconds"] == 0
    for each in (ada, bob):
        answer = await each.ask("cart:set", {"product_id": product_id, "quantity": 1})
        assert answer["ok"], answer
        assert answer["cart"]["expires_at"] is None
        assert answer["cart"]["lines"][0]["available"] == 1
    assert (await books.product(product_id))["held"] == 0
    assert (await ada.ask("order:place", order(500, uuid4().hex)))["ok"]
    await bob.sees(product_id, stock=0, held=0, available=0)
    refused = (await bob.ask("order:place", order(500, uuid4().hex)))["error"]
    assert (refused["code"], refused["details"]["available"]) == ("insufficient_stock", 0)
    assert [row["change_type"] for row in await books.movements(product_id)] == ["restock", "purchase"]
    await books.check()


async def test_of_two_orders_at_once_for_the_last_piece_one_wins(
    free_shop: RunningShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Whoever is first; never both, never neither."""
    books = await books_of(free_shop)
    for _ in range(10):
        product_id = await books.add_product(stock=1)
        pair = [await meet(free_shop), await meet(free_shop)]
        for each in pair:
            await each.ask("cart:set", {"product_id": product_id, "quantity": 1})
        answers = await asyncio.gather(*(each.ask("order:place", order(500, uuid4().hex)) for each in pair))
        (refused,) = [answer["error"]["code"] for answer in answers if not answer["ok"]]
        assert refused == "insufficient_stock"
    await books.check()


async def test_more_than_there_is_does_not_fit_into_a_cart_either(
    free_shop: RunningShop, meet: Meet, books_of: ReadBooks
) -> None:
    """What cannot be ordered is refused at once, with what is available."""
    product_id = await (await books_of(free_shop)).add_product(stock=2)
    ada = await meet(free_shop)
    refused = (await ada.ask("cart:set", {"product_id": product_id, "quantity": 3}))["error"]
    assert (refused["code"], refused["details"]["available"]) == ("insufficient_stock", 2)
