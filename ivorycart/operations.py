"""What the operators' commands work with, and how one is run. The composition root opens it."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import typer

from ivorycart.accounts.administration import Administration
from ivorycart.accounts.creating import Creating
from ivorycart.ledger import Ledger
from ivorycart.seeding import Seeder
from models.account import Account
from models.catalogue import Listing
from models.errors import Refused


class ProductLookup(Protocol):
    """Finds products."""

    async def get(self, product_id: str) -> Listing | None:
        """Return a product by its id."""

    async def by_sku(self, sku: str) -> Listing | None:
        """Return a product by its stock-keeping unit."""


class AccountLookup(Protocol):
    """Finds accounts."""

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What an operator's commands work with."""

    ledger: Ledger
    products: ProductLookup
    seeder: Seeder
    audit: Callable[[], Any]
    accounts: AccountLookup
    administration: Administration
    creating: Creating


class NoShopThere(Exception):  # noqa: N818 - it says what is the matter
    """There is nothing to look at: no database, or one on which no shop has ever run."""


class Opener(Protocol):
    """Opens the shop; with ``existing`` it makes and migrates nothing, and raises NoShopThere instead."""

    def __call__(self, *, existing: bool = False) -> AbstractAsyncContextManager[Operations]:
        """Return the open shop."""


def run(open_operations: Opener, work: Callable[[Operations], Any], *, existing: bool = False) -> Any:
    """Open the shop, do the work, close it; a refusal is one line and exit status 1, no shop at all is 2."""

    async def opened() -> Any:
        async with open_operations(existing=existing) as shop:
            return await work(shop)

    try:
        return asyncio.run(opened())
    except Refused as refusal:
        problems = [f"{each['pointer'].strip('/')} {each['detail']}" for each in refusal.details.get("errors", ())]
        typer.echo(f"refused ({refusal.code}): {': '.join([refusal.message, *problems])}", err=True)
        raise typer.Exit(1) from refusal
    except NoShopThere as error:
        typer.echo(f"ivorycart: {error}", err=True)
        raise typer.Exit(2) from error
