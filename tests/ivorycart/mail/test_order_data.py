"""What mails about orders say: the part that they are about, to whom it matters, as the order is when they go out."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.mail.composing import MailComposer
from models.identity import OwnerId
from models.letter import Mail
from models.order import Address, Fulfilment, Order, OrderLine, OrderStatus, Payment, Refund, StatusChange

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SHIPPED, CANCELLED = OrderStatus.SHIPPED, OrderStatus.CANCELLED
HOME = Address("Anna <b>", "1 High Street", "", "Bath", "BA1 1AA", "GB")
ORDER = Order(
    id="6" * 24,
    owner=OwnerId("u:anna"),
    buyer_id=None,
    order_key="k",
    fingerprint="f",
    lines=(OrderLine("1", "Tea", 2, 500, "sue"), OrderLine("2", "Cup", 1, 1250, "tom")),
    total_amount=2750,
    currency="EUR",
    status=OrderStatus.PLACED,
    history=(
        StatusChange(CANCELLED, NOON, "u:anna", "ordered\ntwice"),
        StatusChange(CANCELLED, NOON, "u:admin", "of Tom's alone", "tom"),
    ),
    fulfilments=(
        Fulfilment("sue", SHIPPED, None, "Østpost", "EX-1\n<b>", "at the door"),
        Fulfilment("tom", OrderStatus.PLACED),
    ),
    address=HOME,
    email=None,
    payment=Payment("sandbox", "p", 2750, "EUR"),
    timestamp=NOON,
    shipping=500,
    refunds=(Refund("r1", 500, NOON, "u:admin", "one came broken", (("1", 1),)), Refund("r2", 250, NOON, "u:a", "")),
)


class Orders:
    """Knows one order."""

    def __init__(self, order: Order) -> None:
        self.kept = order

    async def get(self, order_id: str) -> Order | None:
        """Find it."""
        return self.kept if order_id == self.kept.id else None


class NoLinks:
    """Makes no links: these mails are not read for them."""

    def token(self, _order_id: str) -> str:
        """Return something."""
        return "t0ken"


async def text_of(kind: str, order: Order = ORDER, owner: OwnerId | None = None, **data: Any) -> str:
    """Compose a mail; return its text."""
    composer = MailComposer(Orders(order), "shop@shop.test", "http://shop.test", MailTokens("s" * 32), NoLinks())
    message = await composer(Mail("k", kind, "a@shop.test", {"order_id": order.id, **data}, 1, owner))
    body: Any = message.get_body(("plain",))
    html: Any = message.get_body(("html",))
    assert "<b>" not in html.get_content()
    text: str = body.get_content()
    return text


async def test_a_confirmation_adds_what_bringing_it_costs() -> None:
    """So that the lines and the total agree."""
    text = await text_of("order_placed")
    assert "Shipping: €5.00" in text
    assert "Total: €27.50" in text


async def test_a_part_on_its_way_is_told_with_who_brings_it() -> None:
    """The other seller's is not; what was typed stays on its line."""
    text = await text_of("order_shipped", seller_id="sue")
    assert "A part of your order" in text
    assert "Tea" in text
    assert "Cup" not in text
    assert "Brought by: Østpost" in text
    assert "Tracking number: EX-1 <b>" in text
    assert "1 High Street" in text


async def test_a_part_that_was_delivered_is_told_with_its_note() -> None:
    """As whoever brought it wrote it."""
    text = await text_of("order_delivered", seller_id="sue")
    assert "Whoever brought it says: at the door" in text
    assert "Cup" not in text


async def test_a_cancellation_says_what_will_not_be_sent_and_why() -> None:
    """The whole, or a part with its own reason; nothing of money where none was set aside."""
    whole = await text_of("order_cancelled")
    assert "Tea" in whole
    assert "Cup" in whole
    assert "The reason given: ordered twice" in whole
    assert "comes back to you" in whole
    part = await text_of("order_cancelled", seller_id="tom")
    assert "Tea" not in part
    assert "The reason given: of Tom's alone" in part
    unpaid = await text_of("order_cancelled", replace(ORDER, payment=None, address=None))
    assert "comes back to you" not in unpaid
    assert "Hello" not in unpaid


async def test_a_seller_is_told_of_their_own_lines_and_not_of_the_buyer() -> None:
    """By whom the mail is for, where it does not say which seller."""
    for given in ({"seller_id": "tom"}, {"owner": OwnerId("u:tom")}):
        text = await text_of("order_cancelled_seller", **given)  # type: ignore[arg-type]
        assert "Cup" in text
        assert "Tea" not in text
        assert "Anna" not in text
        assert "High Street" not in text


async def test_a_refund_says_how_much_and_what_for() -> None:
    """With the units that came back, if any did."""
    text = await text_of("order_refunded", refund_id="r1", amount=500, currency="EUR")
    assert "€5.00" in text
    assert "1 x Tea" in text
    assert "The reason given: one came broken" in text
    assert " x " not in await text_of("order_refunded", refund_id="r2", amount=250, currency="EUR")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("order_shipped", {"seller_id": "nobody"}),
        ("order_cancelled_seller", {}),
        ("order_refunded", {"refund_id": "none"}),
    ],
)
async def test_what_the_order_does_not_have_cannot_be_told(kind: str, data: dict[str, Any]) -> None:
    """The relay gives such a mail up, with the reason."""
    with pytest.raises(LookupError, match="has no"):
        await text_of(kind, **data)
