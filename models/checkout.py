"""Checkout, step by step over one cart: where it goes, how it is paid for, and what it comes to. Pure.

What is chosen is kept with the owner, so another device goes on where this one stopped. Nothing of a card is chosen
here: it is given with the order itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from models.cart import Cart
from models.identity import OwnerId
from models.order import Address
from models.policy import Policy
from models.stock import Level, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What was chosen so far. ``order_key`` is that of the order which this becomes, on whichever device.

    ``shown_total`` is what it came to when something was chosen last: another one now has to be told.
    """

    owner: OwnerId
    order_key: str
    address: Address | None = None
    address_id: str | None = None
    email: str | None = None
    method: str | None = None
    shown_total: int | None = None


class CheckoutLine(NamedTuple):
    """A line of a summary, in minor units: ``discount`` is what is saved on all of its units."""

    product_id: str
    name: str
    quantity: int
    price: int
    list_price: int
    line_total: int
    discount: int


class Problem(NamedTuple):
    """Why a cart cannot be ordered as it is."""

    code: str
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What an order of a cart would come to now, in minor units, and what stands in its way."""

    lines: Sequence[CheckoutLine]
    subtotal: int
    discount: int
    shipping: int
    total_amount: int
    problems: Sequence[Problem]


def summarise(
    cart: Cart,
    products: Mapping[str, Product],
    levels: Mapping[str, Level],
    policy: Policy,
    now: datetime,
    *,
    shown_total: int | None = None,
) -> Summary:
    """Add a cart up, before and after discounts, with shipping; name what has changed since it was shown."""
    lines, problems = [], []
    for line in cart.lines:
        product = products.get(line.product_id)
        if product is None or not product.for_sale or product.currency != cart.currency:
            problems.append(Problem("not_for_sale", line.product_id))
            continue
        price = product.price_at(now)
        saved = (product.price - price) * line.quantity
        entry = (product.id, product.name, line.quantity, price, product.price, price * line.quantity, saved)
        lines.append(CheckoutLine(*entry))
        level = levels.get(line.product_id)
        if not cart.holding and level is not None and level.unclaimed < line.quantity:
            problems.append(Problem("insufficient_stock", line.product_id))
    goods = sum(line.line_total for line in lines)
    discount = sum(line.discount for line in lines)
    shipping = policy.shipping_for(goods) if lines else 0
    total = goods + shipping
    if cart.past_expiry(now) or (cart.expired and not cart.lines):
        problems.append(Problem("cart_expired"))
    elif not cart.lines:
        problems.append(Problem("empty"))
    elif shown_total is not None and shown_total != total:
        problems.append(Problem("price_changed"))
    return Summary(lines, goods + discount, discount, shipping, total, problems)
