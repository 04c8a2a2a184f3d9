"""A row of the suite, and what came of it. Pure."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from statistics import median


class Broken(Exception):  # noqa: N818 - it says what happened
    """A promise was not kept; the message says which, and what was seen instead."""


@dataclass
class Outcome:
    """What was seen: how often it was broken, what held, seconds until all went on, and what did not hold."""

    times: int = 0
    held: str = ""
    recovery: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every promise was kept, and there was one to keep."""
        return not self.failures and self.times > 0


@dataclass(frozen=True, slots=True)
class Row:
    """A fault, by the name that is given on the command line, and what it is in words."""

    name: str
    what: str
    run: Callable[[], Awaitable[Outcome]]


def table(outcomes: Sequence[tuple[Row, Outcome]]) -> str:
    """Return the rows as a table of Markdown."""
    lines = ["| fault | how often | what held | recovery, s (min, median, max) |", "| --- | --- | --- | --- |"]
    for row, outcome in outcomes:
        seen = outcome.held if outcome.ok else f"✗ **not held**: {'; '.join(outcome.failures) or 'it was never tried'}"
        lines.append(f"| {row.what} | {outcome.times} | {_cell(seen)} | {spread(outcome.recovery)} |")
    return "\n".join(lines)


def merged(before: str, fresh: str) -> str:
    """Return a table with the rows of a fresh one in the place of those of the same name; others stay as they were."""
    rows = {_name(line): line for line in before.splitlines() if line.startswith("|")}
    return "\n".join((rows | {_name(line): line for line in fresh.splitlines()}).values())


def _name(line: str) -> str:
    return line.split("|")[1].strip()


def spread(seconds: list[float]) -> str:
    """Return the least, the middle and the most."""
    if not seconds:
        return ""
    return ", ".join(f"{each:.1f}" for each in (min(seconds), median(seconds), max(seconds)))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
