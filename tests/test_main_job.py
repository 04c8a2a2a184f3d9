"""The main job, end to end: what A holds B sees; who is warned; what an order leaves behind."""

import time
from uuid import uuid4

from tests.running_shop import order, products, sign_in


async def test_what_one_client_holds_the_other_sees_at_once(shop, visitor):
    """B's level moves when A sets a line, and A hears it as well."""
    ada, bob = await visitor(), await visitor()
    product = next(each for each in await products(shop.url) if each["available"] > 20)
    started = time.perf_counter()
    ack = await ada.ask("cart:set", {"product_id": product["id"], "quantity": 2})
    assert ack["ok"], ack
    assert ack["cart"]["lines"][0]["available"] == product["available"] - 2
    await bob.sees(product["id"], available=product["available"] - 2)
    print("seen after ms", (time.perf_counter() - started) * 1000)
    await ada.ask("cart:clear")
    await bob.sees(product["id"], available=product["available"])


async def test_an_order_takes_the_stock_and_empties_the_cart(shop, visitor):
    """Sign in, merge, order, and see the level, the cart and the repeat of the key."""
    ada, bob = await visitor(), await visitor()
    product = next(each for each in await products(shop.url) if each["available"] > 20)
    await ada.ask("cart:set", {"product_id": product["id"], "quantity": 3})
    merged = await ada.ask("auth", {"token": await sign_in(shop.url)})
    assert merged["ok"], merged
    assert merged["merged"] == [product["id"]]
    total = merged["cart"]["total_amount"]
    body = order(total, uuid4().hex)
    placed = await ada.ask("order:place", body)
    assert placed["ok"], placed
    again = await ada.ask("order:place", body)
    assert again == placed
    await bob.sees(product["id"], stock=product["stock"] - 3, held=0)
    assert (await ada.ask("cart:get"))["cart"]["lines"] == []


async def test_the_others_are_alerted_once_when_three_are_left(shop, visitor):
    """A's hold leaves three: B, who has the product, hears of it; A does not."""
    ada, bob = await visitor(), await visitor()
    product = next(each for each in await products(shop.url) if 20 > each["available"] > 8)
    await bob.ask("cart:set", {"product_id": product["id"], "quantity": 1})
    await ada.ask("cart:set", {"product_id": product["id"], "quantity": product["available"] - 4})
    alert = await bob.hear("alert")
    assert alert["available"] == 3
    assert ada.all("alert") == []
    assert len(bob.all("alert")) == 1
