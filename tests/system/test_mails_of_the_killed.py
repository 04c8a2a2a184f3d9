"""A shop that is killed around its mails: each order that was committed is told by mail, none that was rolled back.

At each of five points between an order's commit and the note that its mail was taken the process is stopped, by its
database or by the mail server, and killed there, while further orders are rolled back with their mails. Another process
takes over.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.shop.books import Books, open_books
from bench.shop.running import RunningShop
from tests.extent import Ran, extent
from tests.mongo.shop import failing
from tests.patience import PATIENCE
from tests.system.conftest import OpenShop
from tests.system.mailbox import Mailbox, PostOffice

KILLS = extent(1, 20)  # at each point
HOUR = timedelta(hours=1)
RETRIES = "ivorycart_ledger_retries_total"
COMMITTED, ROLLED_BACK = 3, 2  # orders of each kill
NO_MAJORITY = {"code": 64, "errmsg": "waiting for replication timed out", "errInfo": {"wtimeout": True}}
ABORTED: dict[str, Any] = {"errorCode": 251, "errorLabels": ["TransientTransactionError"]}


class SlowMailbox(Mailbox):
    """A mail server that says nothing more from some moment of a mail on, as long as it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.silent_at = ""
        self.waiting = 0

    async def handle_RCPT(  # noqa: N802 - its name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Hear whom a mail is for, before any of it."""
        await self._silence("RCPT")
        envelope.rcpt_tos.append(address)
        return "250 known"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Keep a message, and say so, maybe later."""
        said = await super().handle_DATA(server, session, envelope)
        await self._silence("DATA")
        return said

    async def _silence(self, moment: str) -> None:
        self.waiting += self.silent_at == moment
        while self.silent_at == moment:
            await asyncio.sleep(0.02)

    async def silent(self) -> None:
        """Wait until a mail waits for it."""
        async with asyncio.timeout(PATIENCE):
            while not self.waiting:
                await asyncio.sleep(0.02)

    def speak(self) -> None:
        """Answer everybody again."""
        self.silent_at, self.waiting = "", 0


@pytest.fixture
def mailbox() -> SlowMailbox:
    """Give an empty mailbox that can be silent."""
    return SlowMailbox()


@dataclass
class Scene:
    """The shop, its books, its mail server, and the addresses of those who asked for an order."""

    shop: RunningShop
    books: Books
    mailbox: SlowMailbox
    product_id: str
    never_sold: str
    """Another product: what a killed process leaves of a transaction blocks it for seconds."""
    asked: list[str] = field(default_factory=list)

    async def fill_carts(self, http: ClientSession, count: int, product_id: str) -> list[dict[str, Any]]:
        """Have so many guests hold a unit, each with an address of their own; return what they will order."""
        carts = []
        for _ in range(count):
            self.asked.append(address := f"{secrets.token_hex(8)}@example.org")
            cart = {"cart": [{"product_id": product_id, "quantity": 1}], "socketId": secrets.token_urlsafe(24)}
            async with http.post(f"{self.shop.url}/api/cart/update", json=cart | {"email": address}) as answer:
                assert answer.status == 200, await answer.text()
            carts.append(cart)
        return carts

    async def order(self, http: ClientSession, cart: dict[str, Any]) -> bool:
        """Order what is in a cart; return whether the shop said that it is placed."""
        with suppress(ClientConnectionError):  # the power went
            async with http.post(f"{self.shop.url}/api/cart/order", json=cart) as answer:
                return answer.status == 201
        return False

    async def figure(self, name: str) -> float | None:
        """Return what the shop says of itself; None where it does not know yet."""
        async with ClientSession() as http, http.get(f"{self.shop.url}/metrics") as answer:
            lines = (await answer.text()).splitlines()
        return next((float(line.removeprefix(f"{name} ")) for line in lines if line.startswith(f"{name} ")), None)

    async def mails(self, count: int, **query: Any) -> None:
        """Wait until there are so many such mails in the outbox."""
        async with asyncio.timeout(PATIENCE):
            while await self.books["emails"].count_documents(query) < count:
                await asyncio.sleep(0.02)

    async def all_sent(self) -> None:
        """Wait until the mails of all orders are known as sent."""
        await self.mails(await self.books["orders"].count_documents({}), state="sent")


Orders = Callable[[], Awaitable[None]]


async def before_the_claim(scene: Scene, orders: Orders) -> None:
    """Stop where it is committed, and no relay has asked for it."""
    away = {"owner": "another", "until": datetime.now(UTC) + HOUR}
    await scene.books["leases"].update_one({"_id": "mail"}, {"$set": away}, upsert=True)
    async with asyncio.timeout(PATIENCE):
        while await scene.figure('ivorycart_lease_held{worker="mail"}') != 0:
            await asyncio.sleep(0.05)
    await orders()


async def claimed(scene: Scene, orders: Orders) -> None:
    """Stop where it is written that the relay takes it, and the relay does not know."""
    where = {"namespace": f"{scene.books.database.name}.emails"}
    async with failing(scene.books.driver, "update", "alwaysOn", **where, writeConcernError=NO_MAJORITY):
        await orders()
        await scene.mails(1, claim={"$exists": True})


async def before_the_message(scene: Scene, orders: Orders) -> None:
    """Stop where the mail server was told whom it is for, and nothing of it."""
    scene.mailbox.silent_at = "RCPT"
    await orders()
    await scene.mailbox.silent()


async def taken(scene: Scene, orders: Orders) -> None:
    """Stop where the mail server has taken it, and nobody has written that down."""
    scene.mailbox.silent_at = "DATA"
    await orders()
    await scene.mailbox.silent()


async def written_down(scene: Scene, orders: Orders) -> None:
    """Stop where it is known as sent."""
    await orders()
    await scene.all_sent()


POINTS = (before_the_claim, claimed, before_the_message, taken, written_down)


async def power_cut(scene: Scene) -> None:
    """Kill the shop, while further orders are rolled back, mails and all, at each of their commits."""
    async with ClientSession() as http:
        carts = await scene.fill_carts(http, ROLLED_BACK, scene.never_sold)
        before = await scene.figure(RETRIES)
        async with failing(scene.books.driver, "commitTransaction", "alwaysOn", **ABORTED):
            asked = [asyncio.create_task(scene.order(http, each)) for each in carts]
            async with asyncio.timeout(PATIENCE):
                while await scene.figure(RETRIES) == before:
                    await asyncio.sleep(0.02)
            await scene.shop.kill()
            assert not any(await asyncio.gather(*asked))
    scene.mailbox.speak()


async def killed_at(point: Callable[[Scene, Orders], Awaitable[None]], scene: Scene) -> None:
    """Kill the shop at a point; another process goes on, no claim or lease of the dead one is in its way any more."""

    async def orders() -> None:
        async with ClientSession() as http:
            carts = await scene.fill_carts(http, COMMITTED, scene.product_id)
            assert all(await asyncio.gather(*(scene.order(http, each) for each in carts)))

    await point(scene, orders)
    await power_cut(scene)
    await scene.books["emails"].update_many({"state": "pending"}, [{"$set": {"due": "$$NOW"}}])
    await scene.books["leases"].delete_many({})
    await scene.shop.start()
    await scene.all_sent()


async def test_killed_at_any_point_a_mail_is_sent_for_each_order_and_for_no_other(
    open_shop: OpenShop, one_database: dict[str, str], post_office: PostOffice, mailbox: SlowMailbox, ran: Ran
) -> None:
    """Again where nobody knows whether it was, and then it is the same message."""
    shop = await open_shop(**one_database, GUEST_CHECKOUT="true", SMTP_URL=post_office.url, MAILS_PER_HOUR="100000")
    async with open_books(shop) as books:
        scene = Scene(shop, books, mailbox, *[await books.add_product(stock=10_000) for _ in range(2)])
        for point in POINTS * KILLS:
            await killed_at(point, scene)
        orders = {row["email"] async for row in books["orders"].find()}
        await books.check()
    assert orders < set(scene.asked)
    assert len(scene.asked) - len(orders) == len(POINTS) * KILLS * ROLLED_BACK
    told = defaultdict(set)
    for message in mailbox.messages:
        told[str(message["To"])].add(str(message["Message-ID"]))
    assert told.keys() == orders
    assert all(len(ids) == 1 for ids in told.values()), told
    assert len(set.union(*told.values())) == len(orders)
    assert len(mailbox.messages) > len(orders), "what was taken when nobody had written it down is sent again"
    ran("kills", KILLS)
    ran("orders", len(orders))
    ran("lost", len(scene.asked) - len(orders))
    ran("repeats", len(mailbox.messages) - len(orders))
