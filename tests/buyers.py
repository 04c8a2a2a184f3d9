"""People who buy in a running shop: each with an account of their own, so that no test meets another one's cart."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bench.shop.order import order
from bench.shop.running import RunningShop
from tests.accounts import Person, person
from tests.visitor import sign_in

SECRET = "quiet harbour lamp"


async def new_buyer(shop: RunningShop, stack: AsyncExitStack, name: str = "Bea") -> Person:
    """Register somebody and sign them in."""
    someone = await stack.enter_async_context(person(shop.url, name))
    email = f"{uuid4().hex}@example.org"
    await someone.ask("POST", "/api/auth/register", {"email": email, "password": SECRET, "name": name})
    assert await someone.login(email, SECRET) == 200
    return someone


async def demo_person(shop: RunningShop, stack: AsyncExitStack, role: str) -> Person:
    """Sign in the demo account of a role."""
    someone = await stack.enter_async_context(person(shop.url, role))
    someone.token = await sign_in(shop.url, f"{role}@demo.com")
    return someone


async def new_product(seller: Person, **changes: Any) -> Any:
    """Put a product on sale."""
    lamp = {"name": "Lamp", "price": 2500, "category": "lighting/desk", "stock": 8, "sku": uuid4().hex}
    status, product = await seller.ask("POST", "/api/products/", lamp | changes)
    assert status == 201, product
    return product


async def buys(buyer: Person, product: Any, quantity: int = 1, more: int = 0, **changes: Any) -> Any:
    """Put a product into a cart and order it, with what is there for ``more`` money; return the order."""
    path = f"/api/cart/items/{product['id']}"
    status, cart = await buyer.ask("PUT", path, {"quantity": quantity})
    assert status == 200, cart
    total = product["price"] * quantity + more  # the cart may be shown before this process has heard of the product
    status, placed = await buyer.ask("POST", "/api/orders/", order(total, uuid4().hex, **changes))
    assert status == 201, placed
    return placed


@dataclass
class Cast:
    """Everybody whom an order meets, and a product of the seller's."""

    buyer: Person
    seller: Person
    courier: Person
    admin: Person
    product: Any

    async def stock(self) -> int:
        """Return how many of the product are on hand."""
        _, product = await self.seller.ask("GET", f"/api/products/{self.product['id']}")
        return int(product["stock"])


async def cast_of(shop: RunningShop, stack: AsyncExitStack, **product: Any) -> Cast:
    """Bring everybody together."""
    buyer = await new_buyer(shop, stack)
    people = [await demo_person(shop, stack, role) for role in ("seller", "delivery", "admin")]
    return Cast(buyer, *people, await new_product(people[0], **product))
