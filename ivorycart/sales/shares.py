"""Shares of what was sold: by department, as the catalogue has its products now."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from models.sales_periods import TopProducts

MOST = 20


class Share(NamedTuple):
    """What was sold of a department; None is all that is of none: gone, without a category, or beyond the lists."""

    department: str | None
    units: int
    revenue: int


def shares_of(top: TopProducts, department_of: Callable[[str], str | None]) -> Sequence[Share]:
    """Return each department's part in all that was sold, the largest revenue first, what is of none last.

    Together they are the whole: of products and departments beyond the lists the sums go where nothing is named.
    """
    sums: dict[str, tuple[int, int]] = {}
    for sold in top.shared:
        if department := department_of(sold.product_id):
            units, revenue = sums.get(department, (0, 0))
            sums[department] = (units + sold.units, revenue + sold.revenue)
    found = [Share(name, *of_it) for name, of_it in sums.items()]
    named = sorted(found, key=lambda each: (-each.revenue, -each.units, each.department))[:MOST]
    units = top.units - sum(each.units for each in named)
    revenue = top.revenue - sum(each.revenue for each in named)
    return [*named, Share(None, units, revenue)] if units or revenue else named
