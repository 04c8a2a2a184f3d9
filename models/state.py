"""What a batch of commands decides on, and what it changes.

``State`` is what the store read in one snapshot. ``decide`` never alters it: it writes into a ``Draft`` laid over it,
and whoever runs the batch applies the draft of each accepted command before deciding the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from models.alert import Notice
from models.cart import Cart
from models.identity import OwnerId
from models.letter import Letter
from models.order import Order
from models.payment import Intent
from models.policy import Policy
from models.stock import Act, Crossing, Level, Movement, Product, move
from models.waiter import Waiter, WaitState


class OrderKey(NamedTuple):
    """The idempotency key of an order, as its owner chose it."""

    owner: OwnerId
    key: str


class Place(NamedTuple):
    """Where somebody may have a place: in the line of a product."""

    product_id: str
    owner: OwnerId


@dataclass(slots=True)
class State:
    """A snapshot of what a batch touches. ``now`` is the database's clock; what is not there does not exist."""

    now: datetime
    policy: Policy
    products: dict[str, Product] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)
    carts: dict[OwnerId, Cart] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    keys: dict[OrderKey, str] = field(default_factory=dict)
    payments: dict[OrderKey, dict[str, Intent]] = field(default_factory=dict)
    """By the key of what they are to pay for, and by their id: all tries so far."""
    waiters: dict[str, Waiter] = field(default_factory=dict)
    known_up_to: dict[str, int] = field(default_factory=dict)
    """By product, the place up to which all who wait are in ``waiters``: beyond it some may be missing."""
    _places: dict[Place, str] = field(default_factory=dict)

    def add_waiter(self, waiter: Waiter) -> None:
        """Make a place in a line known by its id and, while it is open, by whose it is."""
        before = self.waiters.get(waiter.id)
        if before and self._places.get(Place(before.product_id, before.owner)) == before.id:
            del self._places[Place(before.product_id, before.owner)]
        self.waiters[waiter.id] = waiter
        if waiter.open:
            self._places[Place(waiter.product_id, waiter.owner)] = waiter.id

    def place_of(self, place: Place) -> str | None:
        """Return the id of an owner's open place in a product's line, or None."""
        return self._places.get(place)

    def add_order(self, order: Order) -> None:
        """Make an order known by its id and by its key."""
        self.orders[order.id] = order
        self.keys[OrderKey(order.owner, order.order_key)] = order.id

    def add_payment(self, intent: Intent) -> None:
        """Make a payment known."""
        self.payments.setdefault(OrderKey(intent.owner, intent.order_key), {})[intent.id] = intent

    def apply(self, draft: "Draft") -> None:
        """Let the next command see what this one changed."""
        self.levels.update(draft.levels)
        self.carts.update(draft.carts)
        for order in (*draft.placed, *draft.changed_orders):
            self.add_order(order)
        for waiter in draft.waiters.values():
            self.add_waiter(waiter)
        for intent in (*draft.begun, *draft.paid):
            self.add_payment(intent)


