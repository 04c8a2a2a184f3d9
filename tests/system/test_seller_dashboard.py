"""The seller's dashboard over whole servers: what it shows is what the orders and movements say, to the unit."""

import asyncio
import random
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from bson import ObjectId

from bench.shop.books import Books
from bench.shop.ledger import running_ledger
from bench.shop.order import order
from bench.shop.running import RunningShop
from ivorycart.accounts.tokens import Tokens
from ivorycart.ledger import Ledger
from models.commands import CancelOrder
from mongo.sales_documents import PROJECTION
from tests.handlers.doors import bearer, send
from tests.mongo.shop import ask
from tests.movers import AN_ADMIN
from tests.patience import PATIENCE
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.seller_screen import SellerScreen, expected, told
from tests.visitor import Visitor

SETTINGS = {"GUEST_CHECKOUT": "true"}


def token_of(secret: str, role: str, user_id: str | None = None, seconds: int = 3600) -> str:
    """Sign somebody in, past the door."""
    who: Any = {"session_id": str(ObjectId()), "email": f"{role}@example.com", "name": "Ada", "role": role}
    return Tokens(secret, seconds=seconds).issue(user_id=user_id or str(ObjectId()), **who)


async def agrees(books: Books, seller_id: str, screen: SellerScreen) -> None:
    """Wait until a screen shows what a recount finds; the difference is told where it never does."""
    shown, recounted = screen.now(), {}
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                recounted = await expected(books, seller_id, shown)
                shown = screen.now()
                if told(shown) == recounted:
                    break
                await asyncio.sleep(0.1)
    except TimeoutError:
        assert told(shown) == recounted
    for product_id, level in shown["levels"].items():
        last = (await books.movements(product_id))[-1]
        assert (level["version"], level["stock"], level["held"]) == (
            last["version"],
            last["new_stock"],
            last["new_held"],
        )


async def storm(visitors: list[Visitor], products: list[str], ledger: Ledger, dice: random.Random) -> None:
    """Let all buy at once, again and again, leave something in their carts, and cancel some of what they bought."""

    async def shopping(visitor: Visitor) -> None:
        for _ in range(4):
            for product_id in dice.sample(products, 2):
                await visitor.ask("cart:set", {"product_id": product_id, "quantity": dice.randint(1, 3)})
            cart = (await visitor.ask("cart:get"))["cart"]
            if not cart["lines"]:
                continue
            placed = await visitor.ask("order:place", order(cart["total_amount"], uuid4().hex))
            if placed["ok"] and dice.random() < 0.3:
                await ask(ledger, CancelOrder(placed["order"]["id"], AN_ADMIN, "changed my mind"))
        await visitor.ask("cart:set", {"product_id": dice.choice(products), "quantity": 1})

    await asyncio.gather(*map(shopping, visitors))


