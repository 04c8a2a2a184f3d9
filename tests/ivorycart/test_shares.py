"""Shares: what the departments are, together, is the whole, whatever is not on any list."""

from datetime import UTC, datetime

from ivorycart.sales.shares import MOST, Share, shares_of
from models.sales_periods import ProductSales, TopProducts

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def sold(*products: tuple[str, int, int], units: int = 0, revenue: int = 0) -> TopProducts:
    """Return sales of some products, and of so much beyond them."""
    shared = [ProductSales(*each) for each in products]
    units += sum(each.units for each in shared)
    revenue += sum(each.revenue for each in shared)
    return TopProducts([], [], NOW, shared, units, revenue)


def test_departments_come_with_the_most_revenue_first_and_the_rest_last() -> None:
    """The rest: what is gone, what has no category, and what is beyond the products that are listed."""
    departments = {"tea": "pantry", "jam": "pantry", "lamp": "home", "thing": ""}
    top = sold(("tea", 1, 10), ("jam", 2, 15), ("lamp", 1, 20), ("thing", 1, 99), ("gone", 3, 1), units=5, revenue=200)
    assert shares_of(top, departments.get) == [Share("pantry", 3, 25), Share("home", 1, 20), Share(None, 9, 300)]


def test_a_whole_that_is_all_listed_has_no_rest() -> None:
    """And nothing sold has no shares at all."""
    assert shares_of(sold(("tea", 1, 10)), lambda _: "pantry") == [Share("pantry", 1, 10)]
    assert shares_of(sold(), lambda _: "pantry") == []


def test_departments_beyond_the_twentieth_are_the_rest() -> None:
    """However many there are, a screen shows few."""
    top = sold(*((str(number), 1, number) for number in range(1, MOST + 6)))
    shares = shares_of(top, lambda product: f"department {product}")
    assert [share.department for share in shares] == [f"department {number}" for number in range(25, 5, -1)] + [None]
    assert shares[-1] == Share(None, 5, 1 + 2 + 3 + 4 + 5)
