"""Waiting in line with real servers: the first hears at once, by socket and mail; unused, it goes to the next."""

import asyncio
import signal
from typing import Any

from bench.shop.books import Books
from bench.shop.running import RunningShop
from tests.handlers.doors import fresh_session, send
from tests.patience import PATIENCE
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import Visitor


async def held(books: Books, visitor: Visitor, units: int = 1) -> str:
    """Add a product and have a visitor hold all of it."""
    tea = await books.add_product(units)
    await visitor.sees(tea, available=units)
    assert (await visitor.ask("cart:set", {"product_id": tea, "quantity": units}))["ok"]
    return tea


async def join(visitor: Visitor, tea: str, email: str = "a@shop.test") -> Any:
    """Wait for a product; return the place."""
    ack = await visitor.ask("waiting:join", {"product_id": tea, "email": email})
    assert ack["ok"], ack
    return ack["waiting"]


def about(tea: str) -> Any:
    """Return what tells whether an event is about a product."""
    return lambda payload: payload["product_id"] == tea


async def test_what_comes_back_is_offered_to_the_first_and_then_to_the_next(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, mailbox: Mailbox, post_office: PostOffice
):
    """By socket and mail; the badge says how many wait; nobody else can have it; whoever comes back hears again."""
    shop = await open_shop(SMTP_URL=post_office.url, GUEST_CHECKOUT="true")
    books = await books_of(shop)
    holder, ann, bob, eve = [await meet(shop) for _ in range(4)]
    tea = await held(books, holder)
    first, second = await join(ann, tea, "ann@shop.test"), await join(bob, tea, "bob@shop.test")
    assert [(each["place"], each["ahead"]) for each in (first, second)] == [(1, 0), (2, 1)]
    level = await eve.sees(tea, waiting=2)
    assert level["next_release"] or (await eve.hear("stock", lambda frame: _release_of(frame, tea)))
    await holder.ask("cart:clear")
    offer = await ann.hear("offer", about(tea))
    assert (offer["price"], offer["currency"]) == (500, "EUR")
    refused = (await eve.ask("cart:set", {"product_id": tea, "quantity": 1}))["error"]
    assert (refused["code"], refused["details"]["available"]) == ("insufficient_stock", 0)
    again = await meet(shop, session=ann.session)
    assert (await again.hear("offer", about(tea)))["id"] == offer["id"]
    [mail] = await mailbox.receives("ann@shop.test")
    assert "is your turn" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    await _run_out(books, f"{tea}:1")
    await asyncio.gather(*(each.hear("offer:expired", about(tea)) for each in (ann, again)))
    await bob.hear("offer", about(tea))
    assert (await ann.ask("offer:take", {"product_id": tea}))["error"]["code"] == "not_found"
    taken = await bob.ask("offer:take", {"product_id": tea})
    assert [line["quantity"] for line in taken["cart"]["lines"]] == [1]
    await eve.sees(tea, waiting=0, held=1)
    ends = taken["cart"]["expires_at"]  # not the offer's end any more
    await eve.hear("stock", lambda frame: _release_of(frame, tea) == ends)
    await books.check()


async def _run_out(books: Books, place: str) -> None:
    """Let an offer end now, by the database's clock."""
    ended = {"$dateSubtract": {"startDate": "$$NOW", "unit": "millisecond", "amount": 1}}
    await books["waiting"].update_one({"_id": place}, [{"$set": {"offer_expires_at": ended}}])
    await books["carts"].update_one({"_id": f"o:{place}"}, [{"$set": {"expires_at": ended}}])


def _release_of(frame: Any, tea: str) -> str | None:
    return next((item["next_release"] for item in frame["items"] if item["id"] == tea), None)


async def test_the_same_over_http(open_shop: OpenShop, meet: Meet, books_of: ReadBooks):
    """Wait, see where one stands, decline, wait again, and take."""
    shop = await open_shop()
    books = await books_of(shop)
    holder = await meet(shop)
    tea = await held(books, holder, 2)
    me: Any = {"X_Cart_Session": fresh_session()}
    path = f"/api/waiting/{tea}"
    assert (await send(shop.url, "PUT", path, {}, **me)).is_problem(422, "validation")
    joined = await send(shop.url, "PUT", path, {"email": "me@shop.test"}, **me)
    assert (joined.status, joined.body["state"], joined.body["ahead"]) == (200, "waiting", 0)
    await holder.ask("cart:set", {"product_id": tea, "quantity": 1})
    await _offered(shop, me)
    assert (await send(shop.url, "DELETE", path, **me)).body == {"left": True}
    assert (await send(shop.url, "DELETE", path, **me)).body == {"left": False}
    assert (await send(shop.url, "PUT", path, {"email": "me@shop.test"}, **me)).is_problem(409, "conflict")
    await holder.ask("cart:set", {"product_id": tea, "quantity": 2})
    assert (await send(shop.url, "PUT", path, {"email": "me@shop.test"}, **me)).body["place"] == 2
    await holder.ask("cart:clear")
    await _offered(shop, me)
    taken = await send(shop.url, "POST", f"{path}/take", **me)
    assert (taken.status, [line["product_id"] for line in taken.body["lines"]]) == (200, [tea])
    assert (await send(shop.url, "POST", f"{path}/take", **me)).body["revision"] == taken.body["revision"]
    assert (await send(shop.url, "DELETE", "/api/cart", **me)).status == 200
    assert (await send(shop.url, "POST", f"{path}/take", **me)).is_problem(404, "not_found")
    assert (await send(shop.url, "GET", "/api/waiting", **me)).body == {"items": [], "next": None}
    assert (await send(shop.url, "PUT", f"/api/waiting/{'0' * 24}", {}, **me)).is_problem(404, "not_found")
    await books.check()


