"""Every goal beside what was reached and its peers, in one run.

python -m bench                     all of it, with 8,000 clients: 20 to 25 minutes
python -m bench --repeats 1         one round instead of three: a third of the time, no spread
python -m bench --quick             the same, tiny: whether it runs; its figures mean nothing
python -m bench --only broadcast,memory --clients 2000 --repeats 1
"""

import argparse
import asyncio
import signal
import sys
from dataclasses import replace
from pathlib import Path

import uvloop
from rich.console import Console

from bench import page, report
from bench.extent import FULL, QUICK, Extent
from bench.figures import Results
from bench.machine import TooFewFiles, allow_files, description, said_by
from bench.measure.peers import Missing, node_packages
from bench.plan import Measure, needed
from bench.rows import ROWS, Row
from bench.running import run
from ivorycart.logs import configure_logs

MOST_STORED = 1_000_000
PART = "goals"
TRIAL = "A trial run (--quick): whether everything runs. Its figures mean nothing."


def arguments() -> argparse.ArgumentParser:
    """Return what can be asked for."""
    names = ", ".join(row.name for row in ROWS)
    parser = argparse.ArgumentParser("bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, help=f"sockets of a crowd ({FULL.clients})")
    parser.add_argument("--repeats", type=int, help=f"runs of each measurement ({FULL.repeats}); medians are told")
    parser.add_argument("--only", default="", help=f"these rows alone, separated by commas: {names}")
    parser.add_argument("--quick", action="store_true", help="a tiny run of everything, in a minute or two")
    parser.add_argument(
        "--full", action="store_true", help="with 1,000,000 stored orders, too: some ten minutes more in each round"
    )
    parser.add_argument("--write", type=Path, metavar="PATH", help="write its part of this page anew")
    return parser


def extent_of(given: argparse.Namespace) -> Extent:
    """Return the extent of a run; growth goes as far as there are clients, where fewer are asked for."""
    extent = QUICK if given.quick else FULL
    if given.clients is not None:
        part = given.clients / extent.clients
        extent = replace(
            extent,
            clients=given.clients,
            few_clients=max(1, int(extent.few_clients * part)),
            growth=tuple(max(1, int(each * part)) for each in extent.growth),
        )
    if given.full:
        extent = replace(extent, stored=(*extent.stored, MOST_STORED))
    return replace(extent, repeats=extent.repeats if given.repeats is None else given.repeats)


def chosen_rows(only: str) -> list[Row]:
    """Return the rows that were asked for; raise ValueError for a name that is none."""
    names = {name.strip() for name in only.split(",") if name.strip()}
    unknown = names - {row.name for row in ROWS}
    if unknown:
        raise ValueError(f"there is no row {', '.join(sorted(unknown))}")
    return [row for row in ROWS if not names or row.name in names]


def conditions(extent: Extent, command: str) -> list[str]:
    """Say how it was measured."""
    return [
        *([TRIAL] if extent.trial else []),
        f"Command: `{command}`; {extent.repeats} rounds, each measurement once in every round; the median is told.",
        "The server has a core to itself. Clients, and the shop's database, are on another.",
        f"{extent.clients:,} clients in one process, websocket only; they offer permessage-deflate, as browsers do.",
        f"They connect as fast as {extent.connects_at_once} handshakes at a time allow.",
        f"Socket.IO {_socketio()} on Node: websocket transport only, otherwise as it comes.",
        "python-socketio on aiohttp as it comes, with asyncio's own loop.",
        "Broadcasts of about 330 bytes at a steady rate, slow enough that none waits for the one before it.",
        "Latency runs from just before the emit to the client's reader.",
        "In the shop it runs from the commit (the database's log, whole milliseconds) to the client's reader.",
        "CPU is what the server's process used, user and system, while it was measured: pings and timers included.",
        "Sockets that set carts or order hear every stock change, as browsers do, within one socket's rate limit.",
        "Buyers are signed in and hold a unit in the cart before the clock starts.",
        f"Stalled clients read nothing of {extent.swamped * extent.broadcasts / 1e6:.0f} MB that is sent to each.",
        "Memory is what the process has: buffers of the kernel are not in it.",
    ]


def main() -> int:
    """Measure, and print the tables; return the exit status: 1 where a run failed."""
    parser = arguments()
    given = parser.parse_args()
    extent = extent_of(given)
    try:
        rows = chosen_rows(given.only)
        allow_files(extent.most_clients)
        if given.write:
            page.check(given.write, PART)
    except (ValueError, TooFewFiles, page.BrokenPage, OSError) as error:
        parser.error(str(error))
    configure_logs("warning", as_json=False)
    if extent.trial:
        print(TRIAL, flush=True)
    plan = needed(extent, [name for row in rows for name in row.needs(extent)])
    try:
        results = uvloop.run(_measured(plan, extent.repeats))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    tell(rows, results, extent, given.write)
    return 1 if results.failed else 0


async def _measured(plan: dict[str, Measure], repeats: int) -> Results:
    """Run it all; SIGTERM ends what was started before it ends this."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(plan, repeats, lambda line: print(line, file=sys.stderr, flush=True))


def tell(rows: list[Row], results: Results, extent: Extent, path: Path | None) -> None:
    """Print the tables; write the page where that was asked for."""
    lines = [line for row in rows for line in row.tell(results, extent)]
    machine = description()
    how = conditions(extent, f"python -m bench {' '.join(sys.argv[1:])}".strip())
    console = Console(width=None if sys.stdout.isatty() else 200)
    details = report.details(results)
    console.print(report.table("Every figure", report.DETAILS, details, numbers_from=2))
    console.print(report.table("To reach", report.GOALS, [line.cells() for line in lines], numbers_from=5))
    for line in (*how, *(f"{name}: {value}" for name, value in machine)):
        print(line)
    if path:
        page.write(path, PART, report.markdown(lines, results, machine, how))


def _socketio() -> str:
    try:
        facts = Path(node_packages()) / "socket.io" / "package.json"
    except Missing:
        return "(not installed)"
    return said_by("node", "-p", f"require({str(facts)!r}).version")


if __name__ == "__main__":
    sys.exit(main())
