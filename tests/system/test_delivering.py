"""Delivery's worklist and sellers' screens over whole servers: an order's way is heard on every process."""

import asyncio
from typing import Any

from bson import ObjectId

from bench.shop.books import Books
from models.order import Order
from tests.orders import a_part, a_stored_order, moved, new_id, put
from tests.patience import PATIENCE
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.seller_screen import SellerScreen
from tests.system.test_seller_dashboard import token_of
from tests.visitor import Visitor


def parts_of(order: Order) -> Any:
    """Return a condition on what is heard: that it is of an order, with its parts' status and claim."""

    def told(status: str, claim: str) -> Any:
        def fits(payload: Any) -> bool:
            shown = payload["order"]
            parts = {(part["status"], part["claimed_by"]) for part in shown["parts"]}
            return shown["id"] == order.id and parts == ({(status, claim)} if status else set())

        return fits

    return told


async def test_an_orders_way_is_heard_by_all_couriers_on_all_processes(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """Shipped, claimed, handed over; and given back: each sees it as theirs, somebody's or nobody's."""
    one, two = await open_shop("one", **one_database), await open_shop("two", **one_database)
    books, secret = await books_of(one), one_database["JWT_SECRET"]
    ann, ben, seller = new_id(), new_id(), new_id()
    waiting = moved(a_stored_order(a_part(seller)), seller, "shipped", f"u:{seller}")
    await put(books.database, waiting)
    couriers: dict[str, Visitor] = {}
    for user_id, shop in ((ann, one), (ben, two)):
        couriers[user_id] = await meet(shop, token=token_of(secret, "delivery", user_id))
        ack = await couriers[user_id].ask("delivery:watch")
        assert ack["ok"], ack
        assert [each["id"] for each in ack["available"]] == [waiting.id]
        assert (ack["available_count"], ack["mine"], ack["mine_count"]) == (1, [], 0)
    boss = await meet(two, token=token_of(secret, "admin"))
    assert (await boss.ask("delivery:watch"))["ok"]

    order = a_stored_order(a_part(seller))
    told = parts_of(order)
    await put(books.database, order)
    steps = (
        ("shipped", {"carrier": "DHL"}, "nobody", "nobody"),
        ("shipped", {"courier": ann}, "me", "somebody"),
        ("delivered", {"note": "at the door"}, "me", ""),
    )
    for status, fields, mine, theirs in steps:
        order = moved(order, seller, status, f"u:{ann}", **fields)
        await put(books.database, order)
        await couriers[ann].hear("delivery:order", told(status, mine))
        for other in (couriers[ben], boss):
            await other.hear("delivery:order", told(status, theirs) if theirs else told("", ""))
    await put(books.database, moved(waiting, seller, "cancelled", f"u:{seller}"))
    for each in (*couriers.values(), boss):
        await each.hear("delivery:order", parts_of(waiting)("", ""))


async def test_a_courier_who_is_none_any_more_hears_nothing_more(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """From the moment at which their role changed, and though the socket stays."""
    shop = await open_shop(**one_database)
    books, secret, ann = await books_of(shop), one_database["JWT_SECRET"], new_id()
    once, still = [await meet(shop, token=token_of(secret, "delivery", each)) for each in (ann, new_id())]
    for each in (once, still):
        assert (await each.ask("delivery:watch"))["ok"]
    account = {"_id": ObjectId(ann), "role": "buyer", "email": "ann@example.com", "name": "A", "password": "x"}
    await books["users"].insert_one(account)
    await books["users"].update_one({"_id": account["_id"]}, [{"$set": {"changed_at": "$$NOW"}}])
    await once.hear("account")
    order = a_stored_order(a_part(new_id()))
    await put(books.database, order)
    await put(books.database, moved(order, order.fulfilments[0].seller_id, "shipped", "u:x"))
    await still.hear("delivery:order")
    assert once.all("delivery:order") == []
    assert (await once.ask("delivery:watch"))["error"]["code"] == "forbidden"


async def test_after_a_gap_in_what_was_heard_couriers_get_their_worklist_anew(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """The server has lost the history of what happened meanwhile."""
    shop = await open_shop(**one_database)
    books = await books_of(shop)
    ann = await meet(shop, token=token_of(one_database["JWT_SECRET"], "delivery"))
    assert (await ann.ask("delivery:watch"))["ok"]
    await lose_history(books)
    try:
        await put(books.database, order := a_stored_order(a_part(new_id(), "shipped")))
        await ann.hear("delivery:snapshot", lambda told: [each["id"] for each in told["available"]] == [order.id])
    finally:
        await fail_point(books, "off")


async def lose_history(books: Books) -> None:
    """Have the server say once to whoever follows that the history is gone."""
    await fail_point(
        books, {"times": 1}, failCommands=["getMore"], errorCode=286, namespace=f"{books.database.name}.$cmd.aggregate"
    )


async def fail_point(books: Books, mode: Any, **data: Any) -> None:
    """Set the server's own fail point."""
    command = {"configureFailPoint": "failCommand", "mode": mode, **({"data": data} if data else {})}
    await books.database.client.admin.command(command)


async def test_a_sellers_screen_hears_of_every_move_of_their_part(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """Placed, shipped, delivered, completed, cancelled; and an admin's figures count what is cancelled no more."""
    shop = await open_shop(**one_database)
    books, secret, seller = await books_of(shop), one_database["JWT_SECRET"], new_id()
    screen = await SellerScreen.open(await meet(shop, token=token_of(secret, "seller", seller)))
    boss = await meet(shop, token=token_of(secret, "admin"))
    assert (await boss.ask("admin:watch"))["ok"]
    async with asyncio.timeout(PATIENCE):  # until orders are counted at all
        while not await books["projections"].find_one({"generation": {"$exists": True}}):
            await asyncio.sleep(0.05)
    now = (await books["meta"].aggregate([{"$project": {"now": "$$NOW"}}]).to_list(None))[0]["now"]
    other = new_id()
    first, second = [a_stored_order(a_part(seller), a_part(other), timestamp=now) for _ in range(2)]
    for placed, statuses in ((first, ("shipped", "delivered", "completed")), (second, ("cancelled",))):
        order = placed
        await put(books.database, order)
        await heard(screen.visitor, order, "placed")
        for status in statuses:
            order = moved(order, seller, status, f"u:{seller}")
            await put(books.database, order)
            await heard(screen.visitor, order, status)
    await boss.hear("admin:metrics", lambda _: sold_of(boss) == (2, 1500))
    await put(books.database, moved(order, other, "cancelled", f"u:{other}"))
    await boss.hear("admin:metrics", lambda _: sold_of(boss) == (1, 1000))


async def heard(visitor: Visitor, order: Order, status: str) -> None:
    """Wait until a screen has heard that the seller's part has a status."""
    await visitor.hear(
        "seller:order", lambda told: (told["order"]["id"], told["order"]["status"]) == (order.id, status)
    )


def sold_of(boss: Visitor) -> tuple[int, int]:
    """Return how many orders an admin was told last that stand, and what they brought in."""
    told = [each["sales"] for each in boss.all("admin:metrics") if each.get("sales")]
    return (told[-1]["orders"], told[-1]["revenue"]) if told else (0, 0)
