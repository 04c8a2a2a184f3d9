"""``python -m ivorycart backup …``: full backups, the journal between them, and restoring up to any moment.

What the commands work with is given by the composition root, so that this file holds only words and numbers.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console

from ivorycart.audit_report import as_text
from ivorycart.backup_figures import BackupFigures
from ivorycart.stopping import StopRequests
from models.audit import AuditResult
from models.backup import BackupRefused, Backups, Followed, FullBackup, Pruned, Restored, Until, time_of
from models.feed import Cursor

_TOLD_SECONDS = 60.0
_MOMENT = re.compile(r"[0-9a-f]{16}")


class BackupWork(Protocol):
    """What is done with backups of one database."""

    async def create(self, root: Path) -> FullBackup:
        """Take a full backup."""

    async def follow(self, root: Path, told: Callable[[Followed], None], *, once: bool) -> None:
        """Write down what changes."""

    async def restore(
        self, root: Path, *, until: Until | None, backup: str | None, replace: bool, told: Callable[[str], None]
    ) -> Restored:
        """Restore the database."""

    async def audited(self, at: Cursor) -> AuditResult:
        """Check a database that was restored."""


class BackupOpener(Protocol):
    """Opens the database as it is; with ``existing`` none is made."""

    def __call__(self, *, existing: bool) -> AbstractAsyncContextManager[BackupWork]:
        """Return what works on it."""


@dataclass(frozen=True, slots=True)
class BackupAccess:
    """What the commands work with; to list, verify or delete backups takes no database."""

    open: BackupOpener
    listed: Callable[..., Backups]
    prune: Callable[[Path, int], Pruned]
    unusable: tuple[type[Exception], ...] = ()


def _until(text: str) -> Until:
    if _MOMENT.fullmatch(text):
        return Cursor(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("must be like 2026-11-22T10:00:00Z, or a cursor of 16 hexadecimal digits") from None
    if moment.tzinfo is None:
        raise typer.BadParameter("must name its zone: end it with Z for UTC")
    return moment


Folder = Annotated[Path, typer.Argument(help="The folder of the backups.", metavar="DIR", file_okay=False)]
Moment = Annotated[
    str | None,
    typer.Option("--until", help="Up to when: 2026-11-22T10:00:00Z, without that second; or a cursor, with it."),
]
TextFile = Annotated[
    Path | None,
    typer.Option(
        "--textfile", help="Tell Prometheus' node exporter how far it is: a file of its collector.", dir_okay=False
    ),
]
Keep = Annotated[int, typer.Option("--keep", min=1, help="How many complete backups stay, the newest ones.")]
Name = Annotated[str | None, typer.Option("--from", help="The full backup to begin with.", metavar="NAME")]


def build_backup_cli(access: BackupAccess) -> typer.Typer:
    """Return the commands on backups."""
    cli = typer.Typer(name="backup", help="Take backups and restore them.", no_args_is_help=True, add_completion=False)
    _add_taking(cli, access)
    _add_looking(cli, access)
    _add_restoring(cli, access)
    return cli


def _add_taking(cli: typer.Typer, access: BackupAccess) -> None:
    @cli.command()
    def create(folder: Folder) -> None:
        """Take a full backup of one moment, beside a running server or without one."""
        made: FullBackup = _run(access, lambda work: work.create(folder))
        typer.echo(f"{made.name}: {_figures(made)}")

    @cli.command()
    def follow(
        folder: Folder,
        *,
        once: Annotated[bool, typer.Option("--once", help="End when all that has happened is written.")] = False,
        textfile: TextFile = None,
    ) -> None:
        """Write down every change, from the newest backup on, until stopped; goes on where it ended last time."""
        _run(access, lambda work: _followed(work, folder, _Told(textfile), once=once))


async def _followed(work: BackupWork, folder: Path, told: "_Told", *, once: bool) -> None:
    stops = StopRequests()
    stops.heed_signals()
    following = asyncio.ensure_future(work.follow(folder, told, once=once))
    asked = asyncio.ensure_future(stops.asked.wait())
    await asyncio.wait({following, asked}, return_when=asyncio.FIRST_COMPLETED)
    for each in (following, asked):
        each.cancel()
    found = await asyncio.gather(following, asked, return_exceptions=True)
    if isinstance(found[0], Exception):
        raise found[0]
    told.end()


class _Told:
    """Says at the first write, each minute and at the end how far the journal is, and in a file with each write."""

    def __init__(self, textfile: Path | None) -> None:
        self._last: Followed | None = None
        self._at = -_TOLD_SECONDS
        self._textfile = textfile
        self._figures = BackupFigures()

    def __call__(self, followed: Followed) -> None:
        self._last = followed
        if self._textfile:
            self._figures.tell(followed, self._textfile)
        if time.monotonic() - self._at >= _TOLD_SECONDS:
            self._at = time.monotonic()
            self.end()

    def end(self) -> None:
        if self._last:
            typer.echo(f"{_time(self._last.through)} ({self._last.through}): {self._last.changes} changes written")


def _add_looking(cli: typer.Typer, access: BackupAccess) -> None:
    @cli.command("list")
    def list_backups(folder: Folder) -> None:
        """Say what there is: full backups and how far the journal goes. Looks at no content."""
        raise typer.Exit(_tell(access.listed(folder)))

    @cli.command()
    def verify(folder: Folder) -> None:
        """Read every file and compare it with its checksums, without restoring. Exit status 1: something is wrong."""
        raise typer.Exit(_tell(access.listed(folder, thorough=True)))

    @cli.command()
    def prune(folder: Folder, keep: Keep) -> None:
        """Delete older backups, and the journal that only they needed; nothing where there are not as many."""
        try:
            gone = access.prune(folder, keep)
        except BackupRefused as error:
            typer.echo(f"ivorycart: {error}", err=True)
            raise typer.Exit(1) from error
        for name in gone.full:
            typer.echo(f"{name} deleted")
        typer.echo(f"{gone.journal_files} files of the journal deleted")


def _tell(found: Backups) -> int:
    for full in found.full:
        typer.echo(f"{full.name}  {full.state:10}  {_figures(full) if full.state == 'complete' else full.problem}")
    for stretch in found.journal:
        reach = f"{_time(stretch.after)} to {_time(stretch.through)} ({stretch.through})"
        typer.echo(f"journal  {reach}: {stretch.changes} changes")
    for problem in found.problems:
        typer.echo(problem, err=True)
    if not found.full:
        typer.echo("there is no backup", err=True)
    bad = not found.full or found.problems or any(each.state == "damaged" for each in found.full)
    return 1 if bad else 0


def _add_restoring(cli: typer.Typer, access: BackupAccess) -> None:
    @cli.command()
    def restore(
        folder: Folder,
        until: Moment = None,
        name: Name = None,
        *,
        replace: Annotated[bool, typer.Option("--replace", help="Empty the database first.")] = False,
    ) -> None:
        """Make the database of the settings what it was, at the end of the journal or at a moment before; audit it.

        Exit status 1 where the audit found something or the backup cannot be used; then nothing was written.
        """
        moment = _until(until) if until else None

        async def work(backups: BackupWork) -> tuple[Restored, AuditResult]:
            told = Console(stderr=True).print
            done = await backups.restore(folder, until=moment, backup=name, replace=replace, told=told)
            return done, await backups.audited(done.at)

        done, result = _run(access, work, existing=False)
        typer.echo(
            f"{done.backup}, up to {_time(done.at)} ({done.at}): {done.documents} documents and {done.changes} "
            f"changes after them in {done.seconds:.1f} s"
        )
        Console().print(as_text(result))
        raise typer.Exit(0 if result.ok else 1)


def _run(access: BackupAccess, work: Callable[[BackupWork], Awaitable[Any]], *, existing: bool = True) -> Any:
    async def run() -> Any:
        async with access.open(existing=existing) as backups:
            return await work(backups)

    try:
        return asyncio.run(run())
    except BackupRefused as error:
        typer.echo(f"ivorycart: {error}", err=True)
        raise typer.Exit(1) from error
    except access.unusable as error:
        typer.echo(f"ivorycart: {error}", err=True)
        raise typer.Exit(2) from error


def _figures(full: FullBackup) -> str:
    at = full.at or Cursor("0" * 16)
    size = (full.bytes or 0) / 1e6
    return f"{_time(at)} ({at}), {full.documents} documents, {size:.1f} MB, taken in {full.seconds:.1f} s"


def _time(cursor: Cursor) -> str:
    return f"{datetime.fromtimestamp(time_of(cursor), UTC):%Y-%m-%dT%H:%M:%SZ}"
