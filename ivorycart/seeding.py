"""Demo data: accounts, products with pictures. Running it again adds only what is missing."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from ivorycart.accounts.passwords import Passwords
from ivorycart.demo.accounts import ACCOUNTS, DemoAccount
from ivorycart.demo.catalogue import PRODUCTS
from ivorycart.demo.pictures import picture
from ivorycart.demo.product import USUAL_CURRENCY, USUAL_THRESHOLD, DemoProduct
from models.account import Account
from models.catalogue import Listing
from models.errors import Conflict
from models.roles import Role

REDUCED = timedelta(days=3)


class UserBook(Protocol):
    """Where accounts are kept."""

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""

    async def add(
        self, *, email: str, name: str, role: Role, password: str, activated: bool, user_id: str | None = None
    ) -> str | None:
        """Add an account; None where the address has one."""


class CatalogueBook(Protocol):
    """Where the catalogue is kept."""

    async def by_sku(self, sku: str) -> Listing | None:
        """Return the entry with a stock-keeping unit."""

    async def add(self, entries: Iterable[Mapping[str, Any]], actor: str, ago: timedelta = ...) -> list[str]:
        """Add entries with their opening stock, dated back."""


class PictureBook(Protocol):
    """Where pictures are kept."""

    async def add(self, content: bytes, content_type: str) -> str:
        """Store a picture; return its id."""


@dataclass(frozen=True, slots=True)
class Seeder:
    """Fills a shop with the demo data; ``threshold`` (units) and ``currency`` are the shop's defaults."""

    users: UserBook
    products: CatalogueBook
    images: PictureBook
    passwords: Passwords
    threshold: int = USUAL_THRESHOLD
    currency: str = USUAL_CURRENCY
    ago: timedelta = timedelta()
    """Since when products are there."""

    async def people(self) -> dict[str, str]:
        """Add the accounts that are missing; return the ids of all by their addresses."""
        return dict(zip((account.email for account in ACCOUNTS), await self._accounts(), strict=True))

    async def goods(self) -> dict[str, Listing]:
        """Return the products that are there, by SKU."""
        found = {product.sku: await self.products.by_sku(product.sku) for product in PRODUCTS}
        return {sku: listing for sku, listing in found.items() if listing}

    async def seed(self) -> int:
        """Add what is missing; return how many products were added."""
        ids = await self.people()
        added = 0
        for product in PRODUCTS:
            if await self.products.by_sku(product.sku) is None:
                added += await self._product(product, ids[product.seller_email])
        return added

    async def _accounts(self) -> list[str]:
        return list(await asyncio.gather(*map(self._account, ACCOUNTS)))

    async def _account(self, account: DemoAccount) -> str:
        known = await self.users.by_email(account.email)
        if known is None:
            hashed = await self.passwords.hash(account.password)
            await self.users.add(
                email=account.email, name=account.name, role=account.role, password=hashed, activated=True
            )
            known = await self.users.by_email(account.email)
        if known is None:
            raise LookupError(f"{account.email} was removed while it was being added")
        return known.id

    async def _product(self, product: DemoProduct, seller_id: str) -> int:
        views = [await self.images.add(picture(product, view), "image/svg+xml") for view in range(product.views)]
        entry = {
            "name": product.name,
            "description": product.description,
            "price": product.price,
            "currency": self.currency if product.currency == USUAL_CURRENCY else product.currency,
            "category": product.category,
            "stock": product.stock,
            "sku": product.sku,
            "tags": list(product.tags),
            "threshold": self.threshold if product.threshold == USUAL_THRESHOLD else product.threshold,
            "max_per_cart": product.max_per_cart,
            "seller_id": seller_id,
            "images": [{"id": image_id, "alt": _alt(product, view)} for view, image_id in enumerate(views)],
            "discounts": _reduced(product),
        }
        try:
            await self.products.add([entry], "seed", self.ago)
        except Conflict:  # another process was quicker
            return 0
        return 1


def _alt(product: DemoProduct, view: int) -> str:
    return f"{product.name}, view {view + 1}" if view else product.name


def _reduced(product: DemoProduct) -> list[dict[str, Any]]:
    """Return the reductions that a product begins with."""
    if not product.percent_off:
        return []
    now = datetime.now(UTC)
    period = {"starts_at": now - timedelta(minutes=1), "ends_at": now + REDUCED}
    return [{"kind": "percent", "value": product.percent_off, **period}]
