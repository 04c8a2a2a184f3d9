"""A small shop in memory, on which the rules are tried: no store, no clock but the one that the test moves."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from models.cart import Cart
from models.commands import Command, PlaceOrder, SetLine
from models.decide import decide
from models.identity import OwnerId
from models.letter import Letter
from models.order import Address, Order, Payment
from models.outcomes import CartChanged
from models.policy import Policy
from models.state import Draft, State
from models.stock import Crossing, Level, Movement, Product

O = TypeVar("O")  # noqa: E741 - the outcome, as in Command[O]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANNA = OwnerId("u:anna")
BEN = OwnerId("u:ben")
GUEST = OwnerId("s:guest")
HOME = Address("Anna", "1 High Street", "", "Bath", "BA1 1AA", "GB")


def a_product(product_id: str = "tea", **changes: Any) -> Product:
    """Build a product of 5.00 EUR, ten to a cart, alert at three."""
    product = Product(product_id, product_id.title(), 500, "EUR", "seller", 3, 10, for_sale=True)
    return replace(product, **changes)


def an_order(cart_id: OwnerId = ANNA, **changes: Any) -> PlaceOrder:
    """Ask for an order of whatever is in the cart, at the price of the moment."""
    order = PlaceOrder(cart_id, f"order of {cart_id}", "key", "fingerprint", None, "anna@shop.test", HOME, None, None)
    return replace(order, **changes)


def a_payment(amount: int, currency: str = "EUR") -> Payment:
    """Build money that a provider has set aside."""
    return Payment("sandbox", "pi_1", amount, currency)


@dataclass
class Shop:
    """Decides commands one after another, as a batch does, and keeps all that came of them."""

    state: State = field(default_factory=lambda: State(NOON, Policy()))
    movements: list[Movement] = field(default_factory=list)
    crossings: list[Crossing] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    last: Draft | None = None

    def sells(self, product_id: str = "tea", stock: int = 10, **product: Any) -> "Shop":
        """Put a product on the shelf."""
        self.state.products[product_id] = a_product(product_id, **product)
        self.state.levels[product_id] = Level(stock, 0, 0, 0)
        return self

    def changes(self, product_id: str = "tea", **changes: Any) -> "Shop":
        """Edit a catalogue entry."""
        self.state.products[product_id] = replace(self.state.products[product_id], **changes)
        return self

    def drops(self, product_id: str = "tea") -> "Shop":
        """Delete a product from the catalogue altogether."""
        del self.state.products[product_id], self.state.levels[product_id]
        return self

    def with_policy(self, **changes: Any) -> "Shop":
        """Change the shop's limits."""
        self.state.policy = replace(self.state.policy, **changes)
        return self

    def without_holding(self) -> "Shop":
        """Turn holding off: new carts claim nothing."""
        return self.with_policy(hold=timedelta(0))

    def later(self, seconds: float) -> "Shop":
        """Let time pass."""
        self.state.now += timedelta(seconds=seconds)
        return self

    def do(self, command: Command[O]) -> O:
        """Decide a command and let the next one see what it changed."""
        outcome, draft = decide(command, self.state)
        self.state.apply(draft)
        self.last = draft
        self.movements += draft.movements
        self.crossings += draft.crossings
        self.letters += draft.letters
        self.orders += draft.placed
        answer: O = outcome
        return answer

    def put(self, owner: OwnerId, quantity: int, product_id: str = "tea") -> CartChanged:
        """Set one line of somebody's cart."""
        return self.do(SetLine(owner, product_id, quantity))

    def cart(self, owner: OwnerId = ANNA) -> Cart:
        """Return somebody's cart."""
        return self.state.carts.get(owner) or Cart(owner)

    def quantities(self, owner: OwnerId = ANNA) -> dict[str, int]:
        """Return what is in somebody's cart."""
        return {line.product_id: line.quantity for line in self.cart(owner).lines}

    def level(self, product_id: str = "tea") -> Level:
        """Return a product's level."""
        return self.state.levels[product_id]

    def counts(self, product_id: str = "tea") -> tuple[int, int]:
        """Return stock and held units of a product."""
        return self.level(product_id).stock, self.level(product_id).held
