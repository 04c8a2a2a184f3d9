"""Signed links to orders, for guests: whoever has the link sees the order, and may cancel it while it has not left.

A link's token is the order's id and a code that only the shop's secret makes for it (HMAC-SHA-256, 256 bits), so
nothing is stored. It stands in the fragment of the address, which browsers do not send along.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from models.errors import TokenInvalid
from models.identity import OBJECT_ID
from models.order import Mover, Order

GOOD_FOR = timedelta(days=90)


class OrderBook(Protocol):
    """Where orders are read."""

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""


@dataclass(frozen=True, slots=True)
class OrderLinks:
    """Makes links and opens them again, for 90 days after the order."""

    secret: str = field(repr=False)
    book: OrderBook

    def token(self, order_id: str) -> str:
        """Return the token of an order's link."""
        return f"{order_id}.{self._code(order_id)}"

    async def order(self, token: str, now: datetime) -> Order:
        """Return the order of a token; TokenInvalid for any that is not good, always the same."""
        order_id, _, code = token.partition(".")
        good = OBJECT_ID.fullmatch(order_id) and code.isascii() and hmac.compare_digest(code, self._code(order_id))
        order = await self.book.get(order_id) if good else None
        if order is None or order.buyer_id is not None or now - order.timestamp > GOOD_FOR:
            raise TokenInvalid("this link is not good any more")
        return order

    async def mover(self, token: str, now: datetime) -> tuple[str, Mover]:
        """Return the order's id, and its buyer as who moves it."""
        order = await self.order(token, now)
        return order.id, Mover(order.owner, "buyer")

    def _code(self, order_id: str) -> str:
        # A key of its own: nothing signed with the secret elsewhere is ever a token here.
        key = hmac.new(self.secret.encode(), b"ivorycart: links to orders", hashlib.sha256).digest()
        code = hmac.new(key, order_id.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(code).rstrip(b"=").decode()
