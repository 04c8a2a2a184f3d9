"""Rules of stock work: restock and adjustment."""

from models.commands import Adjust, Restock
from models.errors import Conflict, Invalid, NotFound
from models.outcomes import StockChanged
from models.state import Draft
from models.stock import Act, ChangeType, Product

MAX_STOCK = 2**31 - 1


def restock(command: Restock, draft: Draft) -> StockChanged:
    """Add units to what is on hand."""
    product = _product_of(command.product_id, command.seller_id, draft)
    if command.delta < 1:
        raise Invalid("a restock adds at least one unit")
    return _change(product, command.delta, Act(ChangeType.RESTOCK, command.actor, "", command.reason, draft.now), draft)


def adjust(command: Adjust, draft: Draft) -> StockChanged:
    """Correct what is on hand; units that carts hold cannot be counted away."""
    product = _product_of(command.product_id, command.seller_id, draft)
    if (command.quantity is None) == (command.delta is None):
        raise Invalid("an adjustment takes either a counted quantity or a delta")
    level = draft.level(product.id)
    if command.version not in {None, level.version}:
        raise Conflict("the level has changed since", product_id=product.id, version=level.version)
    delta = command.quantity - level.stock if command.quantity is not None else command.delta or 0
    if delta == 0:
        return StockChanged(product.id, level, None)
    if level.stock + delta < level.held:
        raise Conflict(
            f"{level.held} units are held in carts: the stock cannot go below that now",
            product_id=product.id,
            held=level.held,
            stock=level.stock,
        )
    act = Act(ChangeType.ADJUSTMENT, command.actor, command.cause, command.reason, draft.now)
    return _change(product, delta, act, draft)


def _change(product: Product, delta: int, act: Act, draft: Draft) -> StockChanged:
    if draft.level(product.id).stock + delta > MAX_STOCK:
        raise Invalid(f"a stock has at most {MAX_STOCK} units", product_id=product.id)
    movement = draft.move(product, act, stock=delta)
    return StockChanged(product.id, draft.level(product.id), movement)


def _product_of(product_id: str, seller_id: str | None, draft: Draft) -> Product:
    product = draft.product(product_id)
    if product is None or (seller_id is not None and product.seller_id != seller_id):
        raise NotFound("there is no such product, or it is not yours", product_id=product_id)
    return product
