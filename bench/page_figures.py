"""How fast the web app's pages are: in a real browser with nothing in its cache, on a slow network.

    python -m bench.page_figures [--visits 3] [--cpu 4] [--width 390] [--url URL] [--write docs/page-figures.md]

The network is "fast 3G" as the browsers' own tools define it (1.44 Mbit/s down, 562.5 ms for each request). Each page
is visited several times, each time as a new browser profile; a table has the medians. `--url` measures a shop that is
running instead of one of its own.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from bench import page, report
from bench.machine import processor, today
from bench.pages.chromium import chromium, window
from bench.pages.lively import Lively, enliven
from bench.pages.visit import visit
from bench.shop.running import RunningShop

PART = "page figures"


class Goal(NamedTuple):
    """A figure, its heading, and what it must not pass: for everybody's pages, and for those that show one's own."""

    figure: str
    head: str
    open: float | None
    own: float | None


# Who is signed in is known by one more round trip, and their data by the next; one's cart comes by the socket.
GOALS = (
    Goal("requests", "requests", None, None),
    Goal("script_kb", "script KB", 150, 150),
    Goal("all_kb", "all KB", None, None),
    Goal("fcp_ms", "first paint", 1500, 1500),
    Goal("lcp_ms", "largest paint", 2500, 3500),
    Goal("ready_ms", "interactive", 1500, 3000),
    Goal("live_ms", "live", 2500, 3500),
    Goal("blocked_ms", "blocked", 200, 200),
    Goal("shift", "shift", 0.1, 0.1),
)
WORDS = """\
Medians, with an empty cache, on "fast 3G": 1.44 Mbit/s down, 562.5 ms for each request. (A page that named its scripts
would begin after 1,125 ms, so a first visit's page has them within.) KB: as it comes over the network, compressed;
script: within the page, too. What is fetched three seconds later for the next visit is left out. Times in ms from the
beginning of the visit: *first paint* and *largest paint* as browsers define them; *interactive*: the first screen is
drawn with its data and no long task comes after; *live*: the socket is open and every level is current. *Blocked*: what
long tasks take beyond 50 ms each; *shift*: cumulative layout shift. ✗: the goal is missed."""


class Stop(NamedTuple):
    """A page to visit: its path, as whom, and with a cart or without."""

    path: str
    role: str = ""
    session: str = ""

    @property
    def theirs(self) -> bool:
        """Whether it shows what is somebody's own."""
        return bool(self.role or self.session)


def stops(lively: Lively) -> list[Stop]:
    """Return the main pages."""
    return [
        Stop("/"),
        Stop("/listing"),
        Stop(f"/product/{lively.product}"),
        Stop("/order/cart", session=lively.session),
        Stop("/seller", role="seller"),
        Stop("/admin", role="admin"),
    ]


@asynccontextmanager
async def a_shop(url: str | None) -> AsyncIterator[str]:
    """Open a demo shop, or use one."""
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        running = await RunningShop(
            Path(folder) / "data", {"DEMO": "true", "DEMO_SALES": "true", "LOG_LEVEL": "warning"}
        ).start()
        try:
            yield running.url
        finally:
            await running.stop()


async def measured(given: argparse.Namespace) -> list[tuple[Stop, dict[str, float]]]:
    """Visit every page; return the medians of its figures."""
    found = []
    async with a_shop(given.url) as url, chromium() as browser:
        for stop in stops(await enliven(url)):
            visits = []
            for _ in range(given.visits):
                shape = window(browser, url, role=stop.role, session=stop.session, width=given.width)
                async with shape as context:
                    visits.append(await visit(context, url + stop.path, given.cpu))
            found.append((stop, {name: statistics.median(each[name] for each in visits) for name in visits[0]}))
    return found


def row(stop: Stop, figures: Mapping[str, float]) -> tuple[str, ...]:
    """Return a page's line: what misses its goal is marked."""
    cells = [cell(figures[goal.figure], goal.own if stop.theirs else goal.open) for goal in GOALS]
    name = stop.path if len(stop.path) < 24 else f"{stop.path.rsplit('/', 1)[0]}/…"
    return (name, *cells)


def cell(value: float, most: float | None) -> str:
    """Return a figure, and whether it misses its goal."""
    text = f"{value:.3f}" if value < 1 else f"{value:,.0f}"
    return f"{text} ✗" if most is not None and value > most else text


def goals(of: str) -> tuple[str, ...]:
    """Return the line of the goals."""
    bounds = [getattr(goal, of) for goal in GOALS]
    return (f"goal, {of}", *("" if most is None else f"≤ {most:g}" for most in bounds))


def main() -> int:
    """Measure, and print the table; the exit status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=3, help="visits of each page")
    parser.add_argument("--cpu", type=int, default=1, help="how many times slower the processor is to be")
    parser.add_argument("--width", type=int, default=1280, help="of the window")
    parser.add_argument("--url", help="a shop that is running, with demo data")
    given = page.arguments(parser, PART)
    rows = [row(stop, figures) for stop, figures in asyncio.run(measured(given))]
    heads = ("page", *(goal.head for goal in GOALS))
    rows += [goals("open"), goals("own")]
    Console(width=140).print(report.table("The web app's pages", heads, rows, numbers_from=1))
    slower = f", a processor {given.cpu} times slower than this one" if given.cpu > 1 else ""
    how = f"{given.visits} visits each, {given.width} px wide{slower}. {processor()}; {today()}."
    print(how)
    if given.write:
        page.write(given.write, PART, f"{WORDS}\n\n{report.markdown_table(heads, rows)}\n{how}")
    return int(any("✗" in cell for line in rows for cell in line))


if __name__ == "__main__":
    sys.exit(main())
