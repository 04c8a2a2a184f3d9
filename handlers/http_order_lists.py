"""Lists of orders over HTTP, as pages and as files, and what happened to an order."""

from dataclasses import replace
from typing import Any

from aiohttp import web

from handlers import order_list_shapes, shapes
from handlers.payloads.order import OrderList
from handlers.payloads.order_lists import (
    AdminOrderList,
    DeliveryOrderList,
    DeliveryOrdersQuery,
    OrderFilterQuery,
    OrderListQuery,
    SellerOrdersExportQuery,
    SellerOrdersQuery,
    SellerPartList,
    Timeline,
)
from handlers.routing import Call, Routes
from handlers.streamed import download
from ivorycart.sales.dashboards import whose
from models.order_list import OrderFilter
from models.roles import Permission

CSV = ("text/csv",)

order_list_routes = Routes()


@order_list_routes.add(
    "GET", "/api/orders/my-orders", needs=Permission.READ_OWN_ORDERS, answer=OrderList, query=OrderListQuery
)
async def my_orders(call: Call) -> Any:
    """Return the caller's orders, newest first."""
    orders, following = await _page(call, _bought(call))
    return {"items": [shapes.order(order) for order in orders], "next": following}


@order_list_routes.add(
    "GET",
    "/api/orders/my-orders/export",
    needs=Permission.READ_OWN_ORDERS,
    answer=None,
    query=OrderFilterQuery,
    files=CSV,
)
async def export_my_orders(call: Call) -> Any:
    """Return the caller's orders as a file: a row is a line of an order."""
    return _file(call, _bought(call), "orders")


@order_list_routes.add(
    "GET", "/api/orders/seller-orders", needs=Permission.SELL, answer=SellerPartList, query=SellerOrdersQuery
)
async def seller_orders(call: Call) -> Any:
    """Return the caller's parts of orders, by time; an admin may name whose."""
    wanted = replace(_sold(call), oldest_first=call.query.order == "oldest")
    orders, following = await _page(call, wanted)
    return {"items": [order_list_shapes.seller_part(order) for order in orders], "next": following}


@order_list_routes.add(
    "GET",
    "/api/orders/seller-orders/export",
    needs=Permission.SELL,
    answer=None,
    query=SellerOrdersExportQuery,
    files=CSV,
)
async def export_seller_orders(call: Call) -> Any:
    """Return the caller's parts of orders as a file, with where they go; an admin may name whose."""
    return _file(call, _sold(call), "sold")


@order_list_routes.add(
    "GET",
    "/api/orders/delivery-orders",
    needs=Permission.DELIVER,
    answer=DeliveryOrderList,
    query=DeliveryOrdersQuery,
)
async def delivery_orders(call: Call) -> Any:
    """Return what nobody brings yet, what the caller brings, or what they brought, newest first."""
    wanted = _wanted(call, view=call.query.which, user_id=call.me.id)
    limit, after = call.query.limit, call.query.after
    orders, following = await call.shop.order_lists.courier_page(wanted, limit=limit, after=after)
    return {"items": [order_list_shapes.delivery_order(order) for order in orders], "next": following}


@order_list_routes.add(
    "GET", "/api/admin/orders", needs=Permission.SEE_ALL_ORDERS, answer=AdminOrderList, query=OrderListQuery
)
async def all_orders(call: Call) -> Any:
    """Return everybody's orders, newest first."""
    orders, following = await _page(call, _wanted(call, view="all"))
    return {"items": [order_list_shapes.admin_order(order) for order in orders], "next": following}


@order_list_routes.add(
    "GET",
    "/api/admin/orders/export",
    needs=Permission.SEE_ALL_ORDERS,
    answer=None,
    query=OrderFilterQuery,
    files=CSV,
)
async def export_all_orders(call: Call) -> Any:
    """Return everybody's orders as a file: a row is a line of an order."""
    return _file(call, _wanted(call, view="all"), "all-orders")


@order_list_routes.add(
    "GET",
    "/api/orders/{order_id}/timeline",
    needs=Permission.READ_OWN_ORDERS,
    answer=Timeline,
    refusals=("not_found",),
)
async def order_timeline(call: Call) -> Any:
    """Return what happened to an order, oldest first: to its buyer, an admin, and as to their parts, to the others."""
    order, entries = await call.shop.order_timelines.of(call.id("order_id"), call.me.id, call.me.role)
    return {"items": [order_list_shapes.entry(each, order.currency) for each in entries]}


def _bought(call: Call) -> OrderFilter:
    return _wanted(call, view="buyer", user_id=call.me.id)


def _sold(call: Call) -> OrderFilter:
    return _wanted(call, view="seller", user_id=whose(call.me, call.query.seller_id))


def _wanted(call: Call, **whose_orders: Any) -> OrderFilter:
    query = call.query
    text = (query.q or "").strip()
    return OrderFilter(**whose_orders, since=query.from_, before=query.to, statuses=query.statuses, text=text)


async def _page(call: Call, wanted: OrderFilter) -> Any:
    return await call.shop.order_lists.page(wanted, limit=call.query.limit, after=call.query.after)


def _file(call: Call, wanted: OrderFilter, name: str) -> web.Response:
    return download(call, call.shop.order_lists.as_csv(wanted), name=name, file_format="csv")
