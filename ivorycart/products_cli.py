"""``python -m ivorycart products …``: what operators do with files of products.

A file that is imported is worked on by this command; should a server run beside it, its worker helps, and goes on with
it if this command is stopped.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import Progress

from ivorycart.importing.exporting import Exporting
from ivorycart.importing.service import Importing
from ivorycart.importing.worker import Importer
from ivorycart.selling import Editor
from models.account import Account
from models.errors import NotFound
from models.imports import FileFormat, Import

CHUNK = 64 * 1024
PAGE = 500
OVER = frozenset({"ready", "done", "failed", "cancelled"})


class AccountLookup(Protocol):
    """Finds accounts."""

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductOperations:
    """What an operator's commands on products work with."""

    accounts: AccountLookup
    importing: Importing
    importer: Importer
    exporting: Exporting


class Runner(Protocol):
    """Opens the shop, does the work, closes it; with ``existing`` no shop is made where there is none."""

    def __call__(self, work: Callable[[ProductOperations], Awaitable[Any]], *, existing: bool = False) -> Any:
        """Return what the work returned."""


Seller = Annotated[str, typer.Option("--seller", help="The seller's address.", metavar="EMAIL")]


def build_products_cli(run: Runner) -> typer.Typer:
    """Return the commands on products."""
    cli = typer.Typer(name="products", help="Import and export products.", no_args_is_help=True, add_completion=False)

    @cli.command("import")
    def import_file(
        file: Annotated[Path, typer.Argument(help="A .csv or .jsonl file.", exists=True, dir_okay=False)],
        seller: Seller,
        *,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and do nothing.")] = False,
    ) -> None:
        """Add and change a seller's products by a file; its rows name products by SKU.

        Exit status 1 where lines were refused: each is told with its column and why.
        """
        job: Import = run(lambda shop: _import(shop, file, seller, dry_run=dry_run), existing=True)
        counts = job.counts
        would = "would be " if job.dry_run else ""
        typer.echo(
            f"{job.state}: {job.rows} rows; {counts.create} {would}created, {counts.change} {would}changed, "
            f"{counts.same} the same, {counts.error} refused"
        )
        raise typer.Exit(1 if counts.error or job.state not in {"done", "ready"} else 0)

    @cli.command("export")
    def export_file(
        file: Annotated[Path, typer.Argument(help="Where to: a .csv or .jsonl file; it is replaced.", dir_okay=False)],
        seller: Seller,
    ) -> None:
        """Write a seller's products into a file."""
        written: int = run(lambda shop: _export(shop, file, seller), existing=True)
        typer.echo(f"{file}: {written} bytes")

    return cli


async def _import(shop: ProductOperations, file: Path, seller: str, *, dry_run: bool) -> Import:
    account = await _find(shop, seller)
    job = await shop.importing.receiving.receive(
        _chunks(file), seller_id=account.id, actor="operator", file_format=_format_of(file), dry_run=dry_run
    )
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("looking" if dry_run else "importing", total=job.rows)
        while job.state not in OVER:
            await shop.importer.work(job)
            job = await _known(shop, job.id)
            progress.update(task, completed=job.done)
    await _tell_errors(shop, job)
    return job


async def _tell_errors(shop: ProductOperations, job: Import) -> None:
    after = 0
    while lines := await shop.importing.book.lines(job.id, "errors", limit=PAGE, after=after):
        for line in lines:
            for error in line.errors:
                typer.echo(f"line {line.line}: {error.column or 'row'}: {error.detail}", err=True)
        after = lines[-1].line


async def _export(shop: ProductOperations, file: Path, seller: str) -> int:
    account, file_format = await _find(shop, seller), _format_of(file)
    written = 0
    with await asyncio.to_thread(file.open, "wb") as target:
        async for portion in shop.exporting.export(account.id, file_format):
            written += await asyncio.to_thread(target.write, portion)
    return written


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(file.open, "rb") as source:
        while chunk := await asyncio.to_thread(source.read, CHUNK):
            yield chunk


async def _known(shop: ProductOperations, import_id: str) -> Import:
    job = await shop.importing.book.get(import_id)
    if job is None:
        raise NotFound("the import is gone")
    return job


async def _find(shop: ProductOperations, email: str) -> Account:
    account = await shop.accounts.by_email(email.strip().lower())
    if account is None:
        raise NotFound(f"there is no account {email}")
    await shop.importing.whose(account.id, Editor("operator", is_admin=True))
    return account


def _format_of(file: Path) -> FileFormat:
    if file.suffix.lower() not in {".csv", ".jsonl"}:
        raise typer.BadParameter("the file's name must end in .csv or .jsonl")
    return "jsonl" if file.suffix.lower() == ".jsonl" else "csv"
