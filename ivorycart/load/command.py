"""``python -m ivorycart load``: options in words, exit status, and where the report goes."""

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from ivorycart.load.plan import LoadOptions
    from ivorycart.load.storm import Storm

DEMO_BUYER = "buyer@demo.com:demo123"
CROWD, WORK, TROUBLE, REPORT = "The crowd", "What it does", "Trouble", "The report"


def load(
    url: Annotated[str, typer.Argument(help="The shop, such as http://127.0.0.1:5000.")],
    *,
    clients: Annotated[int, typer.Option(help="How many clients.", rich_help_panel=CROWD)] = 500,
    processes: Annotated[
        int, typer.Option(help="Processes to spread them over; 0: one per 5,000 clients.", rich_help_panel=CROWD)
    ] = 0,
    connects_per_second: Annotated[float, typer.Option(help="How fast they come.", rich_help_panel=CROWD)] = 500.0,
    ramp: Annotated[
        float | None, typer.Option(help="The same as seconds until all have come.", rich_help_panel=CROWD)
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="Local address to connect from; give several for more ports.", rich_help_panel=CROWD),
    ] = None,
    deflate: Annotated[
        bool, typer.Option(help="Offer permessage-deflate, as browsers do.", rich_help_panel=CROWD)
    ] = True,
    duration: Annotated[
        float, typer.Option(help="Seconds under load, once all have come.", rich_help_panel=WORK)
    ] = 20.0,
    carts: Annotated[
        float, typer.Option(help="Share of clients that fill carts; the others watch.", rich_help_panel=WORK)
    ] = 0.05,
    orders: Annotated[float, typer.Option(help="Share of clients that order.", rich_help_panel=WORK)] = 0.02,
    signed_in: Annotated[
        float, typer.Option(help="Share of those who watch that are signed in, as the buyers.", rich_help_panel=CROWD)
    ] = 0.0,
    rate: Annotated[float, typer.Option(help="Acts per second of each of these.", rich_help_panel=WORK)] = 1.0,
    hot: Annotated[
        bool, typer.Option("--hot/--spread", help="All want one product, or all products.", rich_help_panel=WORK)
    ] = False,
    buyer: Annotated[
        list[str] | None,
        typer.Option(
            help=f"EMAIL:PASSWORD of a buyer; give several for more carts. Default: {DEMO_BUYER}. "
            "Not needed where guests may order.",
            rich_help_panel=WORK,
        ),
    ] = None,
    probe_rate: Annotated[
        float,
        typer.Option(help="Changes per second by which latency is measured; 0: none.", rich_help_panel=WORK),
    ] = 4.0,
    reconnects: Annotated[
        float, typer.Option(help="Share of clients whose connection is cut.", rich_help_panel=TROUBLE)
    ] = 0.0,
    reconnects_at: Annotated[
        float | None, typer.Option(help="When, in seconds under load; default: half-way.", rich_help_panel=TROUBLE)
    ] = None,
    reconnects_every: Annotated[
        float | None, typer.Option(help="Cut again every so many seconds.", rich_help_panel=TROUBLE)
    ] = None,
    stalled: Annotated[int, typer.Option(help="How many clients stop reading.", rich_help_panel=TROUBLE)] = 0,
    settle: Annotated[
        float, typer.Option(help="Seconds in which all must have heard all, in the end.", rich_help_panel=TROUBLE)
    ] = 10.0,
    seller: Annotated[
        str | None,
        typer.Option(
            help="EMAIL:PASSWORD of a seller or admin: oversell is then judged by the ledger. Default: the demo's.",
            rich_help_panel=REPORT,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.", rich_help_panel=REPORT)] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write the report to this file, as a page with plots.", rich_help_panel=REPORT)
    ] = None,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet", help="No progress, and no report but what --json and --html ask for.", rich_help_panel=REPORT
        ),
    ] = False,
) -> None:
    """Put a shop under load, with many clients at once, and say whether it kept its promises.

    Clients watch the stock; some fill carts, some order. Works on any IvoryCart, near or far: all it needs is the URL.
    It really does order: use it on shops whose stock may go.

    Exit status: 0 all is well, 1 something was lost, went back or was sold twice, 2 the load could not be run.
    """
    try:
        import picows  # noqa: F401 - is it there?
    except ImportError:
        _give_up("the load needs the package picows: pip install picows")
    from ivorycart.load.plan import BadOptions, LoadOptions

    try:
        options = LoadOptions(
            url=url,
            clients=clients,
            processes=processes,
            connects_per_second=clients / ramp if ramp else connects_per_second,
            duration=duration,
            carts=carts,
            orders=orders,
            signed_in=signed_in,
            rate=rate,
            hot=hot,
            stalled=stalled,
            reconnects=reconnects,
            reconnects_at=reconnects_at,
            reconnects_every=reconnects_every,
            probe_rate=probe_rate,
            settle=settle,
            deflate=deflate,
            sources=tuple(source or ()),
        ).checked()
        if html:
            _must_be_writable(html)
        buyers = [account(text) for text in buyer or [DEMO_BUYER]]
        report = _run(options, buyers, account(seller) if seller else None, quiet=quiet or as_json)
    except BadOptions as error:
        _give_up(str(error))
    _tell(report, as_json=as_json, html=html, quiet=quiet)
    raise typer.Exit(0 if report["verdict"]["ok"] else 1)


