"""Shapes of the seller's dashboard: net figures of one currency, amounts in minor units, hours and days in UTC."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.fields import Amount, Answer, Id, Request, Time
from handlers.payloads.order import OrderLine
from models.sales_periods import Period

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]


class DashboardQuery(Request):
    """Which dashboard: of which period, in which currency (the shop's, if none is named); an admin names the seller."""

    period: Period = "24h"
    currency: Currency | None = None
    seller_id: Id | None = None


class Cancelled(Answer):
    """What was ordered in that time and was cancelled or refunded, then or later."""

    orders: int
    units: int
    revenue: int


class Sold(Answer):
    """What was ordered in that time, without what was cancelled or refunded."""

    orders: int
    units: int
    revenue: int
    cancelled: Cancelled


class Totals(Sold):
    """The same of a whole period; ``average_order`` is revenue by order, rounded."""

    average_order: int


class SoldFrom(Sold):
    """The same of an hour or a day that begins at ``at``."""

    at: Time


class ProductSold(Answer):
    """What was sold of a product; one that is gone has no name."""

    product_id: Id
    name: str | None
    units: int
    revenue: int


class TopProducts(Answer):
    """The ten products of which most was sold in the whole days that the period touches, from ``since`` on."""

    since: Time
    by_units: list[ProductSold]
    by_revenue: list[ProductSold]


class CategorySold(Answer):
    """What was sold of a department, the topmost of a product's categories, as the catalogue has it now.

    Without a name it is the rest: of products that are gone, that have no category, or that are beyond the first 5,000
    by revenue, and of departments beyond the first twenty.
    """

    category: str | None
    units: int
    revenue: int


class ByCategory(Answer):
    """All that was sold in the whole days that the period touches, by department: most revenue first, the rest last."""

    since: Time
    items: list[CategorySold]


class HeldUnits(Answer):
    """Units in carts now, and how many of them in carts that expire within a minute and within five."""

    units: int
    expiring_within_60_seconds: int
    expiring_within_300_seconds: int


class StockLevel(Answer):
    """A product's level."""

    id: Id
    name: str
    available: int
    stock: int
    held: int
    version: int
    threshold: int


class StockList(Answer):
    """How many products there are of a kind, and up to a hundred of them, the fewest available first."""

    count: int
    items: list[StockLevel]


class CarriedLevel(StockLevel):
    """The level of a product that is in carts, and how many units of it are in carts that expire so soon."""

    expiring_within_60_seconds: int
    expiring_within_300_seconds: int


class CarriedList(Answer):
    """How many products are in carts, and up to twenty of them: whose units come back first, then the scarcest."""

    count: int
    items: list[CarriedLevel]


class SellerOrder(Answer):
    """The seller's part of an order: their lines, what these cost together, the status of their part."""

    id: Id
    timestamp: Time
    status: str
    currency: str
    product_list: list[OrderLine]
    total_amount: Amount


class Moment(Answer):
    """Which dashboard, and of when.

    ``as_of`` is the cursor of the last change that the sales figures contain, null while nothing was ever counted;
    ``lag`` says how many seconds ago it was made sure that there was nothing after it.
    """

    seller_id: Id
    period: Period
    currency: str
    as_of: str | None
    lag: float | None
    server_time: Time


class SellerDashboard(Moment):
    """A seller's dashboard. The period ends with the running hour or day, as does each part of ``series``.

    ``previous`` is the period of the same length before it. ``units_per_minute`` is of the last five minutes.
    """

    currencies: list[str]
    unit: Literal["hour", "day"]
    since: Time
    until: Time
    totals: Totals
    previous: Totals
    series: list[SoldFrom]
    top_products: TopProducts
    by_category: ByCategory
    units_per_minute: float
    held: HeldUnits
    in_carts: CarriedList
    low_stock: StockList
    out_of_stock: StockList
    orders: list[SellerOrder]


class SellerMetrics(Moment):
    """Figures that moved, as they are now; what is not there is as it was. Of a series only parts that moved.

    A ``complete`` one replaces everything, after a gap in what was heard. With no figure at all it says that the others
    are late (a ``lag`` of five seconds and more), every few seconds, and at last that they are not.
    """

    complete: bool
    currencies: list[str] | None = None
    unit: Literal["hour", "day"] | None = None
    since: Time | None = None
    until: Time | None = None
    totals: Totals | None = None
    previous: Totals | None = None
    series: list[SoldFrom] | None = None
    top_products: TopProducts | None = None
    by_category: ByCategory | None = None
    units_per_minute: float | None = None
    held: HeldUnits | None = None
    in_carts: CarriedList | None = None
    low_stock: StockList | None = None
    out_of_stock: StockList | None = None
    orders: list[SellerOrder] | None = None


class SellerOrderEvent(Answer):
    """An order that is new or changed; the same may come again."""

    seller_id: Id
    order: SellerOrder


class MovedLevel(StockLevel):
    """A level that moved; ``crossed`` says what it has come to, where that is another state than before."""

    crossed: Literal["ok", "low", "out"] | None


class SellerStockEvent(Answer):
    """Levels that moved, the latest of each; a client keeps the highest version."""

    seller_id: Id
    items: list[MovedLevel]
