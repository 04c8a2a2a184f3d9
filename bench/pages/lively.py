"""A demo shop in which something is going on: people hold things, orders come in, some wait."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession
from bson import ObjectId

from bench.pages.chromium import PASSWORD

HOME = {
    "name": "Ada Lovelace",
    "line1": "12 Analytical Way",
    "city": "Galway",
    "postal_code": "H91 E2K7",
    "country": "IE",
}
PAID = {"method": "sandbox", "card": "4242424242424242"}
ORDERS = 14
CROWD = 14  # people with something in their carts


@dataclass(frozen=True, slots=True)
class Lively:
    """What there is to look at."""

    product: str
    """One that some are left of, and some of them held."""
    session: str
    """A cart of somebody who is not signed in."""
    order: str
    """The buyer's newest order."""


async def enliven(url: str) -> Lively:
    """Fill carts and place orders by the API, always the same."""
    dice = random.Random(7)
    async with ClientSession(url) as http:
        products = (await call(http, "GET", "/api/products/?limit=100"))["items"]
        wanted = [each for each in products if each["available"] > 3]
        buyer = await bearer(http, "buyer")
        order = ""
        for _ in range(ORDERS):
            order = await ordered(http, buyer, dice.sample(wanted, 2)) or order
        await ship_one(http)
        sessions = await asyncio.gather(*(held(http, dice.sample(wanted, 3)) for _ in range(CROWD)))
        await take(http, buyer, dice.sample(wanted, 3))
        await read_all(http, buyer)
        product = max((await call(http, "GET", "/api/products/?limit=100"))["items"], key=liveliness)
    return Lively(product["id"], sessions[0], order)


def liveliness(product: dict[str, Any]) -> float:
    """How much of a product's keys shows."""
    return product["held"] / (product["stock"] + 4) if product["available"] else 0


async def call(http: ClientSession, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Ask the API; return its answer, or raise what it says."""
    async with http.request(method, path, json=body, headers=headers) as answer:
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path} was answered {answer.status}: {(await answer.text())[:300]}")
        return await answer.json() if answer.content_length != 0 else None


async def bearer(http: ClientSession, role: str) -> dict[str, str]:
    """Sign in as a demo account; return the header that says so."""
    answer = await call(http, "POST", "/api/auth/login", {"email": f"{role}@demo.com", "password": PASSWORD})
    return {"Authorization": f"Bearer {answer['token']}"}


async def held(http: ClientSession, products: list[dict[str, Any]]) -> str:
    """Have somebody take one or two of some products; return their session."""
    session: str = (await call(http, "POST", "/api/session", {}))["session"]
    await take(http, {"X-Cart-Session": session}, products)
    return session


async def take(http: ClientSession, who: dict[str, str], products: list[dict[str, Any]]) -> None:
    """Put products into a cart, as many as can be had."""
    for number, product in enumerate(products):
        async with http.put(f"/api/cart/items/{product['id']}", json={"quantity": 1 + number % 2}, headers=who):
            pass  # somebody else may have had the last one


async def ordered(http: ClientSession, who: dict[str, str], products: list[dict[str, Any]]) -> str:
    """Order some products; return the order's id, empty where a cart came to nothing."""
    await take(http, who, products)
    cart = await call(http, "GET", "/api/cart", **who)
    if not cart["lines"]:
        return ""
    shop = await call(http, "GET", "/api/shop")
    free = shop["free_shipping_from"]
    total = cart["total_amount"]
    total += 0 if free is not None and total >= free else shop["shipping"]
    body = {"order_key": str(ObjectId()), "address": HOME, "payment": PAID, "expected_total": total}
    return str((await call(http, "POST", "/api/orders/", body, **who))["id"])


async def read_all(http: ClientSession, who: dict[str, str]) -> None:
    """Have somebody read what they were told: it would lie over what there is to look at."""
    news = (await call(http, "GET", "/api/notifications?limit=100", **who))["items"]
    await call(http, "POST", "/api/notifications/read", {"ids": [each["id"] for each in news]}, **who)


async def ship_one(http: ClientSession) -> None:
    """Have the seller send one of the orders, so that a courier has something to bring."""
    seller = await bearer(http, "seller")
    rows = (await call(http, "GET", "/api/orders/seller-orders?status=placed", **seller))["items"]
    for row in rows[1:3]:
        await call(http, "PUT", f"/api/orders/{row['id']}/status", {"status": "shipped"}, **seller)
