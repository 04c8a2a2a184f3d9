"""An order's life after it was placed: who may move which part of it where. Pure.

    placed ──► shipped ──► delivered ──► completed
      │ seller, own   │ delivery      │ buyer
      └► cancelled    └───────┬───────┴► refunded, once all that was sent was given money back for
         buyer                └ seller, own part

An admin may do all of it in anybody's stead, and pass over steps on the way, but has to say why.
"""

from collections.abc import Iterable

from models.errors import Invalid, NotFound
from models.order import Fulfilment, Mover, Order, OrderStatus

STEPS = (OrderStatus.PLACED, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED)
"""How a part goes on, one step after the other."""
SENT = frozenset(STEPS[1:])
_RIGHTS = {
    (OrderStatus.PLACED, OrderStatus.SHIPPED): "seller",
    (OrderStatus.SHIPPED, OrderStatus.DELIVERED): "delivery",
    (OrderStatus.DELIVERED, OrderStatus.COMPLETED): "buyer",
    (OrderStatus.PLACED, OrderStatus.CANCELLED): "buyer",
}
_BY_REFUND = {"seller", "admin"}


def status_of(parts: Iterable[Fulfilment]) -> OrderStatus:
    """Derive an order's status: of the parts that are neither cancelled nor refunded, the least advanced counts."""
    left = {part.status for part in parts} - {OrderStatus.CANCELLED}
    if not left:
        return OrderStatus.CANCELLED
    under_way = left - {OrderStatus.REFUNDED}
    return min(under_way, key=STEPS.index) if under_way else OrderStatus.REFUNDED


def rights_in(order: Order, part: Fulfilment, mover: Mover) -> frozenset[str]:
    """Return as what somebody may act on a part: its buyer, its seller, who delivers, an admin."""
    rights = {mover.role} & {"admin", "delivery"}
    if mover.owner == order.owner:
        rights.add("buyer")
    if part.seller_id == mover.user_id and mover.role in {"seller", "admin"}:
        rights.add("seller")
    if part.status is not OrderStatus.SHIPPED and part.courier != mover.user_id:
        rights.discard("delivery")  # it is not on its way, nor did they bring it: it is not theirs to know of
    return frozenset(rights)


def allowed(part: Fulfilment, rights: frozenset[str]) -> list[OrderStatus]:
    """Return where those with these rights may move a part now, in the order of the steps."""
    ways = {to for (at, to), right in _RIGHTS.items() if at is part.status and (right in rights or "admin" in rights)}
    if part.status in SENT and rights & _BY_REFUND:
        ways.add(OrderStatus.REFUNDED)
    if "admin" in rights and part.status in STEPS:
        ways |= set(STEPS[STEPS.index(part.status) + 1 :])
    return [status for status in OrderStatus if status in ways]


def parts_for(order: Order | None, mover: Mover, seller_id: str | None) -> tuple[Order, list[Fulfilment]]:
    """Return an order and the parts of it that somebody may act on, of one seller if one is named.

    Without a name a seller means their own part, unless they bought the order themselves. NotFound where there is
    nothing that they may act on: they do not learn that there is such an order.
    """
    parts = [] if order is None else [part for part in order.fulfilments if rights_in(order, part, mover)]
    if seller_id is not None:
        parts = [part for part in parts if part.seller_id == seller_id]
    if order is None or not parts:
        raise NotFound("there is no such order")
    return order, parts


def check_reason(rights: frozenset[str], right: str | None, reason: str) -> None:
    """Refuse an admin's act in somebody else's stead without a reason."""
    if "admin" in rights and right not in rights and not reason.strip():
        problem = {"pointer": "/reason", "detail": "an admin has to say why"}
        raise Invalid("the request is not valid", errors=[problem])


def right_for(at: OrderStatus, to: OrderStatus) -> str | None:
    """Return whose a move is as a rule; None where only an admin may make it."""
    return _RIGHTS.get((at, to))
