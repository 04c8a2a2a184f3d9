"""Orders as they may stand in the store, written there past the rules that move them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from models.identity import OwnerId, owner_of_user
from models.order import Address, Fulfilment, Order, OrderLine, OrderStatus, Payment, StatusChange
from mongo import documents

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOME = Address("Ada", "1 Analytical Way", "", "London", "N1 9GU", "GB")


def new_id() -> str:
    """Return an id that nothing has yet."""
    return str(ObjectId())


def a_part(seller_id: str, status: str = "placed", **fields: Any) -> Fulfilment:
    """Build a seller's part."""
    return Fulfilment(seller_id, OrderStatus(status), **fields)


def a_line(seller_id: str, name: str = "Tea", quantity: int = 1, price: int = 500, **fields: Any) -> OrderLine:
    """Build a line."""
    return OrderLine(new_id(), name, quantity, price, seller_id, **fields)


def a_stored_order(*parts: Fulfilment, buyer_id: str | None = None, **fields: Any) -> Order:
    """Build an order with a line of each part's seller, as its buyer placed it; ``fields`` override."""
    owner = owner_of_user(buyer_id) if buyer_id else OwnerId("s:" + "0" * 32)
    at: datetime = fields.get("timestamp", NOON)
    parts = parts or (a_part(new_id()),)
    lines = fields.pop("lines", tuple(a_line(part.seller_id) for part in parts))
    total = sum(line.price * line.quantity for line in lines)
    order = Order(
        id=new_id(),
        owner=owner,
        buyer_id=buyer_id,
        order_key=new_id(),
        fingerprint="f",
        lines=lines,
        total_amount=total,
        currency="EUR",
        status=status_of(parts),
        history=(StatusChange(OrderStatus.PLACED, at, owner, ""),),
        fulfilments=parts,
        address=HOME,
        email="ada@shop.test",
        payment=Payment("sandbox", f"pi_{new_id()}", total, "EUR"),
        timestamp=at,
    )
    return replace(order, **fields)


def moved(order: Order, seller_id: str, status: str, actor: str, *, reason: str = "", **fields: Any) -> Order:
    """Move a seller's part an hour later than the last move; ``fields`` are the fulfilment's."""
    to = OrderStatus(status)
    change = StatusChange(to, order.history[-1].at + timedelta(hours=1), actor, reason, seller_id)
    parts = tuple(
        part._replace(status=to, **fields) if part.seller_id == seller_id else part for part in order.fulfilments
    )
    return replace(order, history=(*order.history, change), fulfilments=parts, status=status_of(parts))


def status_of(parts: tuple[Fulfilment, ...]) -> OrderStatus:
    """Return an order's status: the least advanced of the parts that were not cancelled."""
    left = [part.status for part in parts if part.status is not OrderStatus.CANCELLED]
    return min(left, key=tuple(OrderStatus).index, default=OrderStatus.CANCELLED)


async def put(database: Any, *orders: Order) -> None:
    """Write orders, as a replacement where they are there already."""
    for order in orders:
        document = documents.order_document(order)
        await database["orders"].replace_one({"_id": document["_id"]}, document, upsert=True)
