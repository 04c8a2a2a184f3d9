"""Rules of carts: setting lines, clearing, expiring, extending. A line in a holding cart is held stock."""

from dataclasses import replace

from models.cart import Cart, Line, Released
from models.commands import ClearCart, ExpireCart, SetEmail, SetLine, SetLines
from models.errors import CartExpired, Conflict, InsufficientStock, Invalid, NotFound
from models.identity import waiter_of_offer
from models.outcomes import CartChanged
from models.state import Draft
from models.stock import Act, ChangeType, Product
from models.waiter import WaitState


def set_line(command: SetLine, draft: Draft) -> CartChanged:
    """Set one line to an absolute quantity."""
    cart = live_cart(command.cart_id, draft)
    if command.revision is not None and command.revision != cart.revision:
        raise Conflict("the cart was changed elsewhere", revision=cart.revision)
    cart = put_line(cart, command.product_id, command.quantity, draft)
    return CartChanged(cart, draft.levels)


def set_lines(command: SetLines, draft: Draft) -> CartChanged:
    """Set all lines at once; releases come first, so that what they free can be used."""
    cart = live_cart(command.cart_id, draft)
    wanted = dict(command.quantities)
    before = {line.product_id: line.quantity for line in cart.lines}
    steps = {product_id: 0 for product_id in before if product_id not in wanted} | wanted
    for product_id in sorted(steps, key=lambda each: steps[each] - before.get(each, 0)):
        cart = put_line(cart, product_id, steps[product_id], draft)
    if command.email is not None and command.email != cart.email:
        cart = draft.put_cart(replace(cart, email=command.email, revision=cart.revision + 1))
    return CartChanged(cart, draft.levels)


def set_email(command: SetEmail, draft: Draft) -> CartChanged:
    """Remember where alerts for this cart go."""
    cart = draft.cart(command.cart_id)
    if cart.email != command.email:
        cart = draft.put_cart(replace(cart, email=command.email, expired=(), revision=cart.revision + 1))
    return CartChanged(cart)


def clear_cart(command: ClearCart, draft: Draft) -> CartChanged:
    """Release everything; a cart that is empty already stays as it is."""
    cart = draft.cart(command.cart_id)
    if cart.lines or cart.expired:
        release_all(cart, draft, ChangeType.RELEASE)
        cart = draft.put_cart(cart.with_lines(()))
    return CartChanged(cart, draft.levels)


def expire_cart(command: ExpireCart, draft: Draft) -> CartChanged:
    """Release everything if the hold has run out; otherwise somebody was quicker, which is fine."""
    cart = draft.cart(command.cart_id)
    if cart.past_expiry(draft.now):
        cart = expire(cart, draft)
    return CartChanged(cart, draft.levels)


def prolong(cart: Cart, draft: Draft) -> Cart:
    """Give a hold its one extension, for the order step; one that is prolonged already, or off, stays as it is."""
    if cart.expires_at is None or cart.extended:
        return cart
    expires_at = cart.expires_at + draft.policy.extension
    return draft.put_cart(replace(cart, expires_at=expires_at, extended=True, revision=cart.revision + 1))


def live_cart(cart_id: str, draft: Draft) -> Cart:
    """Return the cart, or refuse if its hold has run out and nobody has emptied it yet."""
    cart = draft.cart(cart_id)  # type: ignore[arg-type]
    if cart.past_expiry(draft.now):
        raise CartExpired("the hold on this cart has run out")
    return cart


def expire(cart: Cart, draft: Draft) -> Cart:
    """Empty a cart whose hold has run out, and let it say what it lost."""
    release_all(cart, draft, ChangeType.EXPIRE)
    released = tuple(Released(line.product_id, line.quantity) for line in cart.lines)
    waiter_id = waiter_of_offer(cart.id)
    if waiter_id:
        _lapse(waiter_id, draft)
    return draft.put_cart(replace(cart.with_lines(()), expired=released))


def _lapse(waiter_id: str, draft: Draft) -> None:
    """Close the place whose offer was not taken. Its notification stays unseen: it says what they missed."""
    waiter = draft.state.waiters.get(waiter_id)
    if waiter and waiter.state == WaitState.OFFERED:
        draft.put_waiter(replace(waiter, state=WaitState.LAPSED, closed_at=draft.now))


def release_all(cart: Cart, draft: Draft, change_type: ChangeType) -> None:
    """Give back what a holding cart holds. A product that is gone from the catalogue has nothing to give back to."""
    if not cart.holding:
        return
    for line in cart.lines:
        product = draft.product(line.product_id)
        if product:
            draft.move(product, act_of(cart, draft, change_type), held=-line.quantity)


def put_line(cart: Cart, product_id: str, quantity: int, draft: Draft) -> Cart:
    """Store the cart with one line set, stock held or released accordingly."""
    if quantity < 0:
        raise Invalid("a quantity is zero or more", product_id=product_id)
    old = cart.line(product_id)
    before = old.quantity if old else 0
    product = draft.product(product_id)
    if product is None and quantity:
        raise NotFound("there is no such product", product_id=product_id)
    if quantity == before:
        return cart
    if product and quantity > before:
        check_limits(cart, product, quantity, draft)
    holding = cart.holding if cart.lines else bool(draft.policy.hold)
    if product:
        _claim(cart, product, before, quantity, draft, holding=holding)
    since = old.since if old else (draft.level(product_id).version if product else 0)
    changed = cart.with_line(Line(product_id, quantity, since))
    if not cart.lines and product:
        expires_at = draft.now + draft.policy.hold if holding else None
        changed = replace(changed, currency=product.currency, expires_at=expires_at)
    return draft.put_cart(changed)


def check_limits(cart: Cart, product: Product, quantity: int, draft: Draft) -> None:
    """Refuse a larger line of what is not for sale, or beyond the caps."""
    if not product.for_sale:
        raise Conflict("this product is not for sale now", product_id=product.id)
    if cart.currency not in {None, product.currency}:
        raise Conflict("a cart has one currency", currency=cart.currency, product_id=product.id)
    if quantity > product.max_per_cart:
        raise Invalid(
            f"at most {product.max_per_cart} units of this product fit in a cart",
            product_id=product.id,
            max_per_cart=product.max_per_cart,
        )
    old = cart.line(product.id)
    if not old and len(cart.lines) >= draft.policy.max_lines:
        raise Invalid(f"a cart has at most {draft.policy.max_lines} lines", max_lines=draft.policy.max_lines)
    if cart.units - (old.quantity if old else 0) + quantity > draft.policy.max_units:
        raise Invalid(f"a cart holds at most {draft.policy.max_units} units", max_units=draft.policy.max_units)


def _claim(cart: Cart, product: Product, before: int, quantity: int, draft: Draft, *, holding: bool) -> None:
    available = draft.level(product.id).unclaimed
    delta = quantity - before
    # A line that holds has its own units already; one that does not must find all of them on the shelf.
    if delta > 0 and (delta if holding else quantity) > available:
        raise InsufficientStock(
            f"only {available} of “{product.name}” available",
            product_id=product.id,
            available=available,
            in_cart=before,
        )
    if holding:
        change_type = ChangeType.HOLD if delta > 0 else ChangeType.RELEASE
        draft.move(product, act_of(cart, draft, change_type), held=delta)


def act_of(cart: Cart, draft: Draft, change_type: ChangeType, reason: str = "") -> Act:
    """Describe a movement that a cart's owner causes."""
    return Act(change_type, cart.id, cart.id, reason, draft.now)
