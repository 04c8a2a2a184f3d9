"""Rules of taking back: cancelling what was not sent yet, and giving money back for what was."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from models.commands import CancelOrder, RefundOrder
from models.errors import Conflict, Invalid
from models.fulfilling import refusal, tell_buyer, with_part
from models.identity import owner_of_user
from models.letter import UNADDRESSED, Letter
from models.order import Fulfilment, Mover, Order, OrderStatus, Refund
from models.order_life import SENT, check_reason, parts_for, rights_in
from models.outcomes import OrderMoved
from models.state import Draft
from models.stock import Act, ChangeType

Units = tuple[tuple[str, int], ...]


class _Given(NamedTuple):
    """What is given back in one go: of whose part, for which units, how much."""

    id: str
    seller_id: str | None
    units: Units
    amount: int


def cancel_order(command: CancelOrder, draft: Draft) -> OrderMoved:
    """Cancel what has not been sent; each line comes back as a ``return`` movement, and what was paid for it, too."""
    order = draft.state.orders.get(command.order_id)
    parts = parts_for(order, command.by, command.seller_id)
    assert order is not None  # noqa: S101 - it has parts
    going = [part for part in parts if part.status is not OrderStatus.CANCELLED]
    if not going:
        if order.history[-1].actor == command.by.owner:
            return OrderMoved(order, repeated=True)
        raise refusal(order, parts, command.by, OrderStatus.CANCELLED)
    for part in going:
        rights = rights_in(order, part, command.by)
        if part.status is not OrderStatus.PLACED or not rights & {"buyer", "admin"}:
            raise refusal(order, parts, command.by, OrderStatus.CANCELLED)
        check_reason(rights, "buyer", command.reason)
    units = _units_of(order, going)
    for part in going:
        order = with_part(order, part._replace(status=OrderStatus.CANCELLED), draft, command.by, command.reason)
    order = _put_back(order, units, command.by, command.reason, draft)
    if order.payment:
        whole = order.status is OrderStatus.CANCELLED
        worth = _left_to_pay(order) if whole else _worth(order, units)
        given = _Given(command.refund_id or order.id, command.seller_id, units, worth)
        order = _give_back(order, given, command.by, command.reason, draft)
    draft.changed_orders.append(order)
    suffix = f":{command.seller_id}" if command.seller_id else ""
    data = {"seller_id": command.seller_id} if command.seller_id else {}
    tell_buyer(order, "order_cancelled", f"order_cancelled:{order.id}{suffix}", data, draft)
    _tell_sellers(order, going, command.by, draft)
    return OrderMoved(order)


def refund_order(command: RefundOrder, draft: Draft) -> OrderMoved:
    """Give money back for what was sent, by whoever sold it or an admin; units that come back go on the shelf."""
    order = draft.state.orders.get(command.order_id)
    parts = parts_for(order, command.by, command.seller_id)
    assert order is not None  # noqa: S101 - it has parts
    if any(each.id == command.refund_id for each in order.refunds):
        return OrderMoved(order, repeated=True)
    theirs = [part for part in parts if rights_in(order, part, command.by) & {"seller", "admin"}]
    sent = [part for part in theirs if part.status in SENT]
    if not sent:
        raise refusal(order, parts, command.by, OrderStatus.REFUNDED)
    if order.payment is None:
        raise Conflict("this order was not paid here", order_status=order.status.value, allowed=[])
    for part in sent:
        check_reason(rights_in(order, part, command.by), "seller", command.reason)
    given = _given(command, order, sent, whole=len(sent) == len(order.fulfilments))
    order = _give_back(order, given, command.by, command.reason, draft)
    if command.restock:
        order = _put_back(order, given.units, command.by, command.reason, draft)
    for part in sent:
        if not _units_left(order, part):
            order = with_part(order, part._replace(status=OrderStatus.REFUNDED), draft, command.by, command.reason)
    draft.changed_orders.append(order)
    data = {"refund_id": given.id, "amount": given.amount, "currency": order.currency}
    tell_buyer(order, "order_refunded", f"order_refunded:{given.id}", data, draft)
    return OrderMoved(order)


def _given(command: RefundOrder, order: Order, parts: Sequence[Fulfilment], *, whole: bool) -> _Given:
    """Say what is asked to be given back; refuse more units, or more money, than are left of these parts."""
    seller_id = parts[0].seller_id if len(parts) == 1 else command.seller_id
    left = Counter({product: count for part in parts for product, count in _units_left(order, part)})
    most = _left_to_pay(order) if whole else sum(_part_left_to_pay(order, part.seller_id) for part in parts)
    all_left = tuple((product, count) for product, count in left.items() if count)
    units = command.units or (() if command.amount is not None else all_left)
    for product_id, count in units:
        if count > left[product_id]:
            detail = f"of {product_id} {left[product_id]} units are left to be given back"
            raise Invalid("the request is not valid", errors=[{"pointer": "/units", "detail": detail}])
    everything = not command.units and command.amount is None
    amount = most if everything else _worth(order, units) if command.amount is None else command.amount
    if not 0 < amount <= most:
        detail = f"of what was paid {most} is left to be given back"
        raise Invalid("the request is not valid", errors=[{"pointer": "/amount", "detail": detail}])
    return _Given(command.refund_id, seller_id, units, amount)


def _give_back(order: Order, given: _Given, mover: Mover, reason: str, draft: Draft) -> Order:
    """Note what is to be given back, and have the payment looked at."""
    if not given.amount:
        return order
    refund = Refund(given.id, given.amount, draft.now, mover.owner, reason, given.units, given.seller_id)
    draft.owing.append(order.id)
    return replace(order, refunds=(*order.refunds, refund))


def _put_back(order: Order, units: Iterable[tuple[str, int]], mover: Mover, reason: str, draft: Draft) -> Order:
    """Put units on the shelf again; where the product is gone, there is none."""
    act = Act(ChangeType.RETURN, mover.owner, order.id, reason, draft.now)
    back: Counter[str] = Counter()
    for product_id, count in units:
        product = draft.product(product_id)
        if product:
            draft.move(product, act, stock=count)
            back[product_id] += count
    return replace(
        order, lines=tuple(line._replace(returned=line.returned + back[line.product_id]) for line in order.lines)
    )


def _units_of(order: Order, parts: Iterable[Fulfilment]) -> Units:
    sellers = {part.seller_id for part in parts}
    return tuple((line.product_id, line.quantity) for line in order.lines if line.seller_id in sellers)


def _units_left(order: Order, part: Fulfilment) -> list[tuple[str, int]]:
    """Return which units of a part no money was given back for yet."""
    had: Counter[str] = Counter()
    for refund in order.refunds:
        had.update(dict(refund.units))
    left = [(product, count - had[product]) for product, count in _units_of(order, [part])]
    return [(product, count) for product, count in left if count > 0]


def _worth(order: Order, units: Iterable[tuple[str, int]]) -> int:
    prices = {line.product_id: line.price for line in order.lines}
    return sum(prices[product_id] * count for product_id, count in units)


def _left_to_pay(order: Order) -> int:
    return order.total_amount - sum(refund.amount for refund in order.refunds)


def _part_left_to_pay(order: Order, seller_id: str) -> int:
    """Return how much of a seller's part is left; what was given back of the whole order counts for all of them."""
    worth = sum(line.price * line.quantity for line in order.lines if line.seller_id == seller_id)
    had = sum(refund.amount for refund in order.refunds if refund.seller_id == seller_id)
    return min(worth - had, _left_to_pay(order))


def _tell_sellers(order: Order, parts: Iterable[Fulfilment], mover: Mover, draft: Draft) -> None:
    """Tell those who were about to send something that they need not."""
    for part in parts:
        owner = owner_of_user(part.seller_id)
        if owner != mover.owner:
            key = f"order_cancelled_seller:{order.id}:{part.seller_id}"
            data = {"order_id": order.id, "seller_id": part.seller_id}
            draft.letters.append(Letter(key, "order_cancelled_seller", UNADDRESSED, data, owner=owner))
