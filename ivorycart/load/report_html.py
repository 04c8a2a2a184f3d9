"""The report as one page that needs nothing else: style and plots are in it, no script, nothing from outside. Pure."""

from collections.abc import Mapping
from html import escape
from typing import Any

from ivorycart.load.plots import Line, plot
from ivorycart.load.report_text import rows_of

STYLE = """
:root { color-scheme: light dark; --ground: #fbfaf7; --card: #fff; --ink: #23211c; --soft: #6b665c; --rule: #e4e0d6;
  --one: #2f6f5e; --two: #b8791f; --three: #b3402f; --four: #4a5fa8; --good: #2f6f5e; --bad: #b3402f; }
@media (prefers-color-scheme: dark) { :root { --ground: #191814; --card: #23211c; --ink: #efece4;
  --soft: #a8a296; --rule: #3a372f; --one: #6cc3aa; --two: #e3ab58; --three: #ec8371; --four: #93a6ea; --good: #6cc3aa;
  --bad: #ec8371; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 88rem; padding: clamp(1rem, 3vw, 2.5rem); background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: clamp(1.4rem, 4vw, 2rem); overflow-wrap: anywhere; }
h2 { margin: 0 0 .5rem; font-size: 1.05rem; }
small, .meta, .none { color: var(--soft); font-weight: normal; }
.meta { margin: .25rem 0 1.25rem; }
.verdict { margin: 0 0 1.5rem; padding: .75rem 1rem; border-left: 4px solid var(--good); background: var(--card); }
.verdict.bad { border-color: var(--bad); }
.verdict p { margin: 0; overflow-wrap: anywhere; }
.grid-of { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
figure, .card { margin: 0; padding: 1rem; background: var(--card); border: 1px solid var(--rule); border-radius: .5rem;
  min-width: 0; }
.card { margin-top: 1rem; overflow-x: auto; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--rule); fill: none; }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.one { color: var(--one); } .two { color: var(--two); } .three { color: var(--three); } .four { color: var(--four); }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0 0; padding: 0; list-style: none; }
.key li::before { content: ""; display: inline-block; width: 1rem; height: .2rem; margin-right: .4rem;
  vertical-align: middle; background: currentColor; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .75rem .35rem 0; border-top: 1px solid var(--rule); text-align: left; vertical-align: top;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
th { font-weight: 600; white-space: nowrap; }
tr:first-child > * { border-top: 0; }
@media (max-width: 40rem) { table.figures :is(tr, th, td) { display: block; padding-right: 0; }
  table.figures td { border-top: 0; padding-top: 0; } svg text { font-size: 20px; } }
"""


def as_html(report: Mapping[str, Any]) -> str:
    """Return the page."""
    options, seconds = report["options"], report["seconds"]
    meta = (
        f"{report['started_at']} · {options['clients']:,} clients from {options['processes']} "
        f"{'process' if options['processes'] == 1 else 'processes'} · {seconds['acting']:.0f} s under load"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>IvoryCart load: {escape(_place(report))}</title><style>{STYLE}</style></head><body>"
        f'<h1>Load on {escape(_place(report))}</h1><p class="meta">{escape(meta)}</p>{_verdict(report)}'
        f'<div class="grid-of">{_plots(report)}</div>'
        f'<section class="card"><h2>Figures</h2><table class="figures">{_rows(report)}</table></section>'
        f"{_server(report)}{_examples(report)}{_notes(report)}</body></html>\n"
    )


def _place(report: Mapping[str, Any]) -> str:
    return str(report["url"]).split("://", 1)[-1]


def _verdict(report: Mapping[str, Any]) -> str:
    failures = report["verdict"]["failures"]
    lines = failures or ["Nothing lost, nothing gone back, nothing sold twice."]
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return f'<div class="verdict{" bad" if failures else ""}">{said}</div>'


def _plots(report: Mapping[str, Any]) -> str:
    timeline = report["timeline"]

    def line(name: str, style: str, key: str) -> Line:
        return Line(name, style, [moment[key] for moment in timeline])

    percentiles = [
        line(name, style, f"latency_{name}_ms") for name, style in (("p50", "one"), ("p90", "two"), ("p99", "three"))
    ]
    return (
        plot("Commit to client", "ms", percentiles)
        + plot("Clients connected", "clients", [line("connected", "four", "connected")])
        + plot("Events heard", "per second", [line("events", "one", "frames")])
        + plot(
            "Work",
            "per second",
            [line("acks", "four", "acts"), line("orders", "two", "orders"), line("errors", "three", "errors")],
        )
    )


def _rows(report: Mapping[str, Any]) -> str:
    return "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows_of(report))


def _server(report: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><td>{escape(each['name'])} ({each['pid']}{', ended' if each['ended'] else ''})</td>"
        f"<td>{each['cpu_percent']:.0f} %</td>"
        f"<td>{each['max_rss_mib']:,.0f} MiB</td></tr>"
        for each in report["server"]["processes"]
    )
    if not rows:
        return (
            f'<section class="card"><h2>Server</h2><p class="none">{escape(report["server"]["unknown"])}</p></section>'
        )
    head = "<tr><th>process</th><th>CPU of one core, whole run</th><th>memory at most</th></tr>"
    return f'<section class="card"><h2>Server</h2><table>{head}{rows}</table></section>'


def _examples(report: Mapping[str, Any]) -> str:
    examples = report["checks"]["examples"]
    if not examples:
        return ""
    rows = "".join(
        f"<tr><td>{escape(each['kind'])}</td><td>{each['client']}</td><td>{escape(each['product'])}</td>"
        f"<td>{each['known']} → {each['heard']}</td></tr>"
        for each in examples
    )
    head = "<tr><th>what</th><th>client</th><th>product</th><th>version</th></tr>"
    return f'<section class="card"><h2>Examples</h2><table>{head}{rows}</table></section>'


def _notes(report: Mapping[str, Any]) -> str:
    notes = "".join(f"<p>{escape(note)}</p>" for note in [report["latency_ms"]["definition"], *report["notes"]])
    return f'<section class="card"><h2>How it was measured</h2>{notes}</section>'
