"""An order's whole life: through every role's hands, with real mails, and sockets that watch each step."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from bench.shop.books import open_books
from tests.buyers import buys, cast_of, new_product
from tests.system.conftest import Meet, OpenShop
from tests.system.mailbox import Mailbox, PostOffice


def of(order_id: str, **wanted: Any) -> Any:
    """Choose the news of an order that have these values."""

    def fits(news: Any) -> bool:
        order = news["order"]
        return order["id"] == order_id and all(order.get(name) == value for name, value in wanted.items())

    return fits


async def test_an_order_lives_through_every_role(
    open_shop: OpenShop, meet: Meet, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """Placed, sent, claimed, handed over, received, one unit given back: all see it at once, and the books agree."""
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    async with AsyncExitStack() as stack, open_books(shop) as books:
        people = await cast_of(shop, stack)
        tab = await meet(shop, token=people.buyer.token)
        screen, van, desk = [
            await meet(shop, token=each.token) for each in (people.seller, people.courier, people.admin)
        ]
        for socket, event in ((screen, "seller:watch"), (van, "delivery:watch"), (desk, "admin:watch")):
            answer = await socket.ask(event, {} if event == "seller:watch" else None)
            assert answer["ok"], answer
        _, profile = await people.buyer.ask("GET", "/api/auth/profile")

        placed = await buys(people.buyer, people.product, 2)
        order_id, path = placed["id"], f"/api/orders/{placed['id']}"
        await screen.hear("seller:order", of(order_id, status="placed"))
        await people.seller.ask("PUT", f"{path}/status", {"status": "shipped", "tracking_number": "RR 42"})
        await tab.hear("order", of(order_id, status="shipped"))
        await screen.hear("seller:order", of(order_id, status="shipped"))
        await van.hear("delivery:order", of(order_id))
        assert (await people.courier.ask("POST", f"{path}/claim", {}))[0] == 200
        await van.hear("delivery:order", lambda news: news["order"]["parts"][0]["claimed_by"] == "me")
        await people.courier.ask("PUT", f"{path}/status", {"status": "delivered", "note": "at the door"})
        await tab.hear("order", of(order_id, status="delivered"))
        await people.buyer.ask("PUT", f"{path}/status", {"status": "completed"})
        await screen.hear("seller:order", of(order_id, status="completed"))
        unit = [{"product_id": people.product["id"], "quantity": 1}]
        status, _ = await people.seller.ask("POST", f"{path}/refund", {"units": unit, "reason": "scratched"})
        assert status == 200

        for kind in ("order_placed", "order_shipped", "order_delivered", "order_refunded"):
            await tab.hear("notification", lambda news, kind=kind: news["kind"] == kind)
        mails = await mailbox.receives(profile["email"], 4)
        assert len({mail["Message-ID"] for mail in mails}) == 4
        assert all(order_id in str(mail.get_body(("plain",)).get_content()) for mail in mails)  # type: ignore[union-attr]
        _, told = await people.buyer.ask("GET", f"{path}/timeline")
        steps = [entry["status"] for entry in told["items"] if entry["status"]]
        assert steps == ["placed", "shipped", "shipped", "delivered", "completed"]
        assert desk.all("admin:metrics") or await desk.hear("admin:metrics")
        await books.check()


async def test_who_is_too_late_changes_nothing(open_shop: OpenShop) -> None:
    """A buyer cancels while the seller sends, ten times each at once: one of them is first, and the books agree."""
    shop = await open_shop(DEMO="true")
    async with AsyncExitStack() as stack, open_books(shop) as books:
        people = await cast_of(shop, stack)
        for _ in range(3):
            path = f"/api/orders/{(await buys(people.buyer, people.product))['id']}"
            cancelling = [people.buyer.ask("POST", f"{path}/cancel", {}) for _ in range(10)]
            sending = [people.seller.ask("PUT", f"{path}/status", {"status": "shipped"}) for _ in range(10)]
            answers = await asyncio.gather(*cancelling, *sending)
            _, now = await people.buyer.ask("GET", path)
            assert now["status"] in {"cancelled", "shipped"}
            assert {answer["status"] for status, answer in answers if status == 200} == {now["status"]}
            assert len(now["history"]) == 2
        await books.check()


async def test_an_order_of_two_sellers_is_sent_part_by_part(open_shop: OpenShop) -> None:
    """As long as one of them has not sent, it is placed; and the books agree at every step."""
    shop = await open_shop(DEMO="true")
    async with AsyncExitStack() as stack, open_books(shop) as books:
        people = await cast_of(shop, stack)
        other = await new_product(people.admin)  # who may sell, too
        assert (await people.buyer.ask("PUT", f"/api/cart/items/{other['id']}", {"quantity": 1}))[0] == 200
        path = f"/api/orders/{(await buys(people.buyer, people.product, more=other['price']))['id']}"
        for mover, status in ((people.seller, "placed"), (people.admin, "shipped")):
            assert (await mover.ask("PUT", f"{path}/status", {"status": "shipped"}))[0] == 200
            assert (await people.buyer.ask("GET", path))[1]["status"] == status
            await books.check()
