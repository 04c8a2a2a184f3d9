"""Rules of the line for what is out: joining, leaving, offering what came back, taking it.

While ``waiting`` people wait, so many of the available units are theirs (``Level.unclaimed``): whenever the offers are
made, nobody else can have been quicker. An offer is a cart of its own that holds one unit, so it expires as carts do.
"""

from dataclasses import replace
from datetime import UTC, datetime

from models.alert import Notice
from models.cart import Cart, Line
from models.commands import BringPlaces, JoinLine, LeaveLine, OfferNext, TakeOffer
from models.errors import CartExpired, Conflict, Invalid, NotFound
from models.holding import act_of, check_limits, expire, release_all
from models.identity import user_of_owner
from models.letter import Letter
from models.outcomes import CartChanged, Left, Offered, Waits
from models.state import Draft
from models.stock import Act, ChangeType, Product
from models.waiter import Waiter, WaitState

BACK_IN_STOCK = "back_in_stock"


def join_line(command: JoinLine, draft: Draft) -> Waits:
    """Give the owner the next place; refuse where there are units for anybody.

    Who waits already keeps their place, and may have given another address.
    """
    present = draft.waiter(command.product_id, command.owner)
    if present:
        return Waits((_readdressed(present, command.email, draft),))
    product = _on_show(command.product_id, draft)
    level = draft.level(product.id)
    if level.unclaimed:
        raise Conflict("there are units for everyone now", product_id=product.id, available=level.unclaimed)
    email = command.email or command.of_cart
    if email is None and user_of_owner(command.owner) is None:
        problem = {"pointer": "/email", "detail": "is needed to tell you, as nobody is signed in"}
        raise Invalid("an address is needed", errors=[problem])
    joined = draft.count_waiting(product.id, waiting=1, joined=1).joined
    return Waits((draft.put_waiter(Waiter(product.id, joined, command.owner, email, draft.now)),))


def leave_line(command: LeaveLine, draft: Draft) -> Left:
    """Give up a place; what was offered is released. Who has no place has nothing to give up, which is fine."""
    waiter = draft.waiter(command.product_id, command.owner)
    return Left(waiter and _leave(waiter, draft), draft.levels)


def offer_next(command: OfferNext, draft: Draft) -> Offered:
    """Hold a unit for each of the first in line, and have them told; a product that is not on show is not offered."""
    product = draft.product(command.product_id)
    if product is None or not product.for_sale:
        return Offered((), more=False)
    units = min(command.limit, draft.level(product.id).available)
    offered = tuple(_offer(waiter, product, draft) for waiter in draft.line(product.id)[:units])
    level = draft.level(product.id)
    return Offered(offered, more=bool(offered) and level.available > 0 and level.waiting > 0)


def take_offer(command: TakeOffer, draft: Draft) -> CartChanged:
    """Move the unit from the offer into the cart: held before, held after. A cart that has a clock keeps it.

    Repeated, because the answer was lost, it answers the cart that has the unit.
    """
    waiter, cart = draft.waiter(command.product_id, command.owner), draft.cart(command.owner)
    if waiter is None or waiter.state != WaitState.OFFERED:
        if waiter is None and _was_taken(command, cart, draft):
            return CartChanged(cart)
        raise NotFound("nothing is offered to you of this product", product_id=command.product_id)
    offer = draft.cart(waiter.offer_cart)
    if offer.past_expiry(draft.now):
        raise CartExpired("the offer has run out", product_id=command.product_id)
    product = _on_show(command.product_id, draft)
    if cart.past_expiry(draft.now):
        cart = expire(cart, draft)
    old = cart.line(product.id)
    quantity = old.quantity + 1 if old else 1
    check_limits(cart, product, quantity, draft)
    draft.put_cart(offer.with_lines(()))
    taken = _receive(cart, offer, Line(product.id, quantity, (old or offer.lines[0]).since), draft)
    if not taken.holding:  # such a cart takes its units from the shelf, at the order
        draft.move(product, act_of(taken, draft, ChangeType.RELEASE, "an offer taken"), held=-1)
    _close(waiter, WaitState.TAKEN, draft)
    return CartChanged(taken, draft.levels)


def bring_places(command: BringPlaces, draft: Draft) -> Waits:
    """Make the places of an anonymous session those of the user who signed in."""
    brought = []
    for waiter in draft.waiters_of(command.source) if command.source != command.target else ():
        mine = draft.waiter(waiter.product_id, command.target)
        if mine and _rank(mine) < _rank(waiter):
            _leave(waiter, draft)
            continue
        if mine:
            _leave(mine, draft)
        brought.append(_hand_over(waiter, command, draft))
    return Waits(tuple(brought))


