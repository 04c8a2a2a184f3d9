"""How the seller's dashboard looks on the wire."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.shapes import Payload, time
from ivorycart.clock import Clock
from ivorycart.sales.dashboards import Carried, Dashboard, Listed, Part, Stocked
from ivorycart.stock.shelves import State
from models.sales import Figures
from models.sales_periods import ProductSales


@dataclass(frozen=True, slots=True)
class SellerShapes:
    """The shapes that open screens need."""

    clock: Clock

    def dashboard(self, dashboard: Dashboard) -> Payload:
        """Show a dashboard."""
        sales, window = dashboard.sales, dashboard.sales.window
        within_60, within_300 = dashboard.ending
        return {
            **dashboard.asked._asdict(),
            "as_of": sales.mark.as_of if sales.mark else None,
            "lag": round(sales.mark.lag, 3) if sales.mark else None,
            "server_time": time(self.clock.now()),
            "currencies": list(dashboard.currencies),
            "unit": window.unit,
            "since": time(window.since),
            "until": time(window.until),
            "totals": _totals(sales.totals),
            "previous": _totals(sales.before),
            "series": [{"at": time(point.at), **_sold(point.figures)} for point in sales.series],
            "top_products": {
                "since": time(sales.top.since),
                "by_units": _products(sales.top.by_units, dashboard.names),
                "by_revenue": _products(sales.top.by_revenue, dashboard.names),
            },
            "by_category": {
                "since": time(sales.top.since),
                "items": [
                    {"category": each.department, "units": each.units, "revenue": each.revenue}
                    for each in dashboard.shares
                ],
            },
            "units_per_minute": sales.units_per_minute,
            "held": {
                "units": dashboard.held,
                "expiring_within_60_seconds": within_60,
                "expiring_within_300_seconds": within_300,
            },
            "in_carts": {
                "count": dashboard.in_carts.total,
                "items": [_carried(each) for each in dashboard.in_carts.items],
            },
            "low_stock": _listed(dashboard.low),
            "out_of_stock": _listed(dashboard.out),
            "orders": [self.order(part) for part in dashboard.orders],
        }

    def order(self, part: Part) -> Payload:
        """Show a seller's part of an order."""
        lines = [{**line._asdict(), "line_total": line.price * line.quantity} for line in part.lines]
        return {
            "id": part.order.id,
            "timestamp": time(part.order.timestamp),
            "status": part.status,
            "currency": part.order.currency,
            "product_list": lines,
            "total_amount": sum(line["line_total"] for line in lines),
        }

    def stock(self, stocked: Stocked, crossed: State | None) -> Payload:
        """Show a level that moved."""
        return {**_level(stocked), "crossed": crossed}


def _sold(figures: Figures) -> Payload:
    return {
        "orders": figures.orders,
        "units": figures.units,
        "revenue": figures.revenue,
        "cancelled": {
            "orders": figures.cancelled_orders,
            "units": figures.cancelled_units,
            "revenue": figures.cancelled_revenue,
        },
    }


def _totals(figures: Figures) -> Payload:
    return {**_sold(figures), "average_order": figures.average_order}


def _products(sold: Sequence[ProductSales], names: Mapping[str, str]) -> list[Any]:
    return [{**each._asdict(), "name": names.get(each.product_id)} for each in sold]


def _listed(listed: Listed) -> Payload:
    return {"count": listed.total, "items": [_level(each) for each in listed.items]}


def _carried(carried: Carried) -> Payload:
    within_60, within_300 = carried.ending
    ending = {"expiring_within_60_seconds": within_60, "expiring_within_300_seconds": within_300}
    return {**_level(carried.stocked), **ending}


def _level(stocked: Stocked) -> Payload:
    product, level = stocked.product, stocked.level
    return {
        "id": product.id,
        "name": product.name,
        "available": level.available,
        "stock": level.stock,
        "held": level.held,
        "version": level.version,
        "threshold": product.threshold,
    }
