"""Addresses of orders: name and lines are sealed before an order is placed, and opened wherever one is shown or mailed.

The store, the ledger and the change stream see neither. Towns, postal codes and countries stay legible, as in address
books. Orders of before this was so are legible as they are, until ``reseal`` comes to them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import orjson
import structlog

from ivorycart.vault import Unreadable, Vault
from models.order import Address, Order

PAGE = 200

log = structlog.get_logger(__name__)


class OrderBook(Protocol):
    """Where orders are read."""

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""

    async def of_buyer(self, buyer_id: str, *, limit: int, after: str | None) -> Sequence[Order]:
        """Return a page of a buyer's orders."""


class AddressStore(Protocol):
    """Where the addresses of orders are kept."""

    async def not_sealed_by(self, key_id: str, *, after: str | None, limit: int) -> Sequence[tuple[str, Address]]:
        """Return ids of orders, in their order, whose address is sealed under another key or not at all; with it."""

    async def replace(self, changes: Sequence[tuple[str, Address, Address]]) -> int:
        """Put each second address in the place of the first, where that is still there; return how many were."""


@dataclass(frozen=True, slots=True)
class ResealedOrders:
    """How many orders were sealed anew under a key, and how many have an address that no key opens."""

    key_id: str
    orders: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class OrderAddresses:
    """Seals and opens."""

    vault: Vault

    def sealed(self, address: Address | None) -> Address | None:
        """Return an address as it is to be stored: name and lines in one sealed text."""
        if address is None:
            return None
        text = orjson.dumps([address.name, address.line1, address.line2]).decode()
        return address._replace(name="", line1="", line2="", sealed=self.vault.seal(text))

    def opened(self, order: Order) -> Order:
        """Return an order with a legible address; with none, and a line in the log, where no key opens it."""
        if order.address is None or not order.address.sealed:
            return order
        try:
            return replace(order, address=self._legible(order.address))
        except Unreadable as error:
            _complain(order.id, error)
            return replace(order, address=None)

    def legible(self, address: Address) -> Address | None:
        """Return an address as its owner wrote it; None where no key opens it."""
        try:
            return self._legible(address) if address.sealed else address
        except Unreadable:
            return None

    async def reseal(self, store: AddressStore) -> ResealedOrders:
        """Seal under the present key what is not. It can be stopped, and run again, at any time."""
        orders, unreadable = 0, 0
        after = None
        while page := await store.not_sealed_by(self.vault.key_id, after=after, limit=PAGE):
            changes = []
            for order_id, address in page:
                try:
                    changes.append((order_id, address, self._anew(address)))
                except Unreadable as error:
                    unreadable += 1
                    _complain(order_id, error)
            orders += await store.replace(changes)
            after = page[-1][0]
        return ResealedOrders(self.vault.key_id, orders, unreadable)

    def _anew(self, address: Address) -> Address:
        legible = self._legible(address) if address.sealed else address
        return self.sealed(legible) or legible

    def _legible(self, address: Address) -> Address:
        match _parsed(self.vault.open(address.sealed)):
            case [str(name), str(line1), str(line2)]:
                return address._replace(name=name, line1=line1, line2=line2, sealed="")
        raise Unreadable("what was sealed is no address")


@dataclass(frozen=True, slots=True)
class OpenedOrders:
    """An order book whose addresses are legible."""

    book: OrderBook
    addresses: OrderAddresses

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""
        order = await self.book.get(order_id)
        return order and self.addresses.opened(order)

    async def of_buyer(self, buyer_id: str, *, limit: int, after: str | None) -> Sequence[Order]:
        """Return a page of a buyer's orders."""
        return [self.addresses.opened(each) for each in await self.book.of_buyer(buyer_id, limit=limit, after=after)]


def _parsed(text: str) -> object:
    try:
        parsed: object = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return parsed


def _complain(order_id: str, error: Unreadable) -> None:
    log.error("order.unreadable", order=order_id, reason=str(error))
