"""What always holds: whatever is asked, in whatever order, the books balance."""

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

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
from models.decide import decide
from models.errors import Refused
from models.identity import OwnerId
from models.outcomes import Merged, OrderPlaced
from models.policy import Policy
from models.state import Draft, State
from models.stock import Level
from tests.models.builders import NOON, a_payment, a_product
from tests.movers import AN_ADMIN

PRODUCTS = ("tea", "cup", "pot", "tin")
CARTS = tuple(OwnerId(each) for each in ("u:anna", "u:ben", "s:guest"))
STOCKS = (6, 3, 12, 0)

products = st.sampled_from((*PRODUCTS, "nothing"))
carts = st.sampled_from(CARTS)
keys = st.sampled_from(("k1", "k2", "k3"))
small = st.integers(0, 7)
numbers = st.one_of(small, small, st.sampled_from((-1, -(2**63), 2**31 - 1, 2**31, 2**63, 2**200)))
quantities = st.lists(st.tuples(products, numbers), max_size=4).map(tuple)
orders = st.integers(1, 6).map(lambda number: f"order {number}")


class Books(RuleBasedStateMachine):
    """A shop in which anything may be asked, checked after every step against books of the test's own."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State(NOON, Policy(max_lines=3, max_units=12))
        self.start: dict[str, Level] = {}
        self.versions: Counter[str] = Counter()
        self.sums: dict[str, tuple[int, int]] = {}
        self.ids = 0
        self.answered: dict[tuple[OwnerId, str], Any] = {}

    @initialize()
    def open_the_shop(self) -> None:
        """Fill the shelves; the pot costs dollars."""
        for product_id, stock in zip(PRODUCTS, STOCKS, strict=True):
            currency = "USD" if product_id == "pot" else "EUR"
            self.state.products[product_id] = a_product(product_id, max_per_cart=6, currency=currency)
            self.state.levels[product_id] = Level(stock, 0, 0, 0)
            self.sums[product_id] = (stock, 0)

    @rule(cart=carts, product=products, quantity=numbers, revision=st.sampled_from((None, None, 1)))
    def set_line(self, cart: OwnerId, product: str, quantity: int, revision: int | None) -> None:
        """Set one line."""
        self.ask(SetLine(cart, product, quantity, revision))

    @rule(cart=carts, lines=quantities, email=st.sampled_from((None, "a@shop.test")))
    def set_lines(self, cart: OwnerId, lines: tuple[tuple[str, int], ...], email: str | None) -> None:
        """Set all lines."""
        self.ask(SetLines(cart, lines, email))

    @rule(cart=carts, kind=st.sampled_from((ClearCart, ExpireCart)))
    def touch(self, cart: OwnerId, kind: Any) -> None:
        """Clear or expire."""
        self.ask(kind(cart))

    @rule(cart=carts, email=st.sampled_from((None, "b@shop.test")))
    def set_email(self, cart: OwnerId, email: str | None) -> None:
        """Say where alerts go."""
        self.ask(SetEmail(cart, email))

    @rule(source=carts, into=carts)
    def merge(self, source: OwnerId, into: OwnerId) -> None:
        """Merge two carts: never refused, and each unit is either in the target or reported."""
        had = {cart: self.live_units(cart) for cart in (source, into)}
        decided = self.ask(MergeCarts(source, into))
        assert decided, "a merge is never refused"
        merged: Merged = decided[0]
        if source != into:
            cut = sum(each.wanted - each.quantity for each in merged.clipped)
            assert merged.cart.units + cut == sum(had.values())

    @rule(
        cart=carts,
        key=keys,
        fingerprint=st.sampled_from(("f", "f", "g")),
        lines=st.none() | quantities,
        expected=st.sampled_from((None, None, None, 500)),
        paid=st.sampled_from((None, None, 1000)),
    )
    def place(self, cart: OwnerId, key: str, fingerprint: str, lines: Any, expected: int | None, paid: Any) -> None:
        """Order, with new and with repeated keys."""
        self.ids += 1
        payment = a_payment(paid) if paid else None
        order_id = f"order {self.ids}"
        decided = self.ask(
            PlaceOrder(cart, order_id, key, fingerprint, None, "a@shop.test", None, payment, expected, lines)
        )
        if decided:
            self.check_order(decided[0], decided[1], cart, key)

    @rule(cart=carts, key=keys, expected=st.sampled_from((None, 500)))
    def begin(self, cart: OwnerId, key: str, expected: int | None) -> None:
        """Begin an order: no stock moves; what was begun and is asked at once is not refused."""
        command = BeginOrder(cart, key, "f", expected)
        decided = self.ask(command)
        if decided:
            assert not decided[1].movements
            decide(PlaceOrder(cart, "trial", key, "f", None, None, None, None, expected), self.state)

    @rule(order_id=orders)
    def cancel(self, order_id: str) -> None:
        """Cancel an order."""
        self.ask(CancelOrder(order_id, AN_ADMIN, "why"))

    @rule(product=products, delta=numbers, seller=st.sampled_from((None, "seller", "another")))
    def restock(self, product: str, delta: int, seller: str | None) -> None:
        """Add stock."""
        self.ask(Restock(product, delta, "seller", "", seller))

    @rule(product=products, quantity=st.none() | numbers, delta=st.none() | numbers | st.integers(-5, 0))
    def adjust(self, product: str, quantity: int | None, delta: int | None) -> None:
        """Correct the stock."""
        self.ask(Adjust(product, quantity, delta, "seller", ""))

    @rule(seconds=st.sampled_from((1, 59, 300, 541, 600)))
    def time_passes(self, seconds: int) -> None:
        """Move the clock."""
        self.state.now += timedelta(seconds=seconds)

    @rule(hold=st.sampled_from((0, 600)))
    def turn_holding(self, hold: int) -> None:
        """Turn holding on or off."""
        self.state.policy = Policy(hold=timedelta(seconds=hold), max_lines=3, max_units=12)

    @rule(product=st.sampled_from(PRODUCTS), price=st.sampled_from((500, 700)), for_sale=st.booleans())
    def edit(self, product: str, price: int, *, for_sale: bool) -> None:
        """Change a catalogue entry."""
        currency = self.state.products[product].currency
        self.state.products[product] = a_product(
            product, max_per_cart=6, currency=currency, price=price, for_sale=for_sale
        )

    def live_units(self, cart_id: OwnerId) -> int:
        """Count the units of a cart whose hold has not run out."""
        cart = self.state.carts.get(cart_id, Cart(cart_id))
        return 0 if cart.past_expiry(self.state.now) else cart.units

    def ask(self, command: Command[Any]) -> tuple[Any, Draft] | None:
        """Decide a command; check that deciding changes nothing by itself, then apply and book what it did."""
        before = deepcopy(self.state)
        try:
            outcome, draft = decide(command, self.state)
        except Refused:
            assert self.state == before, "a refused command changes nothing"
            return None
        assert self.state == before, "deciding changes nothing"
        self.book(draft)
        self.state.apply(draft)
        for cart_id in CARTS:
            self.check_revision(
                before.carts.get(cart_id, Cart(cart_id)), self.state.carts.get(cart_id, Cart(cart_id)), draft
            )
        return outcome, draft

    def check_revision(self, before: Cart, after: Cart, draft: Draft) -> None:
        """See that a cart's revision grew exactly if the cart changed (or was filled and bought in one step)."""
        if before == after:
            return
        assert after.revision > before.revision
        assert draft.placed or replace(after, revision=before.revision) != before, "a new revision has something new"

    def book(self, draft: Draft) -> None:
        """Follow each movement in the books; check versions, crossings and armings on the way."""
        levels = {product_id: self.state.levels[product_id] for product_id in PRODUCTS}
        crossings = {(each.product_id, each.version): each for each in draft.crossings}
        for movement in draft.movements:
            was, threshold = levels[movement.product_id], self.state.products[movement.product_id].threshold
            assert (movement.old_stock, movement.old_held) == self.sums[movement.product_id]
            assert movement.version == was.version + 1 == self.versions[movement.product_id] + 1
            self.versions[movement.product_id] += 1
            self.sums[movement.product_id] = (movement.new_stock, movement.new_held)
            now = movement.new_stock - movement.new_held
            crossing = crossings.pop((movement.product_id, movement.version), None)
            assert (crossing is not None) == (now < was.available and now <= threshold)
            arming = was.arming + (was.available <= threshold < now)
            assert crossing is None or (crossing.arming, crossing.available) == (arming, now)
            levels[movement.product_id] = Level(movement.new_stock, movement.new_held, movement.version, arming)
        assert not crossings, "each crossing belongs to a movement"
        assert all(level[:4] == levels[product_id][:4] for product_id, level in draft.levels.items())

    def check_order(self, outcome: OrderPlaced, draft: Draft, owner: OwnerId, key: str) -> None:
        """One order for each key; a repeat answers it; a total is what its lines cost."""
        order = outcome.order
        if outcome.repeated:
            assert self.answered[owner, key] == order.id
            assert not [*draft.movements, *draft.carts, *draft.placed, *draft.letters]
            return
        assert (owner, key) not in self.answered
        self.answered[owner, key] = order.id
        assert order.total_amount == sum(line.quantity * line.price for line in order.lines)
        assert {self.state.products[line.product_id].currency for line in order.lines} == {order.currency}
        purchases = [each for each in draft.movements if each.cause == order.id]
        assert [each.product_id for each in purchases] == [line.product_id for line in order.lines]
        assert len(draft.letters) == len(draft.placed) == 1

    @invariant()
    def levels_add_up(self) -> None:
        """0 ≤ held ≤ stock; held is what the carts hold; a level is the sum of its movements."""
        held: Counter[str] = Counter()
        for cart in self.state.carts.values():
            if cart.holding:
                held.update({line.product_id: line.quantity for line in cart.lines})
        for product_id, level in self.state.levels.items():
            assert 0 <= level.held <= level.stock
            assert level.held == held[product_id]
            assert self.sums[product_id] == (level.stock, level.held)
            assert self.versions[product_id] == level.version

    @invariant()
    def carts_are_in_shape(self) -> None:
        """Lines are positive and within the caps; an empty cart has no clock; a cart has one currency."""
        for cart in self.state.carts.values():
            assert all(0 < line.quantity <= 6 for line in cart.lines)
            assert len(cart.lines) <= 3
            assert len({line.product_id for line in cart.lines}) == len(cart.lines)
            assert cart.units <= 12
            assert {self.state.products[line.product_id].currency for line in cart.lines} == (
                {cart.currency} if cart.lines else set()
            )
            assert cart.lines or (cart.expires_at, cart.extended, cart.currency) == (None, False, None)


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