async def _offered(shop: RunningShop, me: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while [each["state"] for each in (await send(shop.url, "GET", "/api/waiting", **me)).body["items"]] != [
            "offered"
        ]:
            await asyncio.sleep(0.05)


async def test_a_place_goes_with_whoever_signs_in(open_shop: OpenShop, meet: Meet, books_of: ReadBooks):
    """The offer comes to the account, on all its devices."""
    shop = await open_shop(DEMO="true")
    books = await books_of(shop)
    holder, guest = await meet(shop), await meet(shop)
    tea = await held(books, holder)
    await join(guest, tea)
    credentials = {"email": "buyer@demo.com", "password": "demo123"}
    token = (await send(shop.url, "POST", "/api/auth/login", credentials)).body["token"]
    assert (await guest.ask("auth", {"token": token}))["ok"]
    elsewhere = await meet(shop, token=token)
    [place] = (await elsewhere.ask("waiting:list"))["items"]
    assert (place["product_id"], place["state"], place["ahead"]) == (tea, "waiting", 0)
    await holder.ask("cart:clear")
    await asyncio.gather(guest.hear("offer", about(tea)), elsewhere.hear("offer", about(tea)))
    assert (await elsewhere.ask("offer:take", {"product_id": tea}))["ok"]
    await guest.hear("waiting", lambda each: each["state"] == "taken")
    await guest.hear("cart", lambda each: each["cart"]["lines"])
    await books.check()


async def test_a_place_goes_with_whoever_comes_back_as_a_user(open_shop: OpenShop, meet: Meet, books_of: ReadBooks):
    """With the session and the token at once, as a page does that knows both: an offer is told to the user, again."""
    shop = await open_shop(DEMO="true")
    books = await books_of(shop)
    holder, guest = await meet(shop), await meet(shop)
    tea, cup = await held(books, holder), await held(books, holder)
    for each in (tea, cup):
        await join(guest, each)
    await holder.ask("cart:set", {"product_id": tea, "quantity": 0})
    await guest.hear("offer", about(tea))
    credentials = {"email": "buyer@demo.com", "password": "demo123"}
    token = (await send(shop.url, "POST", "/api/auth/login", credentials)).body["token"]
    elsewhere = await meet(shop, token=token)
    again = await meet(shop, token=token, session=guest.session)
    await asyncio.gather(again.hear("offer", about(tea)), elsewhere.hear("offer", about(tea)))
    places = (await elsewhere.ask("waiting:list"))["items"]
    addresses = {each["product_id"]: each["email"] for each in places}
    assert addresses == {tea: "a@shop.test", cup: "buyer@demo.com"}, "what was mailed was mailed"
    assert (await again.ask("offer:take", {"product_id": tea}))["ok"]
    await books.check()


async def test_two_servers_one_of_which_is_killed_serve_one_line(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, one_database: dict[str, str]
):
    """Whichever had the lease, the other goes on where it was; each is offered once, in the order of the line."""
    one, two = [await open_shop(name, **one_database, GUEST_CHECKOUT="true") for name in ("one", "two")]
    books = await books_of(two)
    holder = await meet(two)
    tea = await held(books, holder, 6)
    crowd = [await meet(two) for _ in range(6)]
    for visitor in crowd:
        await join(visitor, tea)
    await holder.ask("cart:set", {"product_id": tea, "quantity": 4})
    assert one.process
    one.process.send_signal(signal.SIGKILL)
    await one.process.wait()
    await holder.ask("cart:set", {"product_id": tea, "quantity": 2})
    await asyncio.gather(*(each.hear("offer", about(tea)) for each in crowd[:4]))
    assert [len(each.all("offer")) for each in crowd] == [1, 1, 1, 1, 0, 0]
    await books.check()
