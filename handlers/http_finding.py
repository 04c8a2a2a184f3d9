"""Finding products over HTTP: lists, searches and categories."""

import re
from typing import Any

from handlers import shapes
from handlers.payloads.product import CategoryList, ProductList, ProductQuery, RunningLowQuery
from handlers.payloads.selling import AllProductsQuery, OwnProductList, OwnProductsQuery
from handlers.routing import Call, Routes
from ivorycart.finding.finding import Question
from ivorycart.stock_work import Lowest
from models.errors import Invalid
from models.finding import Filters
from models.roles import Permission

REFUSALS = ("storage_unavailable",)
_ALL_OUT = Lowest(0, "f" * 24)  # right behind what is out altogether
_HIDDEN = 24  # read beyond what is asked for, because some of it may not be on show
_LOWEST = re.compile(r"(-?[0-9]{1,10}):([0-9a-f]{24})", re.ASCII)

finding_routes = Routes()


@finding_routes.add(
    "GET", "/api/products/", needs=Permission.LOOK, answer=ProductList, query=ProductQuery, refusals=REFUSALS
)
async def list_products(call: Call) -> Any:
    """Return a page of what is on show and fits the filters."""
    query = call.query
    filters = Filters(
        category=query.category,
        seller_id=query.seller_id,
        min_price=query.min_price,
        max_price=query.max_price,
        in_stock=None if query.in_stock is None else query.in_stock == "true",
    )
    question = Question(filters=filters, words=_words(query.q), sort=query.sort, limit=query.limit, after=query.after)
    page = await _page(call, question)
    if query.facets == "true":
        page["facets"] = shapes.facets(await call.shop.finding.facets(question))
    return page


@finding_routes.add("GET", "/api/products/categories", needs=Permission.LOOK, answer=CategoryList, refusals=REFUSALS)
async def categories(call: Call) -> Any:
    """Return the categories with how many products on show each has, those below it included."""
    counts = await call.shop.finding.categories()
    return {"items": [shapes.category(each) for each in counts], "next": None}


@finding_routes.add(
    "GET",
    "/api/products/running-low",
    needs=Permission.LOOK,
    answer=ProductList,
    query=RunningLowQuery,
    refusals=REFUSALS,
)
async def running_low(call: Call) -> Any:
    """Return what is on show and has units left, but no more than its threshold: the lowest first."""
    limit = call.query.limit
    rows, _ = await call.shop.stock_work.low(None, "low", limit=limit + _HIDDEN, after=_ALL_OUT)
    shown = [shapes.product(row, call.now) for row in rows if row.product.for_sale]
    return {"items": [item for item in shown if item["available"] > 0][:limit], "next": None}


@finding_routes.add(
    "GET",
    "/api/products/my-products",
    needs=Permission.MANAGE_PRODUCTS,
    answer=OwnProductList,
    query=OwnProductsQuery,
    refusals=REFUSALS,
)
async def my_products(call: Call) -> Any:
    """Return a page of one's own products, on show or not: newest, lowest or, with ``q``, best first."""
    return await _managed(call, call.me.id)


@finding_routes.add(
    "GET",
    "/api/admin/products",
    needs=Permission.MODERATE,
    answer=OwnProductList,
    query=AllProductsQuery,
    refusals=REFUSALS,
)
async def all_products(call: Call) -> Any:
    """Return a page of all products, on show or not: newest, lowest or, with ``q``, best first."""
    return await _managed(call, call.query.seller_id)


async def _managed(call: Call, seller_id: str | None) -> dict[str, Any]:
    query = call.query
    if query.state in {"low", "out"} and not _words(query.q):
        return await _low(call, seller_id)
    filters = Filters(seller_id=seller_id, managing=True, state=query.state)
    return await _page(call, Question(filters=filters, words=_words(query.q), limit=query.limit, after=query.after))


async def _low(call: Call, seller_id: str | None) -> dict[str, Any]:
    """Return what is running out, the lowest first; the cursor is the last product's, with what there was of it."""
    query = call.query
    after = None
    if query.after is not None:
        known = _LOWEST.fullmatch(query.after)
        if known is None:
            problem = {"pointer": "/after", "detail": "the cursor is of another list"}
            raise Invalid("the request is not valid", errors=[problem])
        after = Lowest(int(known[1]), known[2])
    rows, following = await call.shop.stock_work.low(seller_id, query.state, limit=query.limit, after=after)
    return {
        "items": [shapes.product(row, call.now) for row in rows],
        "next": f"{following.available}:{following.product_id}" if following else None,
    }


async def _page(call: Call, question: Question) -> dict[str, Any]:
    answer = await call.shop.finding.page(question)
    return {"items": [shapes.product(listing, call.now) for listing in answer.listings], "next": answer.next}


def _words(text: str | None) -> str | None:
    """Return what is searched for; what is blank is nothing."""
    return text.strip() or None if text else None
