"""The one pure function that says what comes of a command."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from models import holding, merging, ordering, stocking
from models.cart import Cart
from models.commands import (
    Adjust,
    BeginOrder,
    CancelOrder,
    ClearCart,
    Command,
    ExpireCart,
    MergeCarts,
    PlaceOrder,
    Restock,
    SetEmail,
    SetLine,
    SetLines,
)
from models.identity import OwnerId
from models.order import Order
from models.state import Draft, OrderKey, State

_RULES: Mapping[type[Command[Any]], Callable[[Any, Draft], Any]] = {
    SetLine: holding.set_line,
    SetLines: holding.set_lines,
    SetEmail: holding.set_email,
    ClearCart: holding.clear_cart,
    ExpireCart: holding.expire_cart,
    MergeCarts: merging.merge_carts,
    BeginOrder: ordering.begin_order,
    PlaceOrder: ordering.place_order,
    CancelOrder: ordering.cancel_order,
    Restock: stocking.restock,
    Adjust: stocking.adjust,
}


class Decision(NamedTuple):
    """What the caller gets, and what changes."""

    outcome: Any
    draft: Draft


def decide(command: Command[Any], state: State) -> Decision:
    """Apply a command's rule to a state, without changing it; raise ``Refused`` where the rules say no."""
    draft = Draft(state)
    return Decision(_RULES[type(command)](command, draft), draft)


class Reads(NamedTuple):
    """What must be read before a command can be decided, as far as the command itself names it."""

    products: tuple[str, ...] = ()
    carts: tuple[OwnerId, ...] = ()
    orders: tuple[str, ...] = ()
    keys: tuple[OrderKey, ...] = ()


def reads(command: Command[Any]) -> Reads:
    """Name the documents that a command needs. The products in those carts and orders come on top (``products_of``)."""
    match command:
        case SetLine():
            return Reads((command.product_id,), (command.cart_id,))
        case SetLines():
            return Reads(tuple(product_id for product_id, _ in command.quantities), (command.cart_id,))
        case PlaceOrder() | BeginOrder():
            lines = command.lines or () if isinstance(command, PlaceOrder) else ()
            return Reads(
                tuple(product_id for product_id, _ in lines),
                carts=(command.cart_id,),
                keys=(OrderKey(command.cart_id, command.order_key),),
            )
        case ClearCart() | ExpireCart() | SetEmail():
            return Reads(carts=(command.cart_id,))
        case MergeCarts():
            return Reads(carts=(command.source, command.target))
        case CancelOrder():
            return Reads(orders=(command.order_id,))
        case Restock() | Adjust():
            return Reads((command.product_id,))
        case _:
            raise TypeError(f"no rule reads for {type(command).__name__}")


def needs_lines(command: Command[Any]) -> bool:
    """Whether the rule moves stock of all lines of its cart, so that their products must be read as well."""
    return isinstance(command, SetLines | BeginOrder | PlaceOrder | ClearCart | ExpireCart | MergeCarts)


def products_of(carts: Mapping[OwnerId, Cart], orders: Mapping[str, Order]) -> set[str]:
    """Return the ids of all products in these carts and orders."""
    in_carts = {line.product_id for cart in carts.values() for line in cart.lines}
    return in_carts | {line.product_id for order in orders.values() for line in order.lines}
