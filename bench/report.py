"""How the figures are told: each goal beside what was reached and its peers, then every figure with its spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from rich.table import Table

from bench.figures import Results

MET, MISSED, OPEN = "met", "missed", "not measured"
GOALS = ("what", "goal", "ours", "peers", "")
DETAILS = ("measurement", "figure", "median", "least", "most", "runs")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the goals. `met` is None where it could not be measured, or where there is no goal."""

    what: str
    goal: str
    ours: str
    peers: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """Say whether the goal was reached."""
        if self.met is None:
            return OPEN if self.goal else ""
        return MET if self.met else MISSED

    def cells(self) -> tuple[str, ...]:
        """Return the row's texts."""
        return (self.what, self.goal, self.ours, self.peers, self.verdict)


def number(value: float, unit: str = "") -> str:
    """Write a figure with as many digits as it deserves; n/a for one that is missing."""
    if isnan(value):
        return "n/a"
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}{unit and ' '}{unit}"


def ratio(value: float, other: float) -> float:
    """Return how many times the other a figure is; NaN where that has no answer."""
    return value / other if other else nan


def at_most(value: float, *limits: float) -> bool | None:
    """Whether a figure is within every limit; None where any is missing."""
    return None if any(map(isnan, (value, *limits))) else all(value <= limit for limit in limits)


def at_least(value: float, *limits: float) -> bool | None:
    """Whether a figure reaches every limit; None where any is missing."""
    return None if any(map(isnan, (value, *limits))) else all(value >= limit for limit in limits)


def every(verdicts: Sequence[bool | None]) -> bool | None:
    """Whether all are met: one missed is missed, and one that was not measured leaves the rest open."""
    if False in verdicts:
        return False
    return None if None in verdicts else True


def details(results: Results) -> list[tuple[str, ...]]:
    """Return every figure of every measurement with its spread."""
    rows: list[tuple[str, ...]] = []
    for name, runs in results.runs.items():
        for figure in dict.fromkeys(figure for run in runs for figure in run):
            told = results.spread(name, figure)
            values = (number(told.middle), number(told.least), number(told.most))
            rows.append((name, figure, *values, str(told.runs)))
    rows += [(name, f"not measured: {reason}", "", "", "", "0") for name, reason in results.missing.items()]
    for name, reasons in results.failed.items():
        rows += [(name, f"a run failed: {reason.splitlines()[0]}", "", "", "", "") for reason in reasons]
    return rows


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers_from: int) -> Table:
    """Draw a table for a terminal; columns from `numbers_from` on are aligned to the right."""
    drawn = Table(title=title)
    for place, head in enumerate(heads):
        drawn.add_column(head, justify="right" if place >= numbers_from else "left")
    for row in rows:
        drawn.add_row(*row)
    return drawn


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def markdown(
    lines: Sequence[Line], results: Results, machine: Sequence[tuple[str, str]], conditions: Sequence[str]
) -> str:
    """Write the page's part: goals, how it was measured, the machine, every figure."""
    return "\n".join(
        (
            markdown_table(GOALS, [line.cells() for line in lines]),
            "### How it was measured",
            "",
            *(f"- {condition}" for condition in conditions),
            "",
            "### The machine",
            "",
            markdown_table(("what", "is"), machine),
            "### Every figure",
            "",
            "`_us`: microseconds of the server's processor time (user and system), per client and message, per client,",
            "or per event; `_ms`: at the client; `_kib`, `_mib`: resident memory; `busy`: how much of a core the load",
            "used, which bounds what it can show where it comes near 1; `load_us`: what hearing one message costs the",
            "load, which is part of every latency. `name@size`: with so many orders stored.",
            "",
            markdown_table(DETAILS, details(results)),
        )
    )
