"""From a mail of the outbox to a message: the same mail is always the same message."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.mail.composing import MailComposer
from ivorycart.order_links import OrderLinks
from models.identity import OwnerId
from models.letter import Mail
from models.order import Address, Order, OrderLine, OrderStatus

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOME = Address("Anna <b>", "1 High Street", "", "Bath", "BA1 1AA", "GB")
ALERT = Mail("low_stock:tea:0:cart:u:1", "low_stock", "a@shop.test", {}, 1)
LOW = {"product_id": "tea", "name": "Tea", "available": 2, "threshold": 3}


def an_order(address: Address | None = HOME) -> Order:
    """Build an order of two products."""
    lines = (OrderLine("1", "Tea", 2, 500, "s"), OrderLine("2", "Cup", 1, 1250, "s"))
    placed = OrderStatus.PLACED
    return Order("o1", OwnerId("u:1"), None, "k", "f", lines, 2250, "EUR", placed, (), (), address, None, None, NOON)


class Orders:
    """Knows one order."""

    def __init__(self, order: Order | None = None) -> None:
        self.kept = order

    async def get(self, order_id: str) -> Order | None:
        """Find it."""
        return self.kept if self.kept and self.kept.id == order_id else None


async def composed(mail: Mail = ALERT, sender: str = "Shop <shop@shop.test>", **changes: Any) -> Any:
    """Compose a mail."""
    order = changes.pop("order", None)
    mail = Mail(**({"key": mail.key, "kind": mail.kind, "to": mail.to, "data": LOW, "tries": mail.tries} | changes))
    return await MailComposer(
        Orders(order), sender, "http://shop.test/", MailTokens("s" * 32), OrderLinks("s" * 32, Orders(order))
    )(mail)


async def test_every_try_is_the_same_message():
    """Servers and readers know a repeat by its Message-ID; another mail has another one."""
    first, again = await composed(), await composed(tries=7)
    assert first["Message-ID"] == again["Message-ID"]
    assert (await composed(key="another"))["Message-ID"] != first["Message-ID"]
    assert first["Message-ID"].endswith("@shop.test>")


@pytest.mark.parametrize(
    ("sender", "domain"),
    [("shop@bücher.example", "xn--bcher-kva.example"), ("IvoryCart <no-reply@localhost>", "localhost")],
)
async def test_the_message_id_is_ascii_whatever_the_senders_domain(sender: str, domain: str):
    """An international domain has a spelling for machines."""
    assert (await composed(sender=sender))["Message-ID"].endswith(f"@{domain}>")


@pytest.mark.parametrize("address", [HOME, None])
async def test_a_confirmation_tells_what_was_ordered(address: Address | None):
    """The order is read when the mail is written; markup in names stays text."""
    message = await composed(kind="order_placed", data={"order_id": "o1"}, order=an_order(address))
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    assert "Tea" in text
    assert "22.50" in text
    assert "Anna <b>" not in html


async def test_an_order_that_is_gone_is_said_to_be():
    """The relay gives such a mail up."""
    with pytest.raises(LookupError, match="gone"):
        await composed(kind="order_placed", data={"order_id": "o1"})