async def test_after_a_storm_an_open_dashboard_agrees_with_a_recount_to_the_unit(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """Over two processes, one of which is killed with its leases; a screen that was open all the time, and another."""
    settings = {**one_database, **SETTINGS}
    one, two = await open_shop("one", **settings), await open_shop("two", **settings)
    books, dice = await books_of(one), random.Random(5)
    seller, other = str(ObjectId()), str(ObjectId())
    products = [
        await books.add_product(
            stock, price=number * 100 + 99, seller_id=(seller, other)[number % 2], category=category
        )
        for number, (stock, category) in enumerate(
            zip((30, 30, 40, 500, 12, 500), ("pantry/tea", "home", "home/tables", "home", "pantry", ""), strict=True)
        )
    ]
    token = token_of(one_database["JWT_SECRET"], "seller", seller)
    screen = await SellerScreen.open(await meet(two, token=token))
    monthly = await SellerScreen.open(await meet(two, token=token), period="30d")
    async with running_ledger(books.driver, books.database, "cancels") as ledger:
        crowd = [await meet(each) for each in (one, two) for _ in range(6)]
        await storm(crowd, products, ledger, dice)
        await agrees(books, seller, screen)
        await one.kill()
        await storm(crowd[6:], products, ledger, dice)
    await agrees(books, seller, screen)
    await agrees(books, seller, monthly)
    await books.change_product(products[0], {"$set": {"category": "home/lamps"}})
    await agrees(books, seller, screen)
    parts = ("totals", "previous", "series", "top_products", "by_category", "in_carts", "low_stock", "out_of_stock")
    async with asyncio.timeout(PATIENCE):  # the next hour may begin just now
        while True:
            fresh = await send(two.url, "GET", "/api/seller/dashboard?period=24h", **bearer(token))
            shown = screen.now()
            if all(fresh.body[name] == shown[name] for name in parts):
                break
            await asyncio.sleep(0.5)
    times = [each["timestamp"] for each in shown["orders"]]
    assert [each["timestamp"] for each in fresh.body["orders"]] == times[:20]
    assert fresh.body["totals"]["cancelled"]["orders"] > 0
    assert screen.visitor.all("seller:stock")
    await books.check()


async def test_a_screen_that_comes_back_has_missed_nothing(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """What happened while it was away is in the answer to its next watch, at another process, too."""
    settings = {**one_database, **SETTINGS}
    one, two = await open_shop("one", **settings), await open_shop("two", **settings)
    books, dice, seller = await books_of(one), random.Random(7), str(ObjectId())
    products = [await books.add_product(200, seller_id=seller) for _ in range(3)]
    token = token_of(one_database["JWT_SECRET"], "seller", seller)
    screen = await SellerScreen.open(await meet(one, token=token))
    async with running_ledger(books.driver, books.database, "cancels") as ledger:
        crowd = [await meet(two) for _ in range(4)]
        storming = asyncio.create_task(storm(crowd, products, ledger, dice))
        await screen.visitor.hear("seller:order")
        await screen.visitor.leave()
        await storming
    back = await SellerScreen.open(await meet(two, token=token))
    await agrees(books, seller, back)


async def test_figures_counted_anew_are_shown_whole(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """An operator takes orders away behind the shop's back."""
    shop = await open_shop(**one_database, **SETTINGS)
    books, seller = await books_of(shop), str(ObjectId())
    products = [await books.add_product(200, seller_id=seller) for _ in range(2)]
    screen = await SellerScreen.open(await meet(shop, token=token_of(one_database["JWT_SECRET"], "seller", seller)))
    async with running_ledger(books.driver, books.database, "cancels") as ledger:
        await storm([await meet(shop) for _ in range(2)], products, ledger, random.Random(3))
    gone = await books["orders"].find_one({"status": "placed"})
    yesterday = {"_id": ObjectId(), "order_key": "earlier", "timestamp": gone["timestamp"] - timedelta(hours=30)}
    await books["orders"].insert_one(gone | yesterday)
    soon = {"$set": {"expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": 120}}}}
    await books["carts"].update_one({"lines.0": {"$exists": True}}, [soon])
    await agrees(books, seller, screen)
    assert screen.now()["previous"]["orders"] == 1
    assert screen.now()["held"]["expiring_within_300_seconds"] >= 1
    before = await books["projections"].find_one(PROJECTION)
    heard = len(screen.visitor.heard)
    await books["orders"].delete_one({"_id": gone["_id"]})
    async with asyncio.timeout(PATIENCE):
        while True:
            shown = screen.now()
            recounted = await expected(books, seller, shown)
            if all(shown[name] == recounted[name] for name in ("totals", "previous", "series")):
                break
            await asyncio.sleep(0.05)
    assert (await books["projections"].find_one(PROJECTION))["generation"] != before["generation"]
    assert any(event == "seller:metrics" and each["complete"] for event, each in screen.visitor.heard[heard:])


@pytest.fixture
async def one_shop(open_shop: OpenShop, one_database: dict[str, str]) -> RunningShop:
    """Run one process."""
    return await open_shop(**one_database, **SETTINGS)


async def test_a_dashboard_is_its_sellers_and_the_admins(
    one_shop: RunningShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """Over HTTP and by socket; and it says nothing of buyers, nor of what others sold in the same order."""
    secret, shop = one_database["JWT_SECRET"], one_shop
    books, seller, other = await books_of(shop), str(ObjectId()), str(ObjectId())
    mine, theirs = await books.add_product(seller_id=seller), await books.add_product(seller_id=other)
    buyer = await meet(shop, token=token_of(secret, "buyer"))
    for product_id in (mine, theirs):
        cart = (await buyer.ask("cart:set", {"product_id": product_id, "quantity": 2}))["cart"]
    assert (await buyer.ask("order:place", order(cart["total_amount"], "one")))["ok"]
    path, watch = "/api/seller/dashboard", "seller:watch"
    tokens = {role: token_of(secret, role, seller) for role in ("seller", "admin", "buyer", "delivery")}
    for role, token in tokens.items():
        socket = await meet(shop, token=token)
        named = {"seller_id": other}
        if role == "admin":
            answer = await send(shop.url, "GET", f"{path}?seller_id={other}", **bearer(token))
            assert (answer.status, answer.body["seller_id"]) == (200, other)
            assert (await socket.ask(watch, named))["seller_id"] == other
            continue
        answer = await send(shop.url, "GET", f"{path}?seller_id={other}", **bearer(token))
        assert answer.is_problem(403, "forbidden")
        assert (await socket.ask(watch, named))["error"]["code"] == "forbidden"
        assert (await socket.ask(watch))["ok"] == (role == "seller")
    assert (await send(shop.url, "GET", path)).is_problem(401, "not_authenticated")
    assert (await (await meet(shop)).ask(watch))["error"]["code"] == "not_authenticated"
    for bad in ("period=1h", "currency=eur", "seller_id=me", "since=1"):
        answer = await send(shop.url, "GET", f"{path}?{bad}", **bearer(tokens["seller"]))
        assert answer.is_problem(422, "validation")
    answer = await send(shop.url, "GET", path, **bearer(tokens["seller"]))
    [shown] = answer.body["orders"]
    assert ([each["product_id"] for each in shown["product_list"]], shown["total_amount"]) == ([mine], 1000)
    assert not {"address", "email", "buyer_id"} & shown.keys()
    assert "example.com" not in str(answer.body)
    assert theirs not in str(answer.body)


async def buys(visitor: Visitor, product_id: str) -> None:
    """Order one."""
    cart = (await visitor.ask("cart:set", {"product_id": product_id, "quantity": 1}))["cart"]
    assert (await visitor.ask("order:place", order(cart["total_amount"], uuid4().hex)))["ok"]


@pytest.mark.parametrize("why", ["role", "session", "token", "rewatch"])
async def test_who_may_not_see_it_any_more_hears_nothing_more(
    why: str, one_shop: RunningShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """The role is taken away, the session ends, the token runs out; and who watches another hears of that one only."""
    secret, shop = one_database["JWT_SECRET"], one_shop
    books, seller, session = await books_of(shop), str(ObjectId()), str(ObjectId())
    product_id = await books.add_product(seller_id=seller)
    lasts = 10 if why == "token" else 3600  # seconds: long enough to see the first order by it on a busy machine
    ends = time.time() + lasts + 1
    token = Tokens(secret, seconds=lasts).issue(
        user_id=seller,
        session_id=session,
        email="ann@example.com",
        name="Ann",
        role="admin" if why == "rewatch" else "seller",
    )
    ann, still = await meet(shop, token=token), await meet(shop, token=token_of(secret, "seller", seller))
    for each in (ann, still):
        await SellerScreen.open(each)
    ada = await meet(shop)
    await buys(ada, product_id)
    await ann.hear("seller:order")
    if why == "role":
        account = {"_id": ObjectId(seller), "role": "buyer", "email": "ann@example.com", "name": "A", "password": "x"}
        await books["users"].insert_one(account)
        await books["users"].update_one({"_id": account["_id"]}, [{"$set": {"changed_at": "$$NOW"}}])
        await ann.hear("account")
        still = await meet(shop, token=token_of(secret, "admin"))
        await SellerScreen.open(still, seller_id=seller)
    elif why == "session":
        owned = {"user_id": ObjectId(seller), "family": "f", "token": "t"}
        await books["sessions"].insert_one({"_id": ObjectId(session), **owned})
        ended = {"at": "$$NOW", "reason": "logout", "user_id": ObjectId(seller)}
        await books["sessions"].update_one({"_id": ObjectId(session)}, [{"$set": {"ended": ended}}])
        await ann.hear("signed_out")
    elif why == "token":
        await asyncio.sleep(ends - time.time())
    else:
        await SellerScreen.open(ann, seller_id=str(ObjectId()))
    heard = len(ann.heard)
    await buys(ada, product_id)
    await still.hear("seller:order", lambda _: len(still.all("seller:order")) > (why != "role"))
    await still.hear("seller:metrics", lambda each: each.get("totals", {}).get("orders") == 2)
    told_of = {event for event, payload in ann.heard[heard:] if seller in str(payload)}
    assert not {each for each in told_of if each.startswith("seller:")}


async def test_thresholds_that_are_crossed_are_marked(
    one_shop: RunningShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """Low, out, and well again, each once; units held are told, and how many of them are about to come back."""
    shop, seller = one_shop, str(ObjectId())
    books = await books_of(shop)
    product_id = await books.add_product(5, seller_id=seller)
    ann, ada = await meet(shop, token=token_of(one_database["JWT_SECRET"], "seller", seller)), await meet(shop)
    await ada.sees(product_id, available=5)  # that it is there is no news any more
    screen = await SellerScreen.open(ann)
    for quantity, crossed in ((2, "low"), (3, None), (5, "out"), (0, "ok")):
        await ada.ask("cart:set", {"product_id": product_id, "quantity": quantity})
        seen = await ann.hear("seller:stock", lambda each, left=5 - quantity: each["items"][0]["available"] == left)
        assert seen["items"][0]["crossed"] == crossed
    await ada.ask("cart:set", {"product_id": product_id, "quantity": 4})
    await ann.hear("seller:metrics", lambda each: (each.get("held") or {}).get("units") == 4)
    [low] = screen.now()["low_stock"]["items"]
    assert (low["id"], low["available"], low["threshold"]) == (product_id, 1, 3)
    assert screen.now()["held"]["expiring_within_300_seconds"] == 0
    soon = {"$set": {"expires_at": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": 120}}}}
    await books["carts"].update_one({"lines.0.quantity": 4}, [soon])
    ending = {"units": 4, "expiring_within_60_seconds": 0, "expiring_within_300_seconds": 4}
    await ann.hear("seller:metrics", lambda each: each.get("held") == ending)
    await books["products"].delete_one({"_id": ObjectId(product_id)})
    await ann.hear("seller:metrics", lambda each: (each.get("low_stock") or {}).get("count") == 0)
