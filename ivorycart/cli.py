"""The command line for operators, ``python -m ivorycart``: see `build_cli` for its commands.

What the commands work with is given by the composition root, so that this file holds only words and numbers.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console

from ivorycart.audit_report import as_json, as_text
from ivorycart.backup_cli import BackupAccess, build_backup_cli
from ivorycart.ledger import Ledger
from ivorycart.load.command import load
from ivorycart.products_cli import ProductOperations, build_products_cli
from ivorycart.seeding import Seeder
from ivorycart.users_cli import UserOperations, build_users_cli
from models.audit import AuditResult
from models.catalogue import Listing
from models.commands import Adjust, Restock
from models.errors import Refused
from models.identity import OBJECT_ID
from models.outcomes import StockChanged

ACTOR = "operator"


class ProductLookup(Protocol):
    """Finds products."""

    async def get(self, product_id: str) -> Listing | None:
        """Return a product by its id."""

    async def by_sku(self, sku: str) -> Listing | None:
        """Return a product by its stock-keeping unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What an operator's commands work with."""

    ledger: Ledger
    products: ProductLookup
    seeder: Seeder
    users: UserOperations
    catalogue: ProductOperations
    audit: Callable[[], Any]


class NoShopThere(Exception):  # noqa: N818 - it says what is the matter
    """There is nothing to look at: no database, or one on which no shop has ever run."""


class Opener(Protocol):
    """Opens the shop; with ``existing`` it makes and migrates nothing, and raises NoShopThere instead."""

    def __call__(self, *, existing: bool = False) -> AbstractAsyncContextManager[Operations]:
        """Return the open shop."""


def build_cli(open_operations: Opener, backups: BackupAccess | None = None) -> typer.Typer:
    """Return the command line; without ``backups`` it has no commands on them."""
    cli = typer.Typer(
        name="ivorycart",
        help="Work on an IvoryCart shop: the database of the settings, or the embedded one in DATA_DIR.",
        no_args_is_help=True,
        add_completion=False,
    )

    @cli.command()
    def audit(
        *, as_data: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False
    ) -> None:
        """Prove that levels, carts, orders, payments and mails agree.

        Exit status 1 where they do not, 2 where there is no shop to look at; none is made.
        """
        result: AuditResult = _run(open_operations, lambda shop: shop.audit(), existing=True)
        if as_data:
            typer.echo(json.dumps(as_json(result), indent=2))
        else:
            Console().print(as_text(result))
        raise typer.Exit(0 if result.ok else 1)

    @cli.command()
    def seed() -> None:
        """Add the demo data: accounts with a known password, three sellers, sixty products. Adds what is missing."""
        added = _run(open_operations, lambda shop: shop.seeder.seed())
        typer.echo(f"{added} products added")

    @cli.command()
    def restock(
        product: Annotated[str, typer.Argument(help="A product's id or SKU.")],
        delta: Annotated[int, typer.Argument(min=1, help="How many units to add.")],
        reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")] = "restock by operator",
    ) -> None:
        """Add units to a product's stock; every open browser sees it."""
        _stock_work(open_operations, product, lambda key: Restock(key, delta, ACTOR, reason))

    @cli.command()
    def adjust(
        product: Annotated[str, typer.Argument(help="A product's id or SKU.")],
        quantity: Annotated[int, typer.Argument(min=0, help="How many units were counted.")],
        reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")] = "counted by operator",
    ) -> None:
        """Correct a product's stock to what was counted."""
        _stock_work(open_operations, product, lambda key: Adjust(key, quantity, None, ACTOR, reason))

    cli.command()(load)
    cli.add_typer(
        build_users_cli(
            lambda work, *, existing=False: _run(open_operations, lambda shop: work(shop.users), existing=existing)
        )
    )
    cli.add_typer(
        build_products_cli(
            lambda work, *, existing=False: _run(open_operations, lambda shop: work(shop.catalogue), existing=existing)
        )
    )
    if backups:
        cli.add_typer(build_backup_cli(backups))
    return cli


def _stock_work(open_operations: Opener, product: str, command: Callable[[str], Restock | Adjust]) -> None:
    async def work(shop: Operations) -> tuple[Listing, StockChanged]:
        listing = await _find(shop.products, product)
        return listing, await shop.ledger.submit(command(listing.product.id))

    listing, changed = _run(open_operations, work, existing=True)
    level = changed.level
    typer.echo(f"{listing.product.name}: {level.stock} on hand, {level.held} held, {level.available} available")


async def _find(products: ProductLookup, text: str) -> Listing:
    found = await products.get(text) if OBJECT_ID.fullmatch(text) else None
    found = found or await products.by_sku(text)
    if found is None:
        raise typer.BadParameter(f"there is no product with the id or SKU {text!r}")
    return found


def _run(open_operations: Opener, work: Callable[[Operations], Any], *, existing: bool = False) -> Any:
    """Open the shop, do the work, close it; a refusal is one line and exit status 1, no shop at all is 2."""

    async def run() -> Any:
        async with open_operations(existing=existing) as shop:
            return await work(shop)

    try:
        return asyncio.run(run())
    except Refused as refusal:
        problems = [f"{each['pointer'].strip('/')} {each['detail']}" for each in refusal.details.get("errors", ())]
        typer.echo(f"refused ({refusal.code}): {': '.join([refusal.message, *problems])}", err=True)
        raise typer.Exit(1) from refusal
    except NoShopThere as error:
        typer.echo(f"ivorycart: {error}", err=True)
        raise typer.Exit(2) from error
