"""Rules of ordering: what a cart costs, and how it becomes an order."""

from models.cart import Cart, Line
from models.commands import BeginOrder, PlaceOrder, SetLines
from models.errors import CartExpired, Conflict, InsufficientStock, KeyReused, PriceChanged
from models.holding import prolong, set_lines
from models.letter import Letter
from models.order import Fulfilment, Order, OrderLine, OrderStatus, StatusChange
from models.outcomes import OrderBegun, OrderPlaced
from models.paying import begin_payment, take_payment
from models.state import Draft, OrderKey
from models.stock import Act, ChangeType, Product


def begin_order(command: BeginOrder, draft: Draft) -> OrderBegun:
    """Refuse what ``place_order`` would refuse, change no stock; a hold about to end gets its one extension."""
    earlier = _earlier(command, draft)
    if earlier:
        return OrderBegun(earlier.total_amount, earlier.currency, earlier)
    cart = _orderable(draft.cart(command.cart_id), draft)
    lines = _order_lines(cart, draft)
    _, total = _costs(lines, draft)
    _check_total(cart, total, command.expected_total)
    for line in lines:
        _check_available(cart, draft.state.products[line.product_id], line.quantity, draft)
    if cart.expires_at and cart.expires_at - draft.now < draft.policy.extension:
        prolong(cart, draft)
    currency = cart.currency or ""
    payment = begin_payment(command, command.provider, total, currency, draft) if command.provider else None
    return OrderBegun(total, currency, None, payment.id if payment else "")


def place_order(command: PlaceOrder, draft: Draft) -> OrderPlaced:
    """Turn what the cart holds into an order, its stock into purchases; a repeated key gets the first answer."""
    earlier = _earlier(command, draft)
    if earlier:
        return OrderPlaced(earlier, repeated=True)
    if command.lines is not None:
        set_lines(SetLines(command.cart_id, command.lines), draft)
    cart = _orderable(draft.cart(command.cart_id), draft)
    lines = _order_lines(cart, draft)
    shipping, total = _costs(lines, draft)
    _check_total(cart, total, command.expected_total, command.payment.amount if command.payment else None)
    if command.payment and command.payment.id:
        take_payment(command, command.payment, draft)
    for line in lines:
        _purchase(cart, line, command.order_id, draft)
    order = _order(command, cart, lines, shipping, total, draft)
    draft.placed.append(order)
    draft.put_cart(cart.with_lines(()))
    if order.email:
        key, data = f"order_placed:{order.id}", {"order_id": order.id}
        draft.letters.append(Letter(key, "order_placed", order.email, data, owner=order.owner))
    return OrderPlaced(order, repeated=False)


def _orderable(cart: Cart, draft: Draft) -> Cart:
    if cart.past_expiry(draft.now) or (cart.expired and not cart.lines):
        raise CartExpired("the hold on this cart has run out")
    if not cart.lines:
        raise Conflict("the cart is empty")
    return cart


def _earlier(command: BeginOrder | PlaceOrder, draft: Draft) -> Order | None:
    earlier = draft.order(OrderKey(command.cart_id, command.order_key))
    if earlier and earlier.fingerprint != command.fingerprint:
        raise KeyReused("this order key was used for another order")
    return earlier


def _order_lines(cart: Cart, draft: Draft) -> tuple[OrderLine, ...]:
    return tuple(_order_line(cart, line, draft) for line in cart.lines)


def _order_line(cart: Cart, line: Line, draft: Draft) -> OrderLine:
    product = draft.product(line.product_id)
    if product is None or not product.for_sale:
        raise Conflict("a product in the cart is no longer for sale", product_id=line.product_id)
    if product.currency != cart.currency:
        raise Conflict("a product in the cart has another currency now", product_id=product.id)
    price = product.price_at(draft.now)
    list_price = product.price if price != product.price else None
    return OrderLine(product.id, product.name, line.quantity, price, product.seller_id, list_price)


def _costs(lines: tuple[OrderLine, ...], draft: Draft) -> tuple[int, int]:
    """Return what shipping costs, and all together."""
    goods = sum(line.price * line.quantity for line in lines)
    shipping = draft.policy.shipping_for(goods)
    return shipping, goods + shipping


def _check_total(cart: Cart, total: int, *expected: int | None) -> None:
    """Refuse unless each expectation that there is (what the buyer saw, what was authorised) is met."""
    if any(each not in {None, total} for each in expected):
        raise PriceChanged("the total has changed", total_amount=total, currency=cart.currency)


def _purchase(cart: Cart, line: OrderLine, order_id: str, draft: Draft) -> None:
    product = draft.state.products[line.product_id]
    _check_available(cart, product, line.quantity, draft)
    act = Act(ChangeType.PURCHASE, cart.id, order_id, "", draft.now)
    draft.move(product, act, stock=-line.quantity, held=-line.quantity if cart.holding else 0)


def _check_available(cart: Cart, product: Product, quantity: int, draft: Draft) -> None:
    available = draft.level(product.id).unclaimed
    if not cart.holding and quantity > available:
        raise InsufficientStock(
            f"only {available} of “{product.name}” available",
            product_id=product.id,
            available=available,
            in_cart=quantity,
        )


def _order(
    command: PlaceOrder, cart: Cart, lines: tuple[OrderLine, ...], shipping: int, total: int, draft: Draft
) -> Order:
    placed = OrderStatus.PLACED
    return Order(
        id=command.order_id,
        owner=cart.id,
        buyer_id=command.buyer_id,
        order_key=command.order_key,
        fingerprint=command.fingerprint,
        lines=lines,
        total_amount=total,
        currency=cart.currency or "",
        status=placed,
        history=(StatusChange(placed, draft.now, cart.id, ""),),
        fulfilments=tuple(Fulfilment(seller, placed) for seller in dict.fromkeys(line.seller_id for line in lines)),
        address=command.address,
        email=command.email,
        payment=command.payment,
        timestamp=draft.now,
        shipping=shipping,
    )
