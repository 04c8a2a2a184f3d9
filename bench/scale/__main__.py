"""What one more process, socket, change stream, product and stored order costs, and what a hundred hosts come to.

python -m bench.scale                                   measure everything once: about a quarter of an hour
python -m bench.scale --full                            with 1,000,000 stored orders, too
python -m bench.scale --only processes,streams          these parts alone; of the others the kept figures are told
python -m bench.scale --only model --sockets 200000     measure nothing: the model on the kept figures
python -m bench.scale --quick                           the same, tiny: whether it runs; its figures mean nothing
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from math import isnan
from pathlib import Path

import uvloop

from bench import page, report
from bench.figures import Results
from bench.machine import TooFewFiles, allow_files, mongod, processor, today
from bench.plan import Measure
from bench.root import ROOT
from bench.running import run
from bench.scale import kept, learned, plan, tables
from bench.scale.drawing import draw
from bench.scale.model import Costs, Crowd, Machines
from bench.scale.size import FULL, MOST_STORED, QUICK, Size
from ivorycart.logs import configure_logs

MEASURED, MODEL = "measured", "model"
FIGURES = "figures.json"
HOME = ROOT / "docs" / "scaling"
TRIAL = "A trial run (--quick): whether everything runs. Its figures mean nothing."


def arguments() -> argparse.ArgumentParser:
    """Return what can be asked for."""
    parser = argparse.ArgumentParser(
        "bench.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help=f"these parts alone: {', '.join(plan.PARTS)}, model")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each measurement; medians are told")
    parser.add_argument("--quick", action="store_true", help="a tiny run of everything")
    parser.add_argument("--full", action="store_true", help="with 1,000,000 stored orders: some ten minutes more")
    parser.add_argument("--write", type=Path, metavar="PATH", help="write its parts of this page, plots and figures")
    crowd, machines = Crowd(), Machines()
    parser.add_argument("--sockets", type=int, default=crowd.sockets, help="of the model")
    parser.add_argument("--seconds-per-order", type=float, default=crowd.seconds_per_order, help="of a socket")
    parser.add_argument("--hosts", type=int, default=machines.hosts, help="of the model")
    parser.add_argument("--workers", type=int, default=machines.workers, help="of each of its hosts")
    return parser


def size_of(given: argparse.Namespace) -> Size:
    """Return the size of a run."""
    size = QUICK if given.quick else FULL
    return replace(size, stored=(*size.stored, MOST_STORED)) if given.full else size


def main() -> int:
    """Measure, print, draw; return the exit status: 1 where a run failed."""
    parser = arguments()
    given = parser.parse_args()
    size = size_of(given)
    folder = given.write.parent / given.write.stem if given.write else HOME
    try:
        measurements = plan.measurements(size, given.only)
        allow_files(size.most_sockets)
        if given.write:
            page.check(given.write, MEASURED)
            page.check(given.write, MODEL)
    except (ValueError, TooFewFiles, page.BrokenPage, OSError) as error:
        parser.error(str(error))
    configure_logs("warning", as_json=False)
    if size.trial:
        print(TRIAL, flush=True)
    how = conditions(size, given.repeats)  # with the machine's load before ours
    try:
        fresh = uvloop.run(_measured(measurements, given.repeats))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    old, told = (Results({}, {}, {}), {}) if size.trial else kept.read(folder / FIGURES)
    told |= dict.fromkeys((name for name, runs in fresh.runs.items() if runs), how)
    tell(kept.together(old, fresh), size, given, told, folder)
    return 1 if fresh.failed else 0


async def _measured(measurements: dict[str, Measure], repeats: int) -> Results:
    """Run it all; SIGTERM ends what was started before it ends this."""
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(measurements, repeats, lambda line: print(line, file=sys.stderr, flush=True))


def conditions(size: Size, repeats: int) -> str:
    """Say how, on what, and beside what it was measured."""
    command = f"python -m bench.scale {' '.join(sys.argv[1:])}".strip()
    trial = f"{TRIAL} " if size.trial else ""
    return (
        f"{trial}`{command}`; each measurement {repeats} time{'s' if repeats > 1 else ''}, medians. "
        f"{processor()}, shared by all parts; MongoDB {mongod()}; {today()}. "
        f"The machine's load before the start was {os.getloadavg()[0]:.1f} (0 is quiet: above 1, somebody else's work "
        "is in rates and waits, and less so in processor time)."
    )


def tell(results: Results, size: Size, given: argparse.Namespace, how: Mapping[str, str], folder: Path) -> None:
    """Print everything; write page, plots and figures where that was asked for."""
    costs = learned.costs_of(results, size)
    simulated = {} if isnan(learned.batch_cost(results, size).each) else learned.simulated(results, size)
    measured = measured_text(results, size, costs, how)
    modelled = model_text(costs, given) if known(costs) and simulated else NOT_ALL
    if simulated:
        modelled = f"### One hot product over n ledgers\n\n{tables.contention(results, size, simulated)}\n{modelled}"
    print(measured, modelled, sep="\n")
    for name, reasons in results.failed.items():
        print(f"{name} failed: {reasons}", file=sys.stderr)
    if not given.write:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, plot in tables.plots(results, size, simulated).items():
        (folder / f"{name}.svg").write_text(draw(plot))
    if given.only.strip() != MODEL:  # which measures nothing
        page.write(given.write, MEASURED, measured)
        kept.write(folder / FIGURES, results, how)
    page.write(given.write, MODEL, modelled)


NOT_ALL = "Not every part was measured yet: there is no model without its costs.\n"


def known(costs: Costs) -> bool:
    """Whether every cost was measured."""
    return not any(isnan(value) for value in asdict(costs).values())


def measured_text(results: Results, size: Size, costs: Costs, how: Mapping[str, str]) -> str:
    """Return the page's part with what was measured."""
    streams = {
        "mongod_us": "database, µs an order",
        "bytes_out": "bytes sent an order",
        "idle_us": "database idle, µs a second",
        "follower_us": "reader, µs an order",
        "changes": "changes an order",
        "p50_ms": "lag p50 ms",
        "p99_ms": "lag p99 ms",
        "cores_busy": "cores busy (1: all)",
    }
    crowds = {
        "connects_per_s": "connects/s",
        "memory_kib": "KiB of one",
        "p50_ms": "commit to client p50 ms",
        "p99_ms": "p99 ms",
        "app_us": "app, µs a broadcast",
        "load_us": "load, µs a broadcast",
        "cores_busy": "cores busy (1: all)",
    }
    stored = {
        "cpu_us": "app, µs an order",
        "mongod_us": "database, µs an order",
        "per_s": "orders/s",
        "disk_mib": "MiB on disk",
    }
    products = {
        "ready_s": "open after s",
        "start_cpu_s": "CPU s to start",
        "app_mib": "MiB of the process",
        "cpu_us": "app, µs an order",
        "mongod_us": "database, µs an order",
    }
    return "\n".join(
        (
            *_how(how),
            "",
            tables.busy(results, size),
            "",
            f"### One more\n\n{tables.one_more(results, costs)}",
            f"### Processes on one replica set\n\n{tables.of_processes(results, size)}",
            f"### Change streams\n\n{tables.by_number(results, plan.CURSORS, 'beside the one', streams)}",
            f"### Sockets of one process\n\n{tables.by_number(results, plan.CROWDS, 'sockets', crowds)}",
            f"### Stored orders\n\n{tables.by_number(results, plan.ORDERS, 'stored', stored)}",
            f"### Products\n\n{tables.by_number(results, plan.PRODUCTS, 'products', products)}",
            f"### Every figure\n\n{report.markdown_table(report.DETAILS, report.details(results))}",
        )
    )


