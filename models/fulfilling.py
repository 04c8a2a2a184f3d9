"""Rules of fulfilment: parts of an order are sent, claimed, handed over, and received."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.alert import Notice
from models.commands import ClaimDelivery, MoveOrder
from models.errors import Conflict
from models.letter import UNADDRESSED, Letter
from models.order import Fulfilment, Mover, Order, OrderStatus, StatusChange
from models.order_life import STEPS, allowed, check_reason, parts_for, right_for, rights_in, status_of
from models.outcomes import OrderMoved
from models.state import Draft

# The order is written whole with all that happened to it.
MOST_CHANGES = 300
_TOLD = {OrderStatus.SHIPPED: "order_shipped", OrderStatus.DELIVERED: "order_delivered"}


def move_order(command: MoveOrder, draft: Draft) -> OrderMoved:
    """Move the parts on that may be moved by whoever asks; what they moved there already stays as it is."""
    order, parts = parts_for(draft.state.orders.get(command.order_id), command.by, command.seller_id)
    if command.to not in STEPS:
        raise refusal(order, parts, command.by, command.to)
    moving = [part for part in parts if command.to in allowed(part, rights_in(order, part, command.by))]
    mine = [part for part in moving if _may_hand_over(part, command)]
    if not mine:
        if any(_is_repeat(order, part, command) for part in parts):
            return OrderMoved(order, repeated=True)
        if moving:
            raise Conflict("somebody else brings it", order_status=moving[0].status.value, allowed=[])
        raise refusal(order, parts, command.by, command.to)
    for part in mine:
        rights = rights_in(order, part, command.by)
        check_reason(rights, right_for(part.status, command.to), command.reason)
        order = with_part(order, _moved(part, command), draft, command.by, command.reason)
        _tell(order, part.seller_id, command.to, draft)
    draft.changed_orders.append(order)
    return OrderMoved(order)


def claim_delivery(command: ClaimDelivery, draft: Draft) -> OrderMoved:
    """Note who brings a part that is on its way; a part that somebody else brings is theirs until they leave it."""
    order, parts = parts_for(draft.state.orders.get(command.order_id), command.by, command.seller_id)
    on_the_way = [part for part in parts if part.status is OrderStatus.SHIPPED]
    if not on_the_way:
        raise Conflict("no part of this order is on its way", order_status=order.status.value, allowed=[])
    me = command.by.user_id
    wanted = None if command.release else me
    theirs = [part for part in on_the_way if part.courier in {None, me} or (command.release and _is_admin(command.by))]
    if not theirs:
        raise Conflict("somebody else brings it", order_status=order.status.value, allowed=[])
    changing = [part for part in theirs if part.courier != wanted]
    if changing and not command.release and len(order.history) >= MOST_CHANGES:
        raise Conflict("this order was claimed too often", order_status=order.status.value, allowed=[])
    for part in changing:
        word = "released" if command.release else "claimed"
        order = with_part(order, part._replace(courier=wanted), draft, command.by, word)
    if changing:
        draft.changed_orders.append(order)
    return OrderMoved(order, repeated=not changing)


def with_part(order: Order, part: Fulfilment, draft: Draft, mover: Mover, reason: str) -> Order:
    """Put a part in the place of what it was, and note who did that; the order's status follows from its parts."""
    parts = tuple(part if each.seller_id == part.seller_id else each for each in order.fulfilments)
    change = StatusChange(part.status, draft.now, mover.owner, reason, part.seller_id)
    return replace(order, fulfilments=parts, status=status_of(parts), history=(*order.history, change))


def refusal(order: Order, parts: Sequence[Fulfilment], mover: Mover, to: OrderStatus) -> Conflict:
    """Return why parts cannot be moved there, with where those who ask may move them."""
    ways = {way for part in parts for way in allowed(part, rights_in(order, part, mover))}
    at = status_of(parts)
    return Conflict(
        f"what is {at} cannot be made {to} by you",
        order_status=at.value,
        allowed=[status.value for status in OrderStatus if status in ways],
    )


def _is_admin(mover: Mover) -> bool:
    return mover.role == "admin"


def _may_hand_over(part: Fulfilment, command: MoveOrder) -> bool:
    """Whether nobody else is on the way with a part; an admin may say of anybody that they were there."""
    return part.status is not OrderStatus.SHIPPED or _is_admin(command.by) or part.courier in {None, command.by.user_id}


def _is_repeat(order: Order, part: Fulfilment, command: MoveOrder) -> bool:
    changes = (each for each in reversed(order.history) if each.seller_id == part.seller_id)
    last = next(changes, None)
    return part.status is command.to and last is not None and last.actor == command.by.owner


def _moved(part: Fulfilment, command: MoveOrder) -> Fulfilment:
    moved = part._replace(status=command.to)
    if command.to is OrderStatus.SHIPPED:
        moved = moved._replace(carrier=command.carrier, tracking_number=command.tracking_number)
    if command.to is OrderStatus.DELIVERED and command.by.role == "delivery":
        moved = moved._replace(courier=command.by.user_id)
    return moved._replace(note=command.note) if command.note else moved


def _tell(order: Order, seller_id: str, to: OrderStatus, draft: Draft) -> None:
    kind = _TOLD.get(to)
    if kind:
        tell_buyer(order, kind, f"{kind}:{order.id}:{seller_id}", {"seller_id": seller_id}, draft)


def tell_buyer(order: Order, kind: str, key: str, data: dict[str, Any], draft: Draft) -> None:
    """Tell an order's buyer of what became of it: by mail where there is an address, else only where they look.

    Whoever has an account is mailed where that says by then.
    """
    data = {"order_id": order.id, **data}
    to = UNADDRESSED if order.buyer_id else order.email
    if to is not None:
        draft.letters.append(Letter(key, kind, to, data, owner=order.owner))
    else:
        draft.notices.append(Notice(key, order.owner, kind, data, None))
