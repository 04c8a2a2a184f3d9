"""How parts of orders, lists of them, and what became of them look on the wire."""

from typing import Any

from handlers import shapes
from handlers.shapes import Payload, time
from ivorycart.delivering import Worklist
from models.order import Address, Order, OrderLine
from models.order_timeline import By, Entry
from models.order_views import CourierOrder, CourierPart


def seller_part(order: Order) -> Payload:
    """Show a seller's part of an order (``models.order_views.for_seller``)."""
    [part] = order.fulfilments
    return {
        "id": order.id,
        "timestamp": time(order.timestamp),
        "status": order.status.value,
        "currency": order.currency,
        "product_list": [_line(line) for line in order.lines],
        "total_amount": order.total_amount,
        "refunds": [shapes.refund(each) for each in order.refunds],
        "fulfilment": {
            "status": part.status.value,
            "carrier": part.carrier,
            "tracking_number": part.tracking_number,
            "note": part.note,
            "claimed": part.courier is not None,
        },
        "history": [
            {
                "status": change.status.value,
                "at": time(change.at),
                "reason": change.reason,
                "part": change.seller_id is not None,
            }
            for change in order.history
        ],
        "address": _address(order.address),
    }


def admin_order(order: Order) -> Payload:
    """Show an order to an admin."""
    return {**shapes.order(order), "email": order.email}


def delivery_order(order: CourierOrder) -> Payload:
    """Show what of an order is delivery's."""
    return {
        "id": order.id,
        "timestamp": time(order.timestamp),
        "address": _address(order.address),
        "parts": [_carried(part) for part in order.parts],
    }


def worklist(found: Worklist) -> Payload:
    """Show what there is to bring."""
    return {
        "available": [delivery_order(order) for order in found.available],
        "available_count": found.available_count,
        "mine": [delivery_order(order) for order in found.mine],
        "mine_count": found.mine_count,
        "as_of": time(found.as_of),
    }


def entry(told: Entry, currency: str) -> Payload:
    """Show something that happened to an order."""
    return {
        "at": time(told.at),
        "kind": told.kind,
        "by": told.by and _by(told.by),
        "reason": told.reason,
        "status": told.status and told.status.value,
        "seller_id": told.seller_id,
        "amount": told.amount,
        "currency": None if told.amount is None else currency,
        "mail": told.mail and told.mail.kind,
        "mail_state": told.mail and told.mail.state,
    }


def _by(by: By) -> Payload:
    return {"kind": by.role, "id": by.user_id, "name": by.name}


def _line(line: OrderLine) -> Payload:
    shown = line._asdict()
    del shown["seller_id"]
    return {**shown, "line_total": line.price * line.quantity}


def _carried(part: CourierPart) -> Payload:
    return {
        "seller_id": part.seller_id,
        "status": part.status.value,
        "product_list": [
            {"product_id": line.product_id, "name": line.name, "quantity": line.quantity} for line in part.lines
        ],
        "carrier": part.carrier,
        "tracking_number": part.tracking_number,
        "note": part.note,
        "claimed_by": part.claim,
    }


def _address(address: Address | None) -> Any:
    if address is None or address.sealed:
        return None
    shown = address._asdict()
    del shown["sealed"]
    return shown
