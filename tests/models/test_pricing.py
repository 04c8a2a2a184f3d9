"""What a product costs at a moment."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pricing import Discount, next_change, price_at
from tests.models.builders import ANNA, Shop, an_order

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def off(value: int, kind: str = "percent", begins: int = -1, ends: int = 1) -> Discount:
    """Make a discount from so many hours before or after noon to so many."""
    return Discount(f"{kind}{value}{begins}{ends}", kind, value, NOON + begins * HOUR, NOON + ends * HOUR)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price", "discounts", "costs"),
    [
        (1000, [], 1000),
        (1000, [off(25)], 750),
        (999, [off(50)], 500),
        (1, [off(50)], 1),
        (1000, [off(100)], 0),
        (1000, [off(300, "amount")], 700),
        (200, [off(300, "amount")], 0),
        (1000, [off(10), off(300, "amount"), off(20)], 700),
        (1000, [off(25, begins=1, ends=2)], 1000),
        (1000, [off(25, begins=-2, ends=-1)], 1000),
    ],
)
def test_the_lowest_discounted_price_of_the_moment_counts(price: int, discounts: list[Discount], costs: int) -> None:
    """Discounts do not add up; those of other times do not count."""
    assert price_at(price, discounts, NOON) == costs


def test_a_period_has_its_beginning_and_not_its_end() -> None:
    """Two periods in a row overlap nowhere."""
    discount = off(25)
    assert [discount.holds(at) for at in (NOON - HOUR, NOON + HOUR)] == [True, False]


def test_the_next_change_is_the_next_beginning_or_end() -> None:
    """What is past changes nothing any more."""
    discounts = [off(1, begins=-3, ends=-2), off(2, begins=-1, ends=3), off(3, begins=2, ends=9)]
    moments = [next_change(discounts, NOON + hours * HOUR) for hours in (-4, -3, 0, 2, 3, 9)]
    assert moments == [NOON - 3 * HOUR, NOON - 2 * HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR, NOON + 9 * HOUR, None]


@given(
    st.integers(0, 10**12),
    st.lists(st.tuples(st.sampled_from(["percent", "amount"]), st.integers(1, 100), st.integers(-5, 5))),
    st.integers(-6, 6),
)
def test_nobody_pays_more_than_the_list_price_or_less_than_nothing(
    price: int, given_: list[tuple[str, int, int]], hours: int
) -> None:
    """Whatever discounts there are; and between two changes the price is one."""
    discounts = [off(value, kind, begins, begins + 2) for kind, value, begins in given_]
    now = NOON + hours * HOUR
    costs = price_at(price, discounts, now)
    assert 0 <= costs <= price
    change = next_change(discounts, now)
    just_before = change - timedelta(microseconds=1) if change else now + 100 * HOUR
    assert price_at(price, discounts, just_before) == costs


def test_an_order_pays_what_is_true_when_it_is_committed() -> None:
    """A discount that ended while the cart was open is gone; the line says what it would have cost."""
    shop = Shop().sells(price=500)
    shop.put(ANNA, 2)
    ends = shop.state.now + timedelta(minutes=5)
    shop.changes(discounts=(Discount("d", "percent", 20, shop.state.now, ends),))
    order = shop.do(an_order(order_id="1", order_key="first", expected_total=800)).order
    assert [(line.price, line.list_price) for line in order.lines] == [(400, 500)]
    shop.put(ANNA, 2)
    shop.state.now = ends
    order = shop.do(an_order(order_key="second", expected_total=1000)).order
    assert [(line.price, line.list_price) for line in order.lines] == [(500, None)]
