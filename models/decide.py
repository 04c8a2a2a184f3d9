"""The one pure function that says what comes of a command."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from models import cancelling, fulfilling, holding, merging, offering, ordering, stocking
from models.cart import Cart
from models.commands import (
    Adjust,
    BeginOrder,
    BringPlaces,
    CancelOrder,
    ClaimDelivery,
    ClearCart,
    Command,
    ExpireCart,
    JoinLine,
    LeaveLine,
    MergeCarts,
    MoveOrder,
    OfferNext,
    PlaceOrder,
    RefundOrder,
    Restock,
    SetEmail,
    SetLine,
    SetLines,
    TakeOffer,
)
from models.identity import OwnerId, waiter_of_offer
from models.order import Order
from models.state import Draft, OrderKey, Place, State

_RULES: Mapping[type[Command[Any]], Callable[[Any, Draft], Any]] = {
    SetLine: holding.set_line,
    SetLines: holding.set_lines,
    SetEmail: holding.set_email,
    ClearCart: holding.clear_cart,
    ExpireCart: holding.expire_cart,
    MergeCarts: merging.merge_carts,
    BeginOrder: ordering.begin_order,
    PlaceOrder: ordering.place_order,
    CancelOrder: cancelling.cancel_order,
    RefundOrder: cancelling.refund_order,
    MoveOrder: fulfilling.move_order,
    ClaimDelivery: fulfilling.claim_delivery,
    Restock: stocking.restock,
    Adjust: stocking.adjust,
    JoinLine: offering.join_line,
    LeaveLine: offering.leave_line,
    OfferNext: offering.offer_next,
    TakeOffer: offering.take_offer,
    BringPlaces: offering.bring_places,
}


class Decision(NamedTuple):
    """What the caller gets, and what changes."""

    outcome: Any
    draft: Draft


def decide(command: Command[Any], state: State) -> Decision:
    """Apply a command's rule to a state, without changing it; raise ``Refused`` where the rules say no."""
    draft = Draft(state)
    return Decision(_RULES[type(command)](command, draft), draft)


class Waiting(NamedTuple):
    """What must be read of lines: open places by whose they are, any by their id, the first who wait for a product.

    Of ``last`` the last place is read where none is open, to know what came of it.
    Offers among them stand for their carts, too, and all of them for their products.
    """

    places: tuple[Place, ...] = ()
    owners: tuple[OwnerId, ...] = ()
    ids: tuple[str, ...] = ()
    first: tuple[tuple[str, int], ...] = ()
    last: tuple[Place, ...] = ()


class Reads(NamedTuple):
    """What must be read before a command can be decided, as far as the command itself names it."""

    products: tuple[str, ...] = ()
    carts: tuple[OwnerId, ...] = ()
    orders: tuple[str, ...] = ()
    keys: tuple[OrderKey, ...] = ()
    payments: tuple[OrderKey, ...] = ()
    waiting: Waiting | None = None

    @property
    def guarded(self) -> bool:
        """Whether all that is read has a version, a revision or a unique key, so that writing it can guard it."""
        return not self.orders and self.waiting is None


def reads(command: Command[Any]) -> Reads:
    """Name the documents that a command needs. The products in those carts and orders come on top (``products_of``)."""
    match command:
        case SetLine():
            return Reads((command.product_id,), (command.cart_id,))
        case SetLines():
            return Reads(tuple(product_id for product_id, _ in command.quantities), (command.cart_id,))
        case PlaceOrder() | BeginOrder():
            return _reads_of_ordering(command)
        case ClearCart() | ExpireCart() | SetEmail():
            waiter_id = waiter_of_offer(command.cart_id)
            return Reads(carts=(command.cart_id,), waiting=Waiting(ids=(waiter_id,)) if waiter_id else None)
        case MergeCarts():
            return Reads(carts=(command.source, command.target))
        case CancelOrder() | RefundOrder() | MoveOrder() | ClaimDelivery():
            return Reads(orders=(command.order_id,))
        case Restock() | Adjust():
            return Reads((command.product_id,))
        case JoinLine() | LeaveLine() | TakeOffer() | OfferNext() | BringPlaces():
            return _reads_of_line(command)
        case _:
            raise TypeError(f"no rule reads for {type(command).__name__}")


def _reads_of_ordering(command: PlaceOrder | BeginOrder) -> Reads:
    key = (OrderKey(command.cart_id, command.order_key),)
    if isinstance(command, BeginOrder):
        return Reads(carts=(command.cart_id,), keys=key, payments=key if command.provider else ())
    products = tuple(product_id for product_id, _ in command.lines or ())
    paid = command.payment is not None and command.payment.id
    return Reads(products, (command.cart_id,), keys=key, payments=key if paid else ())


def _reads_of_line(command: JoinLine | LeaveLine | TakeOffer | OfferNext | BringPlaces) -> Reads:
    if isinstance(command, OfferNext):
        return Reads((command.product_id,), waiting=Waiting(first=((command.product_id, command.limit),)))
    if isinstance(command, BringPlaces):
        return Reads(waiting=Waiting(owners=(command.source, command.target)))
    carts = (command.owner,) if isinstance(command, TakeOffer) else ()
    place = (Place(command.product_id, command.owner),)
    waiting = Waiting(places=place, last=place if isinstance(command, TakeOffer) else ())
    return Reads((command.product_id,), carts, waiting=waiting)


def needs_lines(command: Command[Any]) -> bool:
    """Whether the rule moves stock of all lines of its cart, so that their products must be read as well."""
    return isinstance(command, SetLines | BeginOrder | PlaceOrder | ClearCart | ExpireCart | MergeCarts | TakeOffer)


def products_of(carts: Mapping[OwnerId, Cart], orders: Mapping[str, Order]) -> set[str]:
    """Return the ids of all products in these carts and orders."""
    in_carts = {line.product_id for cart in carts.values() for line in cart.lines}
    return in_carts | {line.product_id for order in orders.values() for line in order.lines}
