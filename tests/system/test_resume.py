"""A client that comes back gets what it missed, exactly, or a snapshot, and is told which."""

import asyncio

from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.visitor import Visitor


async def _hold(visitor: Visitor, product_id: str, quantity: int) -> None:
    answer = await visitor.ask("cart:set", {"product_id": product_id, "quantity": quantity})
    assert answer["ok"], answer


async def test_a_client_that_was_away_gets_what_changed_and_nothing_else(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Three of eight products change while B is away: B hears of those, at their latest, conflated, no snapshot."""
    shop = await open_shop()
    books = await books_of(shop)
    ids = [await books.add_product() for _ in range(8)]
    ada, bob = await meet(shop), await meet(shop)
    await _hold(ada, ids[0], 1)
    await bob.sees(ids[0], available=99)
    await bob.leave()
    for quantity in (1, 2, 3):
        await _hold(ada, ids[3], quantity)
    await books.change_product(ids[4], {"$set": {"price": 700}})
    await _hold(ada, ids[5], 5)
    await ada.sees(ids[5], available=95)

    back = await meet(shop, session=bob.session, since=bob.cursor)
    assert back.all("welcome")[0]["resumed"] is True
    frame = await back.hear("stock")
    shown = {item["id"]: item["available"] for item in frame["items"]}
    assert {ids[3]: 97, ids[5]: 95}.items() <= shown.items()
    assert shown.keys() <= {ids[0], ids[3], ids[4], ids[5]}  # the cursor's own change may be repeated
    assert (await back.hear("product"))["product"]["price"] == 700
    assert back.all("stock:snapshot") == []


async def test_a_client_that_had_heard_no_event_yet_resumes_as_well(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """The cursor of the welcome is enough, even if nothing had happened in that process yet."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product()
    await shop.stop()
    shop = await open_shop()
    bob, ada = await meet(shop), await meet(shop)
    cursor = bob.all("welcome")[0]["cursor"]
    await bob.leave()
    idle = await meet(shop, since=cursor)
    assert idle.all("welcome")[0]["resumed"] is True
    assert (await idle.hear("stock"))["items"] == []
    await _hold(ada, product_id, 2)
    await ada.sees(product_id, available=98)
    back = await meet(shop, since=cursor)
    assert back.all("welcome")[0]["resumed"] is True
    assert [(item["id"], item["available"]) for item in (await back.hear("stock"))["items"]] == [(product_id, 98)]


async def test_after_a_restart_there_is_a_snapshot_and_it_says_so(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """A process that does not remember that far sends everything, and later resumes from there."""
    shop = await open_shop()
    books = await books_of(shop)
    ids = [await books.add_product() for _ in range(3)]
    bob = await meet(shop)
    await _hold(bob, ids[1], 4)
    await bob.sees(ids[1], available=96)
    await shop.kill()
    await shop.start()
    back = await meet(shop, session=bob.session, since=bob.cursor)
    assert back.all("welcome")[0]["resumed"] is False
    snapshot = await back.hear("stock:snapshot")
    assert {item["id"]: item["available"] for item in snapshot["items"]} == {ids[0]: 100, ids[1]: 96, ids[2]: 100}
    assert (await meet(shop, since=back.cursor)).all("welcome")[0]["resumed"] is True


async def test_a_cursor_means_the_same_on_another_process(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks
) -> None:
    """B leaves one process and resumes at the other, without a gap."""
    one, two = await open_shop("one", **one_database), await open_shop("two", **one_database)
    books = await books_of(one)
    ids = [await books.add_product() for _ in range(3)]
    bob, ada = await meet(one), await meet(two)
    await _hold(ada, ids[0], 1)
    await bob.sees(ids[0], available=99)
    await bob.leave()
    await _hold(ada, ids[2], 7)
    await ada.sees(ids[2], available=93)
    back = await meet(two, since=bob.cursor)
    assert back.all("welcome")[0]["resumed"] is True
    await back.sees(ids[2], available=93)  # what was missed may come in two messages
    told = {item["id"] for frame in back.all("stock") for item in frame["items"]}
    assert ids[1] not in told


async def test_a_cursor_of_nobody_s_making_gets_a_snapshot(open_shop: OpenShop, meet: Meet) -> None:
    """Of the future, of the distant past, or no cursor at all: a snapshot, not an error."""
    shop = await open_shop()
    for since in ("f" * 16, "0" * 16, "yesterday"):
        visitor = await meet(shop, since=since)
        assert visitor.all("welcome")[0]["resumed"] is False, since
        await visitor.hear("stock:snapshot")


async def test_a_cart_outlives_the_connection_and_the_server(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """The same session finds the same cart after a reconnect, after a restart, and after a power cut."""
    shop = await open_shop()
    books = await books_of(shop)
    product_id = await books.add_product()
    ada = await meet(shop)
    await _hold(ada, product_id, 3)
    cart = _lasting(await ada.ask("cart:get"))
    await ada.leave()
    assert _lasting(await (await meet(shop, session=ada.session)).ask("cart:get")) == cart
    for end in (shop.stop, shop.kill):
        await end()
        await shop.start()
        assert _lasting(await (await meet(shop, session=ada.session)).ask("cart:get")) == cart
    stranger = await meet(shop)
    assert (await stranger.ask("cart:get"))["cart"]["lines"] == []


def _lasting(answer: dict[str, dict[str, object]]) -> dict[str, object]:
    """Return a cart without the time at which it was shown."""
    return {name: value for name, value in answer["cart"].items() if name != "server_time"}


async def test_a_stale_revision_is_refused_and_changes_nothing(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """Of two tabs that saw the same cart only the first gets its way; the other is told the cart's revision."""
    shop = await open_shop()
    product_id = await (await books_of(shop)).add_product()
    one = await meet(shop)
    two = await meet(shop, session=one.session)
    seen = (await one.ask("cart:set", {"product_id": product_id, "quantity": 1}))["cart"]["revision"]
    asked = [{"product_id": product_id, "quantity": quantity, "revision": seen} for quantity in (2, 5)]
    answers = await asyncio.gather(one.ask("cart:set", asked[0]), two.ask("cart:set", asked[1]))
    (refused,) = [answer["error"] for answer in answers if not answer["ok"]]
    (taken,) = [answer["cart"] for answer in answers if answer["ok"]]
    assert (refused["code"], refused["details"]["revision"]) == ("conflict", taken["revision"])
    now = (await one.ask("cart:get"))["cart"]
    assert (now["revision"], now["lines"][0]["quantity"]) == (taken["revision"], taken["lines"][0]["quantity"])
