"""Checking out in steps: what was chosen, what it comes to, and the order made of it.

The choices are kept by owner, the address sealed; the summary is made of the cart and the board at each look, so what
has changed is told before money moves. The order key is of the choices: whichever device orders, it is one order.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ivorycart.checkout import Checkout, OrderRequest
from ivorycart.connections import User
from ivorycart.order_addresses import OrderAddresses
from ivorycart.stock.board import StockBoard
from models.cart import Cart
from models.checkout import Choices, Summary, summarise
from models.errors import Conflict, Invalid
from models.identity import OwnerId
from models.order import Address, Order
from models.policy import Policy


class ChoiceBook(Protocol):
    """Where choices are kept."""

    async def get(self, owner: OwnerId, fresh_key: str) -> Choices:
        """Return what an owner has chosen; who chose nothing yet begins with this order key."""

    async def change(self, owner: OwnerId, fields: Mapping[str, Any]) -> None:
        """Keep these of an owner's choices; the others stay."""

    async def renew(self, choices: Choices, fresh_key: str) -> None:
        """Begin anew under another order key, unless somebody has done so already; what was chosen stays."""


class CartBook(Protocol):
    """Where carts are read."""

    async def get(self, owner: OwnerId) -> Cart:
        """Return an owner's cart."""


class OrderBook(Protocol):
    """Where it is known which order keys were used."""

    async def of_key(self, owner: OwnerId, order_key: str) -> Order | None:
        """Return the order of a key, if there is one."""


@dataclass(frozen=True, slots=True)
class State:
    """How far somebody is: what they chose, their cart, and what it comes to."""

    choices: Choices
    cart: Cart
    summary: Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckingOut:
    """Keeps choices, adds up, orders. ``methods`` are the payment methods on offer."""

    book: ChoiceBook
    carts: CartBook
    orders: OrderBook
    checkout: Checkout
    addresses: OrderAddresses
    board: StockBoard
    policy: Policy
    methods: Callable[[], tuple[str, ...]]

    async def state(self, owner: OwnerId) -> State:
        """Return how far an owner is."""
        return await self._state(await self._choices(owner))

    async def choose(self, owner: OwnerId, chosen: Mapping[str, Any]) -> State:
        """Keep what is named of ``address``, ``address_id``, ``email`` and ``method``; the rest stays."""
        if chosen.get("method") is not None and chosen["method"] not in self.methods():
            raise Invalid("this payment method is not offered", methods=sorted(self.methods()))
        before = await self._state(await self._choices(owner))
        fields = {**chosen, "shown_total": before.summary.total_amount}
        if "address" in chosen:
            fields["address"] = self.addresses.sealed(chosen["address"])
        await self.book.change(owner, fields)
        return await self.state(owner)

    async def order(
        self, owner: OwnerId, user: User | None, *, order_key: str, payment: Mapping[str, Any], expected_total: int
    ) -> Order:
        """Order what was chosen; repeated with the key of an order that was placed, return that order."""
        choices = await self.book.get(owner, _fresh_key())
        if choices.order_key != order_key:
            placed = await self.orders.of_key(owner, order_key)
            if placed is None:
                raise Conflict("this checkout is over, or goes on elsewhere: look at it again")
            return self.addresses.opened(placed)
        address = self._opened(choices.address)
        if address is None:
            raise _missing("/address", "is to be chosen first")
        email = user.email if user else choices.email or (await self.carts.get(owner)).email
        if email is None:
            raise _missing("/email", "is needed by guests")
        request = OrderRequest(
            owner=owner,
            order_key=order_key,
            buyer_id=user.id if user else None,
            email=email,
            address=address,
            payment=payment,
            expected_total=expected_total,
        )
        try:
            return await self.checkout.place(request)
        except Conflict as refusal:
            if refusal.details.get("exhausted"):
                await self.book.renew(choices, _fresh_key())
            raise

    async def _state(self, choices: Choices) -> State:
        cart = await self.carts.get(choices.owner)
        entries = {line.product_id: self.board.look_up(line.product_id) for line in cart.lines}
        products = {product_id: entry for product_id, entry in entries.items() if entry is not None}
        now = self.board.clock.now()
        total = choices.shown_total
        summary = summarise(cart, products, self.board.levels, self.policy, now, shown_total=total)
        return State(choices, cart, summary)

    async def _choices(self, owner: OwnerId) -> Choices:
        """Return the choices of an owner; after their order was placed the same serve for the next one."""
        choices = await self.book.get(owner, _fresh_key())
        if await self.orders.of_key(owner, choices.order_key):
            await self.book.renew(choices, _fresh_key())
            choices = await self.book.get(owner, _fresh_key())
        return replace(choices, address=self._opened(choices.address))

    def _opened(self, address: Address | None) -> Address | None:
        return self.addresses.legible(address) if address else None


def _fresh_key() -> str:
    return secrets.token_hex(16)


def _missing(pointer: str, detail: str) -> Invalid:
    return Invalid("the request is not valid", errors=[{"pointer": pointer, "detail": detail}])