class Draft:
    """The changes of one command over a state, and the reading of that state through them."""

    __slots__ = (
        *("carts", "changed_orders", "crossings", "letters", "levels", "movements", "placed", "state"),
        *("begun", "notices", "owing", "paid", "seen", "waiters"),
    )

    def __init__(self, state: State) -> None:
        self.state = state
        self.begun: list[Intent] = []
        self.paid: list[Intent] = []
        self.owing: list[str] = []
        self.levels: dict[str, Level] = {}
        self.carts: dict[OwnerId, Cart] = {}
        self.movements: list[Movement] = []
        self.crossings: list[Crossing] = []
        self.placed: list[Order] = []
        self.changed_orders: list[Order] = []
        self.letters: list[Letter] = []
        self.waiters: dict[str, Waiter] = {}
        self.notices: list[Notice] = []
        self.seen: list[str] = []

    def __len__(self) -> int:
        """Count the documents that will be written."""
        return (
            len(self.levels)
            + len(self.carts)
            + len(self.movements)
            + len(self.crossings)
            + len(self.letters)
            + len(self.changed_orders)
            + len(self.waiters)
            + len(self.notices)
            + len(self.seen)
            + len(self.begun)
            + len(self.owing)
            + 2 * len(self.placed)
        )

    @property
    def now(self) -> datetime:
        """The database's clock when the batch was read."""
        return self.state.now

    @property
    def policy(self) -> Policy:
        """The shop's limits."""
        return self.state.policy

    def product(self, product_id: str) -> Product | None:
        """Return a product, or None."""
        return self.state.products.get(product_id)

    def level(self, product_id: str) -> Level:
        """Return a product's level with this draft's movements in it."""
        return self.levels.get(product_id) or self.state.levels[product_id]

    def cart(self, cart_id: OwnerId) -> Cart:
        """Return a cart as this draft has it; one that was never stored is empty, at revision 0."""
        return self.carts.get(cart_id) or self.state.carts.get(cart_id) or Cart(cart_id)

    def order(self, key: OrderKey) -> Order | None:
        """Return the order that was placed under a key, or None."""
        order_id = self.state.keys.get(key)
        return self.state.orders[order_id] if order_id else None

    def payments_for(self, key: OrderKey) -> Mapping[str, Intent]:
        """Return all tries to pay for what is ordered under a key, by their id."""
        return self.state.payments.get(key, {})

    def waiter(self, product_id: str, owner: OwnerId) -> Waiter | None:
        """Return an owner's open place in the line of a product, as it was before this draft, or None."""
        waiter_id = self.state.place_of(Place(product_id, owner))
        return self.state.waiters[waiter_id] if waiter_id else None

    def last_place(self, product_id: str, owner: OwnerId) -> Waiter | None:
        """Return an owner's last place in the line of a product, open or not, or None."""
        theirs = (each for each in self.state.waiters.values() if (each.product_id, each.owner) == (product_id, owner))
        return max(theirs, key=lambda each: each.place, default=None)

    def waiters_of(self, owner: OwnerId) -> list[Waiter]:
        """Return all open places of an owner, as they were before this draft."""
        return [each for each in self.state.waiters.values() if each.owner == owner and each.open]

    def line(self, product_id: str) -> list[Waiter]:
        """Return those who wait for a product, as far as nobody before them can be missing, in their order."""
        last = self.state.known_up_to.get(product_id, 0)
        theirs = (each for each in self.state.waiters.values() if each.product_id == product_id and each.place <= last)
        return sorted((each for each in theirs if each.state == WaitState.WAITING), key=lambda each: each.place)

    def put_waiter(self, waiter: Waiter) -> Waiter:
        """Store a place in a line."""
        self.waiters[waiter.id] = waiter
        return waiter

    def count_waiting(self, product_id: str, *, waiting: int, joined: int = 0) -> Level:
        """Change how many wait for a product, and how many ever did; ValueError where fewer than nobody would."""
        level = self.level(product_id)
        if level.waiting + waiting < 0:
            raise ValueError(f"{level.waiting + waiting} would wait for {product_id}")
        changed = level._replace(waiting=level.waiting + waiting, joined=level.joined + joined)
        self.levels[product_id] = changed
        return changed

    def put_cart(self, cart: Cart) -> Cart:
        """Store the next revision of a cart."""
        self.carts[cart.id] = cart
        return cart

    def move(self, product: Product, act: Act, *, stock: int = 0, held: int = 0) -> Movement:
        """Record a movement and the crossing that it may be."""
        moved = move(product, self.level(product.id), act, stock=stock, held=held)
        self.levels[product.id] = moved.level
        self.movements.append(moved.movement)
        if moved.crossing:
            self.crossings.append(moved.crossing)
        return moved.movement


class Changes:
    """What a whole batch changes, in the form in which it is written: the last state of each document, all new rows."""

    __slots__ = (
        *("carts", "changed_orders", "crossings", "letters", "levels", "movements", "payments", "placed"),
        *("begun", "notices", "owing", "paid", "seen", "waiters"),
    )

    def __init__(self) -> None:
        self.begun: dict[str, Intent] = {}
        self.paid: list[Intent] = []
        self.owing: list[str] = []
        self.levels: dict[str, Level] = {}
        self.carts: dict[OwnerId, Cart] = {}
        self.movements: list[Movement] = []
        self.crossings: list[Crossing] = []
        self.placed: list[Order] = []
        self.payments: list[Order] = []
        self.changed_orders: dict[str, Order] = {}
        self.letters: list[Letter] = []
        self.waiters: dict[str, Waiter] = {}
        self.notices: list[Notice] = []
        self.seen: list[str] = []

    def add(self, draft: Draft) -> None:
        """Take in one more command's changes."""
        self.levels.update(draft.levels)
        self.carts.update(draft.carts)
        self.movements += draft.movements
        self.crossings += draft.crossings
        self.placed += draft.placed
        self.payments += [order for order in draft.placed if order.payment and not order.payment.id]
        self.begun.update((intent.id, intent) for intent in draft.begun)
        self.paid += draft.paid
        self.owing += draft.owing
        self.changed_orders.update((order.id, order) for order in draft.changed_orders)
        self.letters += draft.letters
        self.waiters.update(draft.waiters)
        self.notices += draft.notices
        self.seen += draft.seen

    def __len__(self) -> int:
        """Count the documents that will be written."""
        return (
            len(self.levels)
            + len(self.carts)
            + len(self.movements)
            + len(self.crossings)
            + len(self.placed)
            + len(self.payments)
            + len(self.changed_orders)
            + len(self.letters)
            + len(self.waiters)
            + len(self.notices)
            + len(self.seen)
            + len(self.begun)
            + len(self.paid)
            + len(self.owing)
        )
