"""What always holds of lines: whatever is asked, in whatever order, places are counted and nobody is passed over."""

import sys
from collections import Counter
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from models.commands import (
    Adjust,
    BringPlaces,
    Command,
    ExpireCart,
    JoinLine,
    LeaveLine,
    MergeCarts,
    OfferNext,
    PlaceOrder,
    Restock,
    SetLine,
    SetLines,
    TakeOffer,
)
from models.identity import OwnerId, waiter_of_offer
from models.state import Draft, State
from models.waiter import WaitState
from tests.models.test_always import CARTS, PRODUCTS, Books, small

# The tin is out from the beginning; what is asked of lines is mostly asked of it.
products = st.sampled_from(("tin", "tin", "tin", "tin", "cup", "nothing"))
carts = st.sampled_from(CARTS)


class Lines(Books):
    """The shop in which anything may be asked, with people who wait."""

    @initialize()
    def know_the_lines(self) -> None:
        """See all of every line."""
        self.state.known_up_to = dict.fromkeys(PRODUCTS, sys.maxsize)

    @rule(product=products, cart=carts, email=st.sampled_from((None, "c@shop.test")))
    def join(self, product: str, cart: OwnerId, email: str | None) -> None:
        """Wait for a product."""
        self.ask(JoinLine(product, cart, email))

    @rule(product=products, order=st.permutations(CARTS))
    def crowd(self, product: str, order: list[OwnerId]) -> None:
        """Have all come, though all is held."""
        level = self.state.levels.get(product)
        if level and level.available:
            self.ask(Adjust(product, level.held, None, "seller", ""))
        for cart in order:
            self.ask(JoinLine(product, cart, "c@shop.test"))

    @rule(product=products, units=small, cart=carts, limit=st.integers(1, 3))
    def come_back(self, product: str, units: int, cart: OwnerId, limit: int) -> None:
        """Have some units come back and somebody be quick, before the line is served."""
        self.ask(Restock(product, units, "seller", ""))
        self.ask(SetLine(cart, product, 2))
        self.offer(product, limit)

    @rule(product=products, limit=st.integers(1, 3))
    def serve(self, product: str, limit: int) -> None:
        """Offer what there is."""
        self.offer(product, limit)

    def offer(self, product: str, limit: int) -> None:
        """Offer what is back to the first in line; each is told once."""
        decided = self.ask(OfferNext(product, limit))
        assert decided, "an offer is never refused"
        assert [each.to for each in decided[1].notices] == [each.owner for each in decided[0].waiters]
        assert len(decided[0].waiters) <= limit

    @rule(product=products, cart=carts)
    def leave(self, product: str, cart: OwnerId) -> None:
        """Wait no longer."""
        assert self.ask(LeaveLine(product, cart)), "leaving is never refused"

    @rule(kinds=st.lists(st.sampled_from((TakeOffer, LeaveLine, None)), min_size=1, max_size=3))
    def answer(self, kinds: list[Any]) -> None:
        """Have some who were offered something answer it."""
        offered = [each for each in self.state.waiters.values() if each.state == WaitState.OFFERED]
        for kind, waiter in zip(kinds, offered, strict=False):
            if kind is TakeOffer:
                self.take(waiter.product_id, waiter.owner)
            elif kind:
                self.ask(kind(waiter.product_id, waiter.owner))

    @rule(product=products, cart=carts)
    def take(self, product: str, cart: OwnerId) -> None:
        """Take what is offered: a unit that goes into a cart which holds is no movement."""
        decided = self.ask(TakeOffer(product, cart))
        if decided and len(decided[1]):  # else it was taken before, and changed nothing
            own = [each for each in decided[1].movements if each.cause == cart and each.change_type != "expire"]
            assert decided[0].cart.line(product)
            assert bool(own) != decided[0].cart.holding

    @rule(source=carts, into=carts)
    def bring(self, source: OwnerId, into: OwnerId) -> None:
        """Sign in, as far as lines are concerned: never refused, and nothing is left behind."""
        assert self.ask(BringPlaces(source, into))
        assert source == into or not any(each.open and each.owner == source for each in self.state.waiters.values())

    @rule(late=st.booleans())
    def expire_offers(self, *, late: bool) -> None:
        """Let the sweeper come by."""
        if late:
            self.state.now += self.state.policy.offer
        for cart_id in [each for each in self.state.carts if waiter_of_offer(each)]:
            self.ask(ExpireCart(cart_id))

    def ask(self, command: Command[Any]) -> tuple[Any, Draft] | None:
        """Decide a command, and see that no cart took a unit to which somebody who waits is entitled."""
        before = deepcopy(self.state.levels)
        decided = super().ask(command)
        if isinstance(command, SetLine | SetLines | MergeCarts | PlaceOrder | TakeOffer):
            for product_id, level in self.state.levels.items():
                assert level.available >= min(before[product_id].available, before[product_id].waiting)
        return decided

    @invariant()
    def lines_are_in_order(self) -> None:
        """Each place is counted and somebody's only one; an offer is a unit in its cart; nobody is passed over."""
        waiters = self.state.waiters.values()
        owned = Counter((each.product_id, each.owner) for each in waiters if each.open)
        assert not owned or max(owned.values()) == 1
        assert _offers(self.state) == {each.offer_cart for each in waiters if each.state == WaitState.OFFERED}
        for product_id, level in self.state.levels.items():
            line = [each for each in waiters if each.product_id == product_id]
            waiting = [each.place for each in line if each.state == WaitState.WAITING]
            assert (level.waiting, level.joined) == (len(waiting), len(line))
            assert min(waiting, default=sys.maxsize) > max((each.place for each in line if each.offered_at), default=0)


def _offers(state: State) -> set[OwnerId]:
    """Return the carts of offers that have something in them: one unit."""
    offers = {cart for cart_id, cart in state.carts.items() if cart.lines and waiter_of_offer(cart_id)}
    assert all(cart.units == 1 and cart.holding for cart in (state.carts[each.id] for each in offers))
    return {cart.id for cart in offers}


TestLines = Lines.TestCase
TestLines.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
