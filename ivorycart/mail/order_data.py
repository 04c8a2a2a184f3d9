"""What mails about orders say: read from the order as it is when the mail is written, its address legible."""

from collections.abc import Callable, Mapping
from typing import Any

from models.identity import user_of_owner
from models.letter import Mail
from models.order import Fulfilment, Order, OrderLine, OrderStatus, Refund

Data = dict[str, Any]


def order_data(mail: Mail, order: Order) -> Data:
    """Return what the template of a mail needs; LookupError where the order has nothing of what the mail is about."""
    return {**_whole(order), **_OF_KIND[mail.kind](mail, order)}


def is_about_order(kind: str) -> bool:
    """Whether mails of a kind need their order."""
    return kind in _OF_KIND


def _whole(order: Order) -> Data:
    return {
        "order_id": order.id,
        "name": order.address.name if order.address else "",
        "lines": _lines(order.lines),
        "total_amount": order.total_amount,
        "shipping": order.shipping,
        "currency": order.currency,
        "address": order.address._asdict() if order.address else None,
        "placed_at": order.timestamp.isoformat(),
        "whole": True,
    }


def _lines(lines: tuple[OrderLine, ...]) -> list[Data]:
    return [{**line._asdict(), "line_total": line.price * line.quantity} for line in lines]


def _placed(_mail: Mail, _order: Order) -> Data:
    return {}


def _shipped(mail: Mail, order: Order) -> Data:
    part = _part(order, mail.data["seller_id"])
    return {**_of(part, order), "carrier": part.carrier, "tracking_number": part.tracking_number}


def _delivered(mail: Mail, order: Order) -> Data:
    part = _part(order, mail.data["seller_id"])
    return {**_of(part, order), "note": part.note}


def _cancelled(mail: Mail, order: Order) -> Data:
    seller_id = mail.data.get("seller_id")
    about = _of(_part(order, seller_id), order) if seller_id else {}
    return {**about, "reason": _reason(order, seller_id), "paid": order.payment is not None}


def _cancelled_for_seller(mail: Mail, order: Order) -> Data:
    seller_id = mail.data.get("seller_id") or user_of_owner(mail.owner or "")
    return {**_of(_part(order, seller_id), order), "reason": _reason(order, seller_id)}


def _refunded(mail: Mail, order: Order) -> Data:
    refund = _refund(order, mail.data["refund_id"])
    units = dict(refund.units)
    back = tuple(line._replace(quantity=units[line.product_id]) for line in order.lines if line.product_id in units)
    return {"lines": _lines(back), "amount": refund.amount, "reason": refund.reason}


_OF_KIND: Mapping[str, Callable[[Mail, Order], Data]] = {
    "order_placed": _placed,
    "order_shipped": _shipped,
    "order_delivered": _delivered,
    "order_cancelled": _cancelled,
    "order_cancelled_seller": _cancelled_for_seller,
    "order_refunded": _refunded,
}


def _of(part: Fulfilment, order: Order) -> Data:
    lines = tuple(line for line in order.lines if line.seller_id == part.seller_id)
    return {"lines": _lines(lines), "whole": len(lines) == len(order.lines)}


def _part(order: Order, seller_id: str | None) -> Fulfilment:
    for part in order.fulfilments:
        if part.seller_id == seller_id:
            return part
    raise LookupError(f"order {order.id} has no part of seller {seller_id}")


def _refund(order: Order, refund_id: str) -> Refund:
    for refund in order.refunds:
        if refund.id == refund_id:
            return refund
    raise LookupError(f"order {order.id} has no refund {refund_id}")


def _reason(order: Order, seller_id: str | None) -> str:
    """Return why it was cancelled: the last word on that part, or on the whole."""
    said = (
        change.reason
        for change in reversed(order.history)
        if change.status is OrderStatus.CANCELLED and change.seller_id in {None, seller_id}
    )
    return next(said, "")
