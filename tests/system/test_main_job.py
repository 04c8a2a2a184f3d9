"""The main job, end to end: what A holds B sees; who is warned; what an order leaves behind."""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession

from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice
from tests.system.npm_visitor import npm_visitor
from tests.visitor import Visitor, products, sign_in

Connect = Callable[..., Awaitable[Visitor]]
BOB = "bob@example.com"
SELLER = "seller@demo.com"


async def test_what_one_client_holds_all_others_see(shop: RunningShop, visitor: Connect, measured: Measured) -> None:
    """The level moves on A's own screen, on B's, and on that of a client made with socket.io-client."""
    ada, bob = await visitor(), await visitor()
    product = next(each for each in await products(shop.url) if each["available"] > 20)
    async with npm_visitor(shop) as nina:
        assert nina.level(product["id"]) or await nina.sees(product["id"], available=product["available"])
        started = time.perf_counter()
        ack = await ada.ask("cart:set", {"product_id": product["id"], "quantity": 2})
        assert ack["ok"], ack
        assert ack["cart"]["lines"][0]["available"] == product["available"] - 2
        for each in (ada, bob, nina):
            await each.sees(product["id"], available=product["available"] - 2)
        measured("seconds until all saw a hold", time.perf_counter() - started)
        await ada.ask("cart:clear")
        for each in (ada, bob, nina):
            await each.sees(product["id"], available=product["available"])


async def test_a_client_from_npm_holds_and_orders_like_any_other(shop: RunningShop, visitor: Connect) -> None:
    """Its acks are the same, and the others see what it does."""
    ada = await visitor()
    product = next(each for each in await products(shop.url) if each["available"] > 20)
    async with npm_visitor(shop, token=await sign_in(shop.url)) as nina:
        held = await nina.ask("cart:set", {"product_id": product["id"], "quantity": 2})
        await ada.sees(product["id"], available=product["available"] - 2, held=product["held"] + 2)
        placed = await nina.ask("order:place", order(held["cart"]["total_amount"], uuid4().hex))
        assert placed["ok"], placed
        await ada.sees(product["id"], stock=product["stock"] - 2, held=product["held"])


async def test_an_order_takes_the_stock_and_empties_the_cart(shop: RunningShop, visitor: Connect) -> None:
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
    await bob.sees(product["id"], stock=product["stock"] - 3, held=product["held"])
    assert (await ada.ask("cart:get"))["cart"]["lines"] == []


async def test_warned_by_socket_and_mail_then_order_ledger_and_mail_history_agree(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """A's hold leaves three: B and the seller are warned once, A is not; A's order then stands in all books alike."""
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    books = await books_of(shop)
    seller = await books["users"].find_one({"email": SELLER})
    mine = (each for each in await products(shop.url) if each["seller_id"] == str(seller["_id"]))
    product = next(each for each in mine if 8 < each["available"] <= each["max_per_cart"])
    product_id, much = product["id"], product["available"] - 4
    ada, bob = await meet(shop), await meet(shop)
    await bob.ask("cart:set", {"product_id": product_id, "quantity": 1})
    assert (await bob.ask("cart:email", {"email": BOB}))["ok"]

    held = await ada.ask("cart:set", {"product_id": product_id, "quantity": much})
    assert held["ok"], held
    alert = await bob.hear("alert")
    assert (alert["product_id"], alert["available"], alert["threshold"]) == (product_id, 3, 3)
    (warning,) = await mailbox.receives(BOB)
    assert product["name"] in str(warning["Subject"])
    await mailbox.receives(SELLER)

    await ada.ask("auth", {"token": await sign_in(shop.url)})
    placed = await ada.ask("order:place", order(held["cart"]["total_amount"], uuid4().hex))
    assert placed["ok"], placed
    await bob.sees(product_id, stock=4, held=1, available=3)
    await mailbox.receives("buyer@demo.com")

    assert await _last_movement(shop, product_id) == {
        "change_type": "purchase",
        "old_stock": product["stock"],
        "new_stock": 4,
        "new_held": 1,
        "cause": placed["order"]["id"],
        "version": bob.level(product_id)["version"],
    }
    history = await books["emails"].find().to_list(None)
    assert sorted((row["kind"], row["to"], row["state"]) for row in history) == [
        ("low_stock", BOB, "sent"),
        ("low_stock_seller", SELLER, "sent"),
        ("order_placed", "buyer@demo.com", "sent"),
    ]
    assert len(mailbox.messages) == len({message["Message-ID"] for message in mailbox.messages}) == 3
    assert (len(bob.all("alert")), ada.all("alert")) == (1, [])
    await books.check()


async def test_one_alert_per_crossing_until_stock_has_risen_again(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Below the threshold further decreases are silent; risen above and fallen again is told again."""
    shop = await open_shop(GUEST_CHECKOUT="true")
    books = await books_of(shop)
    product_id = await books.add_product(stock=10)
    ada, bob = await meet(shop), await meet(shop)
    await bob.ask("cart:set", {"product_id": product_id, "quantity": 1})
    for quantity in (6, 7, 8):  # leaves 3, 2, 1
        await ada.ask("cart:set", {"product_id": product_id, "quantity": quantity})
    await bob.hear("alert", lambda alert: alert["available"] == 3)
    await ada.ask("cart:set", {"product_id": product_id, "quantity": 2})  # leaves 7
    await ada.ask("cart:set", {"product_id": product_id, "quantity": 9})  # leaves none
    await bob.hear("alert", lambda alert: alert["available"] == 0)
    assert [alert["available"] for alert in bob.all("alert")] == [3, 0]
    assert ada.all("alert") == []
    await books.check()


async def test_what_was_told_while_away_is_repeated_until_it_is_read(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """B is offline when the stock runs low, hears of it on coming back, and no more once it is read."""
    shop = await open_shop()
    product_id = await (await books_of(shop)).add_product(stock=6)
    ada, bob = await meet(shop), await meet(shop)
    await bob.ask("cart:set", {"product_id": product_id, "quantity": 1})
    await bob.leave()
    await ada.ask("cart:set", {"product_id": product_id, "quantity": 2})
    async with ClientSession(headers={"X-Cart-Session": bob.session}) as http:
        told: list[object] = []
        while not told:
            async with http.get(f"{shop.url}/api/notifications") as answer:
                told = (await answer.json())["items"]
    back = await meet(shop, session=bob.session)
    # The change stream may tell it only now: then it comes as an alert, like any fresh one.
    notice = await back.hear_first("notification", "alert")
    assert (notice["kind"], notice["product_id"], notice["available"]) == ("low_stock", product_id, 3)
    assert await back.ask("notifications:read", {"ids": [notice["id"]]}) == {"ok": True, "unread": 0}
    again = await meet(shop, session=bob.session)
    await again.ask("cart:get")  # whatever is repeated comes before the first answer
    assert again.all("notification") == []


async def _last_movement(shop: RunningShop, product_id: str) -> dict[str, Any]:
    """Return the newest row of the ledger, as the seller sees it."""
    headers = {"Authorization": f"Bearer {await sign_in(shop.url, SELLER)}"}
    path = f"/api/products/{product_id}/inventory-logs?limit=1"
    async with ClientSession(shop.url, headers=headers) as http, http.get(path) as answer:
        (row,) = (await answer.json())["items"]
    return {name: row[name] for name in ("change_type", "old_stock", "new_stock", "new_held", "cause", "version")}
