"""What people are told, end to end: in the shop and by mail, whatever becomes of processes and of the mail server."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.shop.books import Books
from bench.shop.order import order
from bench.shop.running import RunningShop
from mongo.emails import TURNED_OFF
from tests.patience import PATIENCE
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import Visitor, products, sign_in

BUYER = "buyer@demo.com"
CHOICES = "/api/notifications/preferences"


class MoodyMailbox(Mailbox):
    """A mail server that answers as it is told, or after a while."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = "250 taken"
        self.seconds = 0.0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Keep a message, or refuse it."""
        await asyncio.sleep(self.seconds)
        if self.answer.startswith("250"):
            return await super().handle_DATA(server, session, envelope)
        return self.answer


@pytest.fixture
def mailbox() -> MoodyMailbox:
    """Give an empty mailbox that can be in a mood."""
    return MoodyMailbox()


async def buys(buyer: Visitor, product_id: str, within: float = PATIENCE) -> str:
    """Order one unit; return the order's id."""
    async with asyncio.timeout(within):
        held = await buyer.ask("cart:set", {"product_id": product_id, "quantity": 1})
        assert held["ok"], held
        placed = await buyer.ask("order:place", order(held["cart"]["total_amount"], uuid4().hex))
        assert placed["ok"], placed
        return str(placed["order"]["id"])


async def row_of(books: Books, key: str, **wanted: Any) -> Any:
    """Wait until the outbox has a mail with these values."""
    async with asyncio.timeout(PATIENCE):
        while True:
            row = await books["emails"].find_one({"_id": key})
            if row and all(row[name] == value for name, value in wanted.items()):
                return row
            await asyncio.sleep(0.05)


