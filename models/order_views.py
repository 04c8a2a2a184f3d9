"""What of an order is whose business: the buyer's all of it, a seller's and a courier's their parts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from models.identity import OwnerId, owner_of_user, user_of_owner
from models.order import Address, Fulfilment, Order, OrderLine, OrderStatus, StatusChange
from models.roles import Permission, may

Claim = Literal["me", "somebody", "nobody"]
Side = Literal["buyer", "seller", "delivery", "admin"]

_BROUGHT = frozenset((OrderStatus.DELIVERED, OrderStatus.COMPLETED, OrderStatus.REFUNDED))


class CourierPart(NamedTuple):
    """A seller's part as whoever brings it sees it; ``claim`` is who does."""

    seller_id: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    carrier: str
    tracking_number: str
    note: str
    claim: Claim


@dataclass(frozen=True, slots=True)
class CourierOrder:
    """What a courier sees of an order: where it goes, and the parts that are on their way or that they bring."""

    id: str
    timestamp: datetime
    address: Address | None
    parts: tuple[CourierPart, ...]


def side_of(order: Order, user_id: str, role: str) -> Side | None:
    """Return as what somebody may look at an order, the one who sees most of it first; None: it is not theirs."""
    if role == "admin":
        return "admin"
    if order.buyer_id == user_id:
        return "buyer"
    if may(role, Permission.SELL) and any(part.seller_id == user_id for part in order.fulfilments):
        return "seller"
    if may(role, Permission.DELIVER) and for_courier(order, user_id):
        return "delivery"
    return None


def for_seller(order: Order, seller_id: str) -> Order | None:
    """Return a seller's part of an order as an order of its own; None where they have none.

    Their lines and what those cost together, their fulfilment and its history, what was given back for their part, and
    where it goes, for they ship it. Nothing of the buyer, of the payment, or of what others sold; of who moved what
    only themself. The status is that of the part.
    """
    own = tuple(part for part in order.fulfilments if part.seller_id == seller_id)
    lines = tuple(line for line in order.lines if line.seller_id == seller_id)
    if not own or not lines:
        return None
    return replace(
        order,
        owner=OwnerId(""),
        buyer_id=None,
        order_key="",
        fingerprint="",
        lines=lines,
        total_amount=sum(line.price * line.quantity for line in lines),
        status=own[0].status,
        history=tuple(_without_others(change, seller_id) for change in changes_of(order, {seller_id})),
        fulfilments=own,
        email=None,
        payment=None,
        shipping=0,
        refunds=tuple(each._replace(actor="") for each in order.refunds if each.seller_id == seller_id),
    )


def _without_others(change: StatusChange, seller_id: str) -> StatusChange:
    return change if user_of_owner(change.actor) == seller_id else change._replace(actor="")


def for_courier(order: Order, user_id: str | None) -> CourierOrder | None:
    """Return what a courier sees of an order; None where that is nothing. None as a user is any courier."""
    return _courier_order(order, user_id, lambda part: _is_on_its_way(part) or _brings(part, user_id))


def listed_for_courier(order: Order, user_id: str, view: str) -> CourierOrder | None:
    """Return what a courier's list shows of an order: the parts that belong into that list, and no others."""
    return _courier_order(order, user_id, LISTED[view](user_id))


def _courier_order(order: Order, user_id: str | None, shown: Callable[[Fulfilment], bool]) -> CourierOrder | None:
    parts = tuple(_courier_part(order, part, user_id) for part in order.fulfilments if shown(part))
    theirs = any(part.claim != "somebody" for part in parts)
    return CourierOrder(order.id, order.timestamp, order.address if theirs else None, parts) if parts else None


def _courier_part(order: Order, part: Fulfilment, user_id: str | None) -> CourierPart:
    claim: Claim = "me" if _brings(part, user_id) else "somebody" if part.courier else "nobody"
    lines = tuple(line for line in order.lines if line.seller_id == part.seller_id)
    return CourierPart(part.seller_id, part.status, lines, part.carrier, part.tracking_number, part.note, claim)


def _is_on_its_way(part: Fulfilment) -> bool:
    return part.status is OrderStatus.SHIPPED


def _brings(part: Fulfilment, user_id: str | None) -> bool:
    return user_id is not None and part.courier == user_id


LISTED: dict[str, Callable[[str], Callable[[Fulfilment], bool]]] = {
    "available": lambda _user_id: lambda part: _is_on_its_way(part) and part.courier is None,
    "mine": lambda user_id: lambda part: _is_on_its_way(part) and _brings(part, user_id),
    "done": lambda user_id: lambda part: not _is_on_its_way(part) and _brings(part, user_id),
}
"""Which parts stand in a courier's lists."""


def concerns_couriers(order: Order) -> bool:
    """Whether a part of an order is, or ever was, on its way."""
    parts = any(part.courier or part.status in _BROUGHT or _is_on_its_way(part) for part in order.fulfilments)
    return parts or any(change.status is OrderStatus.SHIPPED for change in order.history)


def changes_of(order: Order, seller_ids: set[str]) -> tuple[StatusChange, ...]:
    """Return what happened to some parts of an order, and to all of it, but for what others did to theirs."""
    others = {
        user_id
        for part in order.fulfilments
        if part.seller_id not in seller_ids
        for user_id in (part.seller_id, part.courier)
        if user_id and owner_of_user(user_id) != order.owner
    }
    others -= {part.courier for part in order.fulfilments if part.seller_id in seller_ids} | seller_ids
    return tuple(
        change
        for change in order.history
        if change.seller_id in seller_ids or (change.seller_id is None and user_of_owner(change.actor) not in others)
    )
