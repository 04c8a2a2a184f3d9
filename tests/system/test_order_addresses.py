"""Where orders go, of a whole shop: the buyer sees it by every way, and the database shows it to nobody."""

from typing import Any
from uuid import uuid4

from bson import ObjectId, json_util

from bench.shop.books import Books
from bench.shop.order import ADDRESS, order
from bench.shop.running import RunningShop
from ivorycart.vault import fresh_keys
from tests.accounts import Person, person
from tests.system.commands import ivorycart
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import products, sign_in

BUYER = "buyer@demo.com"
HOME = ADDRESS | {"name": "Ada King", "line2": "Attic", "region": ""}


async def _fill(shop: RunningShop, ada: Person) -> int:
    """Put one thing into Ada's cart; return what it costs."""
    product = next(each for each in await products(shop.url) if each["available"] > 20)
    path = f"/api/cart/items/{product['id']}"
    status, answer = await ada.ask("PUT", path, {"quantity": 1})
    assert status == 200, answer
    return int(product["price"])


async def _assert_sealed(books: Books, key_id: str, count: int) -> None:
    """Assert that so many orders have their address under a key, and that no collection has what is in it."""
    rows = await books["orders"].find({"address.sealed": {"$regex": f"^{key_id}:"}}).to_list(None)
    assert len(rows) == count
    for name in ("orders", "emails", "notifications", "payments", "carts", "audit_events"):
        text = json_util.dumps(await books[name].find().to_list(None))
        assert not [each for each in ("Ada King", "Analytical", "Attic") if each in text], name


async def test_the_buyer_sees_the_address_by_every_way_and_the_database_shows_it_to_nobody(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """The answer and its repeat, the ack, the lists, the event and the mail; an order without address has none."""
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    books = await books_of(shop)
    async with person(shop.url) as ada:
        assert await ada.login(BUYER, "demo123") == 200
        visitor = await meet(shop, token=await sign_in(shop.url))
        body = order(await _fill(shop, ada), uuid4().hex, address=HOME)
        status, placed = await ada.ask("POST", "/api/orders/", body)
        assert (status, placed["address"]) == (201, HOME)
        assert await ada.ask("POST", "/api/orders/", body) == (201, placed)

        body = order(await _fill(shop, ada), uuid4().hex, address=HOME)
        ack = await visitor.ask("order:place", body)
        assert ack["order"]["address"] == HOME
        assert await visitor.ask("order:place", body) == ack

        product = next(each for each in await products(shop.url) if each["available"] > 20)
        cart = {"cart": [{"product_id": product["id"], "quantity": 1}], "socketId": uuid4().hex}
        status, bare = await ada.ask("POST", "/api/cart/order", cart)
        assert (status, bare["address"]) == (201, None)

        _, mine = await ada.ask("GET", "/api/orders/my-orders")
        assert [each["address"] for each in mine["items"]] == [None, HOME, HOME]
        assert await ada.ask("GET", f"/api/orders/{placed['id']}") == (200, placed)

        change: Any = {"$set": {"status": "shipped"}}
        await books["orders"].update_one({"_id": ObjectId(placed["id"])}, change)
        event = await visitor.hear("order", lambda told: told["order"]["status"] == "shipped")
        assert event["order"]["address"] == HOME

        mails = await mailbox.receives(BUYER, 3)
        texts = [mail.get_body((kind,)).get_content() for mail in mails for kind in ("plain", "html")]  # type: ignore[union-attr]
        whole = [all(HOME[part] in text for part in ("name", "line1", "line2")) for text in texts]
        assert (len(whole), whole.count(True)) == (6, 4)  # the order without address has none in its mail
        await _assert_sealed(books, "k1", 2)
        await books["orders"].update_one({"_id": ObjectId(placed["id"])}, {"$set": {"status": "placed"}})
        await books.check()


async def test_orders_stay_readable_while_keys_change_and_a_lost_key_hides_only_the_address(
    open_shop: OpenShop, books_of: ReadBooks
) -> None:
    """An order of before addresses were sealed is sealed with the others."""
    shop = await open_shop(DEMO="true")
    file = shop.data_dir / "encryption_keys"
    first = file.read_text()
    async with person(shop.url) as ada:

        async def open_again(keys: str) -> None:
            await shop.stop()
            file.write_text(keys)
            await shop.start()
            ada.url = shop.url
            assert await ada.login(BUYER, "demo123") == 200

        async def addresses() -> list[Any]:
            status, mine = await ada.ask("GET", "/api/orders/my-orders")
            assert status == 200
            return [each["address"] for each in mine["items"]]

        assert await ada.login(BUYER, "demo123") == 200
        for _ in range(2):
            body = order(await _fill(shop, ada), uuid4().hex, address=HOME)
            _, placed = await ada.ask("POST", "/api/orders/", body)
        change: Any = {"$set": {f"address.{name}": value for name, value in HOME.items()}}
        change["$unset"] = {"address.sealed": ""}
        await (await books_of(shop))["orders"].update_one({"_id": ObjectId(placed["id"])}, change)
        assert await addresses() == [HOME, HOME]

        second = fresh_keys().replace("k1:", "k2:")
        await open_again(second)
        assert await addresses() == [HOME, None]
        assert "ENCRYPTION_KEYS has no key 'k1'" in shop.log.read_text()

        await open_again(f"{second},{first}")
        told = "accounts sealed anew under the key k2: 0\norders sealed anew under the key k2: {}\n"
        assert await ivorycart(shop, "users", "reseal") == (0, told.format(2), "")
        assert await ivorycart(shop, "users", "reseal") == (0, told.format(0), "")
        await open_again(second)
        assert await addresses() == [HOME, HOME]
        books = await books_of(shop)
        await _assert_sealed(books, "k2", 2)
        await books.check()