async def choose(shop: RunningShop, token: str, **choice: Any) -> None:
    """Choose what to be told."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        ClientSession(shop.url, headers=headers) as http,
        http.put(CHOICES, json={"items": [choice]}) as answer,
    ):
        assert answer.status == 200, await answer.text()


async def test_an_order_is_told_by_mail_and_in_the_shop_within_a_moment(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, post_office: PostOffice, mailbox: Mailbox, measured: Measured
) -> None:
    """Each once; and repeated to the next socket until it was seen."""
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    books = await books_of(shop)
    token = await sign_in(shop.url)
    buyer = await meet(shop, token=token)
    product = next(each for each in await products(shop.url) if each["available"] > 20)
    order_id = await buys(buyer, product["id"])
    started = time.perf_counter()
    told = await buyer.hear("notification", lambda told: told["kind"] == "order_placed")
    measured("seconds until an order was told in the shop", time.perf_counter() - started)
    assert (told["order_id"], told["title"]) == (order_id, "Your order is placed")
    (mail,) = await mailbox.receives(BUYER)
    body = mail.get_body(("plain",))
    assert body
    assert order_id in body.get_content()
    assert product["name"] in body.get_content()
    again = await meet(shop, token=token)
    assert (await again.hear("notification"))["id"] == told["id"]
    assert await again.ask("notifications:read", {"ids": [told["id"]]}) == {"ok": True, "unread": 0}
    assert await books["notifications"].count_documents({"kind": "order_placed"}) == 1
    await books.check()


async def test_a_hold_is_warned_of_at_half_of_its_short_time_and_not_when_it_was_ordered(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """By socket, and by mail to who has asked for it; once."""
    shop = await open_shop(DEMO="true", HOLD_SECONDS="6", GUEST_CHECKOUT="true", SMTP_URL=post_office.url)
    books = await books_of(shop)
    token = await sign_in(shop.url)
    await choose(shop, token, kind="hold_expiring", in_app=True, email=True)
    product_id = await books.add_product()
    ada, bob, guest = await meet(shop, token=token), await meet(shop), await meet(shop)
    for each in (ada, bob, guest):
        held = await each.ask("cart:set", {"product_id": product_id, "quantity": 1})
        assert held["ok"], held
    assert (await bob.ask("order:place", order(held["cart"]["total_amount"], uuid4().hex)))["ok"]
    for each in (ada, guest):
        told = await each.hear("notification", lambda told: told["kind"] == "hold_expiring")
        expired = await each.hear("cart:expired")
        heard = [payload["kind"] if name == "notification" else name for name, payload in each.heard]
        assert heard.index("hold_expiring") < heard.index("cart:expired")
        assert told["expires_at"] <= expired["cart"]["server_time"]
    (mail,) = await mailbox.receives(BUYER)
    assert "Your cart holds what you chose until" in str(mail["Subject"])
    told_of = await books["notifications"].find({"kind": "hold_expiring"}).to_list(None)
    assert len(told_of) == 2
    assert [message["To"] for message in mailbox.messages] == [BUYER]
    await books.check()


async def test_a_choice_holds_on_every_process_at_once(
    open_shop: OpenShop,
    one_database: dict[str, str],
    meet: Meet,
    books_of: ReadBooks,
    post_office: PostOffice,
    mailbox: Mailbox,
) -> None:
    """Made at one, it counts at the other, for sockets, lists and mails; and after a restart."""
    settings = {**one_database, "DEMO": "true", "SMTP_URL": post_office.url}
    one, two = await open_shop("one", **settings), await open_shop("two", **settings)
    books = await books_of(one)
    token = await sign_in(one.url)
    here, there = await meet(one, token=token), await meet(two, token=token)
    await choose(one, token, kind="low_stock", in_app=False, email=False)
    low, other = await books.add_product(stock=6), await books.add_product(stock=50)
    assert (await here.ask("cart:set", {"product_id": low, "quantity": 1}))["ok"]
    taker = await meet(two)
    assert (await taker.ask("cart:set", {"product_id": low, "quantity": 3}))["ok"]
    async with asyncio.timeout(PATIENCE):
        while not (mail := await books["emails"].find_one({"kind": "low_stock", "state": "unsent"})):
            await asyncio.sleep(0.05)
    assert (mail["to"], mail["error"]) == (BUYER, TURNED_OFF)
    await buys(there, other)  # clears the cart; its news comes after the alert would have
    for each in (here, there):
        await each.hear("notification", lambda told: told["kind"] == "order_placed")
        assert each.all("alert") == []
    assert await two.stop() == 0
    await two.start()
    async with (
        ClientSession(two.url, headers={"Authorization": f"Bearer {token}"}) as http,
        http.get("/api/notifications") as answer,
    ):
        page = await answer.json()
    assert [each["kind"] for each in page["items"]] == ["order_placed"]
    assert page["unread"] == 1
    assert (await (await meet(two, token=token)).hear("notification"))["kind"] == "order_placed"
    (mail,) = await mailbox.receives(BUYER)
    assert str(mail["Subject"]).startswith("Your IvoryCart order")


@contextmanager
def in_a_mood(mailbox: MoodyMailbox, answer: str = "250 taken", seconds: float = 0.0) -> Iterator[None]:
    """Have the mail server answer otherwise for a while."""
    mailbox.answer, mailbox.seconds = answer, seconds
    yield
    mailbox.answer, mailbox.seconds = "250 taken", 0.0


async def test_whatever_the_mail_server_does_orders_go_on_and_mails_arrive_or_are_shown(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, mailbox: MoodyMailbox
) -> None:
    """451 is tried again; 550 is dead, seen by the admin with its reason, and can be sent again; slow is slow; down."""
    post_office = PostOffice(mailbox)
    await asyncio.to_thread(post_office.start)
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    books = await books_of(shop)
    buyer = await meet(shop, token=await sign_in(shop.url))
    admin = {"Authorization": f"Bearer {await sign_in(shop.url, 'admin@demo.com')}"}
    product_id = await books.add_product()
    with in_a_mood(mailbox, "451 busy, come back"):
        later = f"order_placed:{await buys(buyer, product_id)}"
        row = await row_of(books, later, tries=1, state="pending", error="451 busy, come back")
        assert row["due"] > row["created_at"]
    with in_a_mood(mailbox, "550 nobody here"):
        never = f"order_placed:{await buys(buyer, product_id)}"
        await row_of(books, never, state="dead", error="550 nobody here")
    async with ClientSession(shop.url, headers=admin) as http:
        async with http.get("/api/admin/emails?state=dead&kind=order_placed") as answer:
            listed = (await answer.json())["items"]
        assert [(each["id"], each["tries"], each["error"]) for each in listed] == [(never, 1, "550 nobody here")]
        async with http.post(f"/api/admin/emails/{never}/resend") as answer:
            assert answer.status == 200
    await row_of(books, never, state="sent")
    with in_a_mood(mailbox, seconds=3):
        slow = [f"order_placed:{await buys(buyer, product_id)}" for _ in range(3)]
        assert not any([(await books["emails"].find_one({"_id": key}))["state"] == "sent" for key in slow])
        for key in slow:
            await row_of(books, key, state="sent")
    await row_of(books, later, state="sent", tries=2)
    await asyncio.to_thread(post_office.stop, no_assert=True)
    down = f"order_placed:{await buys(buyer, product_id)}"
    row = await row_of(books, down, state="pending", tries=1)
    assert row["error"] or row["claim"]
    await buyer.hear("notification", lambda told: told["order_id"] == down.removeprefix("order_placed:"))
    ids = [message["Message-ID"] for message in mailbox.messages]
    assert len(set(ids)) == len(ids) == 5
    await books.check()
