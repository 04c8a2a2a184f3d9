"""The report for a terminal, and the line of live progress."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ivorycart.load.report import latest
from ivorycart.load.storm import Storm

Row = tuple[str, str]


def progress(storm: Storm) -> RenderableType:
    """Return what is known while the storm runs."""
    moment, outcome = latest(storm.outcome.moments), storm.outcome
    parts = [
        f"[bold]{storm.phase:12}[/]",
        f"{storm.connected:,}/{storm.options.clients:,} connected",
        f"{moment.frames if moment else 0:,} events/s",
        f"p50 {ms(outcome.from_ack.percentile(50))}  p99 {ms(outcome.from_ack.percentile(99))}",
        f"{outcome.tally.orders:,} orders",
        f"{outcome.tally.errors:,} errors",
    ]
    return Text.from_markup("   ".join(parts))


def ms(seconds: float | None) -> str:
    """Write a time in milliseconds."""
    return "-" if seconds is None else f"{seconds * 1000:,.1f} ms"


def as_text(report: Mapping[str, Any]) -> RenderableType:
    """Return the report as tables."""
    parts: list[RenderableType] = [_figures(report), *_server(report), *_examples(report)]
    parts += [Text.from_markup(f"[dim]note[/] {escape(note)}") for note in report["notes"]]
    if report["verdict"]["ok"]:
        parts.append(Text("Nothing lost, nothing gone back, nothing sold twice.", style="bold green"))
    parts += [Text(failure, style="bold red") for failure in report["verdict"]["failures"]]
    return Group(*parts)


def rows_of(report: Mapping[str, Any]) -> list[Row]:
    """Return the figures, each with its name."""
    clients, connects, checks = report["clients"], report["connects"], report["checks"]
    latency, back, carts, orders = report["latency_ms"], report["reconnects"], report["carts"], report["orders"]
    rows = [
        ("clients", f"{clients['connected_at_most']:,} of {clients['wanted']:,} connected at once"),
        (
            "connects",
            f"{connects['made']:,}, {connects['per_second']:,.0f}/s; handshake {_spread(connects['handshake_ms'])}",
        ),
        ("commit → client", _spread(latency["from_ack"])),
        ("  from the sending", _spread(latency["from_send"])),
        ("events heard", f"{report['frames']['count']:,}, {report['frames']['per_second']:,.0f}/s"),
        ("cart:set", f"{carts['acks']:,}, {carts['per_second']:,.0f}/s; ack {_spread(carts['ack_ms'])}"),
        ("orders", f"{orders['placed']:,}, {orders['per_second']:,.1f}/s; ack {_spread(orders['ack_ms'])}"),
        ("refusals", _counts({**_named("cart:set", carts), **_named("order:place", orders)})),
        ("no answer", _counts(orders["unknown"])),
        (
            "lost",
            f"{checks['lost']:,} levels at {checks['lost_clients']:,} clients; {clients['away_in_the_end']:,} away",
        ),
        ("regressed", f"{checks['regressed']:,} at {checks['regressed_clients']:,} clients"),
        ("duplicated", f"{checks['duplicated']:,} at {checks['duplicated_clients']:,} clients"),
        ("oversold", f"{report['oversell']['units']:,} units ({report['oversell']['judged_by']})"),
    ]
    own = report["load_cpu_percent"]
    rows.append(("load itself", ", ".join(f"{each:.0f} %" for each in own) + " of a core"))
    if back["cut"] or back["back"]:
        told = f"{back['back']:,} back, {back['resumed']:,} resumed, {back['snapshots']:,} by snapshot"
        again = f"repeated levels {checks['repeated_after_resume']:,}"
        rows.append(("reconnects", f"{back['cut']:,} cut, {told}, after {_spread(back['back_after_ms'])}; {again}"))
        not_equal = f"; {back['not_equal']:,} not by then" if back["not_equal"] else ""
        rows.append(("  equal again after", f"{_spread(back['equal_after_ms'])}{not_equal}"))
    if clients["stalled"]:
        rows.append(("stalled", f"{clients['stalled']:,}, {clients['stalled_and_cut_by_server']:,} cut by the server"))
    if connects["errors"] or connects["closes"]:
        rows.append(("connection errors", _counts({**connects["errors"], **connects["closes"]})))
    return rows


def _figures(report: Mapping[str, Any]) -> Table:
    table = Table(title=f"Load on {report['url']}", title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in rows_of(report):
        table.add_row(name, escape(value))
    return table


def _server(report: Mapping[str, Any]) -> list[RenderableType]:
    if not report["server"]["processes"]:
        return [Text(f"server: no figures, {report['server']['unknown']}", style="dim")]
    table = Table(
        "process", "pid", "CPU of one core, whole run", "memory at most", title="Server", title_justify="left", box=None
    )
    for each in report["server"]["processes"]:
        table.add_row(
            each["name"],
            f"{each['pid']}{_ended(each)}",
            f"{each['cpu_percent']:.0f} %",
            f"{each['max_rss_mib']:,.0f} MiB",
        )
    return [table]


def _ended(process: Mapping[str, Any]) -> str:
    return " (ended)" if process["ended"] else ""


def _examples(report: Mapping[str, Any]) -> list[RenderableType]:
    return [
        Text(f"{each['kind']}: client {each['client']}, product {each['product']}: {each['known']} → {each['heard']}")
        for each in report["checks"]["examples"][:10]
    ]


def _spread(times: Mapping[str, Any]) -> str:
    if not times["count"]:
        return "-"
    return " · ".join(f"{name} {times[name]:,.1f}" for name in ("p50", "p90", "p99", "max")) + " ms"


def _named(event: str, part: Mapping[str, Any]) -> dict[str, int]:
    return {f"{event} {code}": count for code, count in part["refusals"].items()}


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