def _how(told: Mapping[str, str]) -> list[str]:
    """Say of each measurement how it was made, the same words once."""
    return [
        f"- {', '.join(name for name, words in told.items() if words == each)}: {each}"
        for each in dict.fromkeys(told.values())
    ]


def model_text(costs: Costs, given: argparse.Namespace) -> str:
    """Return the page's part with what is computed."""
    crowd = Crowd(sockets=given.sockets, seconds_per_order=given.seconds_per_order)
    machines = Machines(hosts=given.hosts, workers=given.workers)
    assumed = [
        (name, report.number(float(value))) for each in (crowd, machines) for name, value in asdict(each).items()
    ]
    fed = [(name, report.number(value)) for name, value in asdict(costs).items()]
    return "\n".join(
        (
            f"### {given.sockets:,} sockets on {given.hosts} hosts, and fewer\n",
            tables.of_hosts(costs, crowd, machines),
            "a → b: as it is → with interest rooms and one change stream for each host.\n",
            f"### Where each part stops\n\n{tables.where_it_stops(costs, crowd, machines)}",
            f"### What was assumed\n\n{report.markdown_table(('of the crowd and the machines', ''), assumed)}",
            f"### What was measured\n\n{report.markdown_table(('cost (µs, bytes)', ''), fed)}",
        )
    )


if __name__ == "__main__":
    sys.exit(main())
