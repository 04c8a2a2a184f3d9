"""Lists of orders for those whom they concern, page by page or whole as a file; addresses are legible.

Concurrency: nothing here changes anything. A file is made portion by portion as it is read, and no further.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ivorycart.importing.exporting import BOM, csv_of
from ivorycart.order_addresses import OrderAddresses
from models.errors import Invalid
from models.order import Fulfilment, Order, OrderLine
from models.order_list import OrderFilter, Place, cursor_of, read_cursor
from models.order_views import CourierOrder, for_seller, listed_for_courier

PORTION = 100
_LINE = ("product_id", "name", "quantity", "returned", "price", "line_total", "currency")
_PLACE = ("address_name", "line1", "line2", "city", "region", "postal_code", "country")
_WHOLE = ("shipping", "total_amount", "refunded")
COLUMNS: Mapping[str, Sequence[str]] = {
    "buyer": ("order_id", "timestamp", "status", "part_status", *_LINE, *_WHOLE, "carrier", "tracking_number"),
    "seller": ("order_id", "timestamp", "status", *_LINE, "carrier", "tracking_number", *_PLACE),
    "all": (
        *("order_id", "timestamp", "status", "part_status", "buyer_id", "email", "seller_id"),
        *(*_LINE, *_WHOLE, "carrier", "tracking_number"),
    ),
}
"""Of a file: a row is a line of an order. ``shipping``, ``total_amount`` and ``refunded`` are of the whole order, and
stand on its first line alone, so that columns can be added up."""


class OrderListBook(Protocol):
    """Where orders are found."""

    async def page(
        self, wanted: OrderFilter, *, limit: int, after: Place | None
    ) -> tuple[Sequence[Order], Place | None]:
        """Return orders, newest first, and where the next page begins: it can be short though more follows."""

    async def place(self, wanted: OrderFilter, order_id: str) -> Place | None:
        """Return where an order stands; None where it is not in the list."""

    async def count(self, wanted: OrderFilter) -> int:
        """Count a list, up to some thousands."""


@dataclass(frozen=True, slots=True)
class OrderLists:
    """Reads lists of orders."""

    book: OrderListBook
    addresses: OrderAddresses

    async def page(self, wanted: OrderFilter, *, limit: int, after: str | None) -> tuple[Sequence[Order], str | None]:
        """Return orders as those see them who asked, newest first, and the next page's cursor; Invalid for a bad one.

        A page can be short, or empty, though more follows. An order's id is a cursor, too: clients had these first.
        """
        place = None
        if after is not None:
            place = await self._place(wanted, after)
            if place is None:
                return [], None
        orders, following = await self._page(wanted, limit, place)
        return orders, cursor_of(following) if following else None

    async def courier_page(
        self, wanted: OrderFilter, *, limit: int, after: str | None
    ) -> tuple[Sequence[CourierOrder], str | None]:
        """Return the same of a courier's list."""
        orders, following = await self.page(wanted, limit=limit, after=after)
        shown = (listed_for_courier(order, wanted.user_id, wanted.view) for order in orders)
        return [each for each in shown if each], following

    async def count(self, wanted: OrderFilter) -> int:
        """Count a list, up to some thousands."""
        return await self.book.count(wanted)

    async def as_csv(self, wanted: OrderFilter) -> AsyncIterator[bytes]:
        """Yield all lines of the orders that are wanted as a file, newest orders first."""
        columns = COLUMNS[wanted.view]
        yield BOM + csv_of([dict(zip(columns, columns, strict=True))], columns)
        after: Place | None = None
        while True:
            orders, after = await self._page(wanted, PORTION, after)
            if orders:
                yield csv_of((row for order in orders for row in _rows(order)), columns)
            if after is None:
                return

    async def _page(self, wanted: OrderFilter, limit: int, after: Place | None) -> tuple[Sequence[Order], Place | None]:
        orders, following = await self.book.page(wanted, limit=limit, after=after)
        if wanted.view == "seller":
            orders = [part for order in orders if (part := for_seller(order, wanted.user_id))]
        return [self.addresses.opened(order) for order in orders], following

    async def _place(self, wanted: OrderFilter, cursor: str) -> Place | None:
        match read_cursor(cursor):
            case Place() as place:
                return place
            case str(order_id):
                return await self.book.place(wanted, order_id)
        raise Invalid("the request is not valid", errors=[{"pointer": "/after", "detail": "is no cursor"}])


def _rows(order: Order) -> Iterator[Mapping[str, Any]]:
    """Yield an order's lines as rows; a column that has nothing to say is empty."""
    at = order.timestamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = {part.seller_id: part for part in order.fulfilments}
    whole = {
        "order_id": order.id,
        "timestamp": at,
        "status": order.status.value,
        "buyer_id": order.buyer_id,
        "email": order.email,
        "currency": order.currency,
        **dict(zip(_PLACE, _address(order), strict=True)),
    }
    refunded = sum(each.amount for each in order.refunds)
    amounts: tuple[int | str, ...] = (order.shipping, order.total_amount, refunded)
    for line in order.lines:
        once = dict(zip(_WHOLE, amounts, strict=True))
        yield {**whole, **once, **_line(line), **_part(parts.get(line.seller_id))}
        amounts = ("",) * len(_WHOLE)


def _line(line: OrderLine) -> Mapping[str, Any]:
    return {**line._asdict(), "line_total": line.price * line.quantity}


def _part(part: Fulfilment | None) -> Mapping[str, Any]:
    if part is None:
        return dict.fromkeys(("part_status", "carrier", "tracking_number"), "")
    return {"part_status": part.status.value, "carrier": part.carrier, "tracking_number": part.tracking_number}


def _address(order: Order) -> Sequence[str]:
    place = order.address
    if place is None:
        return ("",) * len(_PLACE)
    return place.name, place.line1, place.line2, place.city, place.region, place.postal_code, place.country
