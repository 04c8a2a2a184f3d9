"""Rules of taking back: cancelling what was not sent yet, and giving money back for what was."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from models.commands import CancelOrder, RefundOrder
from models.errors import Conflict, Invalid, KeyReused
from models.fulfilling import refusal, tell_buyer, with_part
from models.identity import owner_of_user
from models.letter import UNADDRESSED, Letter
from models.order import Fulfilment, Mover, Order, OrderStatus, Refund
from models.order_life import SENT, check_reason, parts_for, rights_in
from models.outcomes import OrderMoved
from models.state import Draft
from models.stock import Act, ChangeType

# Each is a mail and a call of the provider, and the order is written whole with all of them.
MOST_REFUNDS = 100
_GONE = frozenset({OrderStatus.CANCELLED, OrderStatus.REFUNDED})

Units = tuple[tuple[str, int], ...]


class _Given(NamedTuple):
    """What is given back in one go: of whose part, for which units, how much."""

    id: str
    seller_id: str | None
    units: Units
    amount: int


def cancel_order(command: CancelOrder, draft: Draft) -> OrderMoved:
    """Cancel what has not been sent; each line comes back as a ``return`` movement, and what was paid for it, too."""
    order, parts = parts_for(draft.state.orders.get(command.order_id), command.by, command.seller_id)
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
        worth = _left_to_pay(order) if whole else min(_worth(order, units), _left_to_pay(order))
        given = _Given(command.refund_id or order.id, command.seller_id, units, worth)
        order = _give_back(order, given, command.by, command.reason, draft)
    draft.changed_orders.append(order)
    suffix = f":{command.seller_id}" if command.seller_id else ""
    data = {"seller_id": command.seller_id} if command.seller_id else {}
    tell_buyer(order, "order_cancelled", f"order_cancelled:{order.id}{suffix}", data, draft)
    _tell_sellers(order, going, command.by, draft)
    return OrderMoved(order)


def refund_order(command: RefundOrder, draft: Draft) -> OrderMoved:
    """Give money back for what was sent, by whoever sold it or an admin; units that come back go on the shelf.

    An admin may go on giving back while anything is left of what was paid.
    """
    order, parts = parts_for(draft.state.orders.get(command.order_id), command.by, command.seller_id)
    theirs = [part for part in parts if rights_in(order, part, command.by) & {"seller", "admin"}]
    earlier = next((each for each in order.refunds if each.id == command.refund_id), None)
    if earlier and theirs:
        if _is_other(earlier, command):
            raise KeyReused("this refund id was used for another refund")
        return OrderMoved(order, repeated=True)
    sent = [part for part in theirs if _may_be_refunded(part, command)]
    if not sent:
        raise refusal(order, parts, command.by, OrderStatus.REFUNDED)
    if len(order.refunds) >= MOST_REFUNDS:
        raise Conflict("money was given back too often for this order", order_status=order.status.value, allowed=[])
    for part in sent:
        check_reason(rights_in(order, part, command.by), "seller", command.reason)
    given = _given(command, order, _meant(command, order, sent))
    order = _give_back(order, given, command.by, command.reason, draft)
    if command.restock:
        order = _put_back(order, given.units, command.by, command.reason, draft)
    for part in sent:
        if part.status is not OrderStatus.REFUNDED and _is_over(order, part):
            order = with_part(order, part._replace(status=OrderStatus.REFUNDED), draft, command.by, command.reason)
    draft.changed_orders.append(order)
    if given.amount:
        data = {"refund_id": given.id, "amount": given.amount, "currency": order.currency}
        tell_buyer(order, "order_refunded", f"order_refunded:{order.id}:{given.id}", data, draft)
    return OrderMoved(order)


def _may_be_refunded(part: Fulfilment, command: RefundOrder) -> bool:
    """Whether a part has been sent; of one that counts as refunded an admin may still give back an amount."""
    again = command.by.role == "admin" and command.amount is not None and part.status is OrderStatus.REFUNDED
    return part.status in SENT or again


def _is_other(earlier: Refund, command: RefundOrder) -> bool:
    """Whether a repeated id comes with another wish than the first time, as far as that one was spelled out."""
    other_amount = command.amount is not None and command.amount != earlier.amount
    return other_amount or (bool(command.units) and dict(command.units) != dict(earlier.units))


def _meant(command: RefundOrder, order: Order, parts: Sequence[Fulfilment]) -> Sequence[Fulfilment]:
    """Return the parts that a refund is of: all, or the one that its units are of; an amount is of one part."""
    if len(parts) == 1 or (command.amount is None and not command.units):
        return parts
    products = {product_id for product_id, _ in command.units}
    sellers = {line.seller_id for line in order.lines if line.product_id in products}
    named = [part for part in parts if part.seller_id in sellers]
    if len(named) != 1:
        detail = "is needed: the order has several parts"
        raise Invalid("the request is not valid", errors=[{"pointer": "/seller_id", "detail": detail}])
    return named


def _is_over(order: Order, part: Fulfilment) -> bool:
    """Whether nothing is left of a part to be given back: no units, or no money of a part that cost some."""
    worth = _part_worth(order, part.seller_id)
    return not _units_left(order, part) or (worth > 0 and _part_left_to_pay(order, part.seller_id) == 0)


def _given(command: RefundOrder, order: Order, parts: Sequence[Fulfilment]) -> _Given:
    """Say what is asked to be given back; refuse more units, or more money, than are left of these parts.

    Who gives back the last parts of an order may give back all that is left, shipping included.
    """
    left = Counter({product: count for part in parts for product, count in _units_left(order, part)})
    others = [part for part in order.fulfilments if part not in parts]
    last = all(part.status in _GONE for part in others)
    most = _left_to_pay(order) if last else sum(_part_left_to_pay(order, part.seller_id) for part in parts)
    everything = not command.units and command.amount is None
    units = tuple((product, count) for product, count in left.items() if count) if everything else command.units
    for product_id, count in units:
        if count > left[product_id]:
            detail = f"of {product_id} {left[product_id]} units are left to be given back"
            raise Invalid("the request is not valid", errors=[{"pointer": "/units", "detail": detail}])
    asked = most if everything else _worth(order, units) if command.amount is None else command.amount
    amount = asked if order.payment else 0
    if amount > most or not (amount or units):
        detail = f"of what was paid {most} is left to be given back"
        raise Invalid("the request is not valid", errors=[{"pointer": "/amount", "detail": detail}])
    seller_id = parts[0].seller_id if len(parts) == 1 else command.seller_id
    return _Given(command.refund_id, seller_id, units, amount)


def _give_back(order: Order, given: _Given, mover: Mover, reason: str, draft: Draft) -> Order:
    """Note what is to be given back, and have the payment looked at, if it is money."""
    refund = Refund(given.id, given.amount, draft.now, mover.owner, reason, given.units, given.seller_id)
    if given.amount:
        draft.owing.append(order.id)
    return replace(order, refunds=(*order.refunds, refund))


def _put_back(order: Order, units: Iterable[tuple[str, int]], mover: Mover, reason: str, draft: Draft) -> Order:
    """Put units on the shelf again; where the product is gone, there is none."""
    # What a buyer wrote is for the order; the ledger keeps it for ever.
    why = "cancelled by the buyer" if mover.owner == order.owner else reason
    act = Act(ChangeType.RETURN, mover.owner, order.id, why, draft.now)
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
    """Return how much of a seller's part is left."""
    had = sum(refund.amount for refund in order.refunds if refund.seller_id == seller_id)
    return max(0, min(_part_worth(order, seller_id) - had, _left_to_pay(order)))


def _part_worth(order: Order, seller_id: str) -> int:
    return sum(line.price * line.quantity for line in order.lines if line.seller_id == seller_id)


def _tell_sellers(order: Order, parts: Iterable[Fulfilment], mover: Mover, draft: Draft) -> None:
    """Tell those who were about to send something that they need not."""
    for part in parts:
        owner = owner_of_user(part.seller_id)
        if owner != mover.owner:
            key = f"order_cancelled_seller:{order.id}:{part.seller_id}"
            data = {"order_id": order.id, "seller_id": part.seller_id}
            draft.letters.append(Letter(key, "order_cancelled_seller", UNADDRESSED, data, owner=owner))