def account(text: str) -> tuple[str, str]:
    """Read EMAIL:PASSWORD."""
    from ivorycart.load.plan import BadOptions

    email, colon, password = text.partition(":")
    if not (email and colon and password):
        raise BadOptions("an account is given as EMAIL:PASSWORD")
    return email, password


def _run(
    options: "LoadOptions", buyers: list[tuple[str, str]], seller: tuple[str, str] | None, *, quiet: bool
) -> dict[str, Any]:
    """Run with live progress on the terminal; what is in the way becomes one line and exit status 2."""
    from rich.console import Console
    from rich.live import Live

    from ivorycart.load.limits import LimitInTheWay
    from ivorycart.load.report_text import progress
    from ivorycart.load.run import run_load
    from ivorycart.load.storm import StormFailed
    from ivorycart.load.target import NoShop

    console = Console(stderr=True, quiet=quiet)

    async def run() -> dict[str, Any]:
        with Live(console=console, refresh_per_second=4, transient=True) as live:

            def show(storm: "Storm") -> None:
                live.update(progress(storm))

            return await run_load(options, buyers, seller, show)

    try:
        return asyncio.run(run())
    except (LimitInTheWay, NoShop, StormFailed) as error:
        _give_up(str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):
        _give_up("stopped before there was anything to report")


def _must_be_writable(file: Path) -> None:
    """Raise BadOptions where the report could not be written; nothing is changed, and nothing left behind."""
    from ivorycart.load.plan import BadOptions

    try:
        there = file.exists()
        with file.open("ab"):
            pass
        if not there:
            file.unlink()
    except OSError as error:
        raise BadOptions(f"--html {file} cannot be written: {error.strerror or error}") from error


def _tell(report: dict[str, Any], *, as_json: bool, html: Path | None, quiet: bool) -> None:
    """Tell all that is asked for; a page that cannot be written any more costs nobody the rest."""
    complaint = _write_page(report, html) if html else ""
    if as_json:
        typer.echo(json.dumps(report, indent=2))
    elif not quiet:
        from rich.console import Console

        from ivorycart.load.report_text import as_text

        Console(file=sys.stdout).print(as_text(report))
    if complaint:
        _give_up(complaint)


def _write_page(report: dict[str, Any], file: Path) -> str:
    """Write the report as a page; return why it could not be done, if so."""
    from ivorycart.load.report_html import as_html

    try:
        file.write_text(as_html(report), encoding="utf-8")
    except OSError as error:
        return f"--html {file} could not be written: {error.strerror or error}"
    return ""


def _give_up(reason: str) -> NoReturn:
    typer.echo(f"ivorycart load: {reason}", err=True)
    raise typer.Exit(2)
