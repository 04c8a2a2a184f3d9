"""What orders add to sales figures, whatever becomes of them."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.sales import ALL, Fate, Figures, Sale, SaleLine, Tally, day_of, fates_of, minute_of
from models.sales_periods import window_of

MOMENT = datetime(2026, 11, 21, 12, 34, 56, tzinfo=UTC)
SELLERS = ("ann", "bea", "cid")
LINES = st.lists(
    st.builds(SaleLine, st.sampled_from("pqrs"), st.sampled_from(SELLERS), st.integers(1, 9), st.integers(0, 999)),
    min_size=1,
    max_size=5,
)
TIMES = st.integers(0, 200_000).map(lambda seconds: MOMENT + timedelta(seconds=seconds))
FATES = st.dictionaries(st.sampled_from(SELLERS), st.sampled_from(Fate))
SALES = st.builds(Sale, TIMES, st.sampled_from(["EUR", "USD"]), LINES.map(tuple), FATES)


def recounted(sales: list[Sale]) -> dict[str, dict[Any, Any]]:
    """Count anew, by the words of the rule: seller by seller, line by line."""
    sellers: dict[Any, Figures] = defaultdict(Figures)
    products: dict[Any, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for sale in sales:
        minute = minute_of(sale.at)
        own = {seller: [line for line in sale.lines if line.seller_id == seller] for seller in SELLERS}
        own = {seller: lines for seller, lines in own.items() if lines}
        fates = {seller: sale.fates.get(seller, Fate.SOLD) for seller in own}
        for fate, kind in ((Fate.SOLD, "{}"), (Fate.CANCELLED, "cancelled_{}")):
            parts = {seller: lines for seller, lines in own.items() if fates[seller] is fate}
            for seller, lines in parts.items():
                units, revenue = sum(x.quantity for x in lines), sum(x.quantity * x.price for x in lines)
                named = {kind.format("units"): units, kind.format("revenue"): revenue}
                key = (minute, seller, sale.currency)
                sellers[key] = sellers[key].plus(Figures(**named, **{kind.format("orders"): 1}))
                whole = (minute, ALL, sale.currency)
                sellers[whole] = sellers[whole].plus(Figures(**named))
                for line in lines if fate is Fate.SOLD else ():
                    cell = (day_of(sale.at), seller, sale.currency, line.product_id)
                    units, revenue = products[cell]
                    products[cell] = (units + line.quantity, revenue + line.quantity * line.price)
        found = set(fates.values())
        if found != {Fate.OPEN}:
            orders = "orders" if Fate.SOLD in found else "cancelled_orders"
            whole = (minute, ALL, sale.currency)
            sellers[whole] = sellers[whole].plus(Figures(**{orders: 1}))
    return {"sellers": dict(sellers), "products": dict(products)}


def counted(tally: Tally) -> dict[str, dict[Any, Any]]:
    """Return what a tally holds, without what has come to nothing."""
    sellers = {tuple(cell): Figures(*values) for cell, values in tally.sellers.items() if any(values)}
    return {
        "sellers": sellers,
        "products": {tuple(cell): tuple(values) for cell, values in tally.products.items() if any(values)},
    }


def without_nothing(counts: dict[str, dict[Any, Any]]) -> dict[str, dict[Any, Any]]:
    """Drop cells that are all zero."""
    return {name: {key: value for key, value in cells.items() if any(value)} for name, cells in counts.items()}


@given(st.lists(SALES, max_size=6))
def test_figures_are_what_a_recount_by_the_words_of_the_rule_finds(sales: list[Sale]):
    """Once per seller with their lines, once for the whole shop, products where they were sold."""
    tally = Tally()
    for sale in sales:
        tally.add(sale)
    assert counted(tally) == without_nothing(recounted(sales))


@given(SALES, st.lists(FATES, max_size=4))
def test_whatever_becomes_of_an_order_only_its_last_state_counts(sale: Sale, fates: list[Any]):
    """Cancelled, taken back, refunded in part: the figures are those of an order that was so from the beginning."""
    tally = Tally()
    tally.add(sale)
    for each in fates:
        changed = sale._replace(fates=each)
        tally.change(sale, changed)
        sale = changed
    assert counted(tally) == without_nothing(recounted([sale]))


@given(st.lists(SALES, max_size=6))
def test_the_whole_shop_has_the_units_and_revenue_of_its_sellers(sales: list[Sale]):
    """And no more orders than they have together."""
    tally = Tally()
    for sale in sales:
        tally.add(sale)
    whole, parts = Figures(), Figures()
    for cell, values in tally.sellers.items():
        if cell.seller_id == ALL:
            whole = whole.plus(Figures(*values))
        else:
            parts = parts.plus(Figures(*values))
    assert (whole.units, whole.revenue) == (parts.units, parts.revenue)
    assert (whole.cancelled_units, whole.cancelled_revenue) == (parts.cancelled_units, parts.cancelled_revenue)
    assert whole.orders <= parts.orders


def test_the_status_of_the_whole_goes_before_those_of_its_parts():
    """A part of an order in transit may be refunded alone; a cancelled order has no part that was sold."""
    parts = [("ann", "placed"), ("bea", "refunded")]
    assert fates_of("shipped", parts) == {"bea": Fate.CANCELLED}
    assert fates_of("cancelled", parts) == {"ann": Fate.CANCELLED, "bea": Fate.CANCELLED}
    assert fates_of("pending", parts) == {"ann": Fate.OPEN, "bea": Fate.OPEN}
    assert fates_of("placed", parts[:1]) == {}


def test_a_period_ends_with_the_running_hour_or_day_and_follows_the_one_before():
    """Without a gap, in UTC."""
    day = window_of("24h", MOMENT)
    assert (len(day.slots), len(day.before), day.unit) == (24, 24, "hour")
    assert day.slots[-1] == datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert day.since == datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert day.until == datetime(2026, 11, 21, 13, tzinfo=UTC)
    assert day.before[-1] + timedelta(hours=1) == day.since
    assert [each.day for each in day.days] == [20, 21]
    quarter = window_of("90d", MOMENT)
    assert (len(quarter.slots), quarter.slots[-1].hour, len(quarter.days)) == (90, 0, 90)


def test_an_average_is_of_what_is_left():
    """And nothing where nothing was sold."""
    assert Figures(orders=3, revenue=1000).average_order == 333
    assert Figures(cancelled_orders=3, cancelled_revenue=1000).average_order == 0