def notice_key(waiter: Waiter) -> str:
    """Return the key of the notification of an offer: each owner of it is told once."""
    return f"{letter_key(waiter)}:{waiter.owner}"


def place_of_notice(key: str) -> str:
    """Return the id of the place whose offer a notification tells of, by its key."""
    return ":".join(key.split(":")[1:3])


def letter_key(waiter: Waiter) -> str:
    """Return the key of the mail of an offer."""
    return f"{BACK_IN_STOCK}:{waiter.id}"


def _offer(waiter: Waiter, product: Product, draft: Draft) -> Waiter:
    expires_at = draft.now + draft.policy.offer
    act = Act(ChangeType.HOLD, waiter.owner, waiter.offer_cart, "offered", draft.now)
    movement = draft.move(product, act, held=1)
    line = Line(product.id, 1, movement.version)
    draft.put_cart(Cart(waiter.offer_cart, revision=1, lines=(line,), currency=product.currency, expires_at=expires_at))
    draft.count_waiting(product.id, waiting=-1)
    offered = replace(waiter, state=WaitState.OFFERED, offered_at=draft.now, offer_expires_at=expires_at)
    _tell(offered, product, draft)
    return draft.put_waiter(offered)


def _tell(waiter: Waiter, product: Product, draft: Draft, *, by_mail: bool = True) -> None:
    data = {
        "product_id": product.id,
        "name": product.name,
        "price": product.price_at(draft.now),
        "currency": product.currency,
        "expires_at": _written(waiter.offer_expires_at or draft.now),
    }
    letter = None
    if by_mail and waiter.email:
        letter = Letter(letter_key(waiter), BACK_IN_STOCK, waiter.email, data, until=waiter.offer_expires_at)
        draft.letters.append(letter)
    draft.notices.append(Notice(notice_key(waiter), waiter.owner, BACK_IN_STOCK, data, letter))


def _receive(cart: Cart, offer: Cart, line: Line, draft: Draft) -> Cart:
    changed = cart.with_line(line)
    if not cart.lines:
        full = draft.now + draft.policy.hold
        clocks = [full, offer.expires_at] if offer.expires_at else [full]
        changed = replace(changed, currency=offer.currency, expires_at=max(clocks))
    return draft.put_cart(changed)


def _leave(waiter: Waiter, draft: Draft) -> Waiter:
    if waiter.state == WaitState.OFFERED:
        offer = draft.cart(waiter.offer_cart)
        release_all(offer, draft, ChangeType.RELEASE)
        draft.put_cart(offer.with_lines(()))
    elif draft.product(waiter.product_id):
        draft.count_waiting(waiter.product_id, waiting=-1)
    return _close(waiter, WaitState.LEFT, draft)


def _close(waiter: Waiter, state: WaitState, draft: Draft) -> Waiter:
    if waiter.offered_at:
        draft.seen.append(notice_key(waiter))  # there is nothing left to remind of
    return draft.put_waiter(replace(waiter, state=state, closed_at=draft.now))


def _hand_over(waiter: Waiter, command: BringPlaces, draft: Draft) -> Waiter:
    handed = _readdressed(replace(waiter, owner=command.target), command.email, draft)
    product = draft.product(waiter.product_id)
    if waiter.offered_at:
        draft.seen.append(notice_key(waiter))
        if product:
            _tell(handed, product, draft, by_mail=False)
    return draft.put_waiter(handed)


def _readdressed(waiter: Waiter, email: str | None, draft: Draft) -> Waiter:
    """Have an offer mailed to that address; one that was made has been mailed."""
    if waiter.state != WaitState.WAITING or email in {None, waiter.email}:
        return waiter
    return draft.put_waiter(replace(waiter, email=email))


def _was_taken(command: TakeOffer, cart: Cart, draft: Draft) -> bool:
    """Whether what was last offered was taken, and is still in the cart."""
    last = draft.last_place(command.product_id, command.owner)
    taken = last is not None and last.state == WaitState.TAKEN
    return taken and cart.line(command.product_id) is not None and not cart.past_expiry(draft.now)


def _rank(waiter: Waiter) -> tuple[bool, int]:
    """Order places by what they are worth: an offer first, then who waits longest."""
    return waiter.state != WaitState.OFFERED, waiter.place


def _on_show(product_id: str, draft: Draft) -> Product:
    product = draft.product(product_id)
    if product is None:
        raise NotFound("there is no such product", product_id=product_id)
    if not product.for_sale:
        raise Conflict("this product is not for sale now", product_id=product_id)
    return product


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
