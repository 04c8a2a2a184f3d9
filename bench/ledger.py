"""Orders per second by the ledger itself: group commit against one transaction per order, in one run.

The peers are the same messages sent by hand, which is what the database alone can do; a transaction per order as the
driver's manual has it; and this ledger with batches of one, which backs off with growing jitter after a conflict. Where
there are two cores, mongod has one and the ledger, with its buyers, the other.

    python -m bench.ledger [--orders 20000] [--repeats 3] [--driver motor] [--write PATH]
"""

import argparse
import os
import platform
import sys
import tempfile
from functools import partial
from pathlib import Path

import uvloop
from rich.console import Console

from bench import page, report
from bench.by_hand import by_hand
from bench.figures import Results
from bench.machine import LOAD_CORE, SERVER_CORE, mongod, pin, processor, today
from bench.plan import Measure
from bench.report import number, ratio
from bench.running import run
from bench.ways import AT_ONCE, by_batches_of_one, by_ledger, by_textbook
from ivorycart.logs import configure_logs
from mongo.driver import Driver
from mongo.embedded import EmbeddedMongo

SINGLE_ORDERS = 200
TEXTBOOK_ORDERS = 100
PART = "ledger"
TITLE = "Orders by the ledger (one order = level, movement, cart, order, mail)"
HEADS = ("way", "orders/s", "least to most", "p50 ms", "p99 ms", "decided anew", "oversold")
BY_HAND = "the same messages by hand, decided by nobody, one batch after the other, 1 hot product"
PLAIN = "the same by hand into plain collections, with no index to find anything by, 1 hot product"
HOT = "group commit, 1 hot product"
TEXTBOOK = f"one transaction per order, as the driver's manual has it, {AT_ONCE} at once, 1 hot product"
ONE_EACH = f"this ledger with batches of one, backing off, {AT_ONCE} at once, 1 hot product"
ONE_BY_ONE = "this ledger with batches of one, one after another, 1 hot product"


def plan(driver: Driver, orders: int) -> dict[str, Measure]:
    """Return what is measured in each round; what is slow places fewer orders."""
    after_another = partial(by_ledger, driver, orders=SINGLE_ORDERS * 5, batch=1, at_once=AT_ONCE)
    return {
        HOT: partial(by_ledger, driver, orders=orders),
        "group commit, 1,000 products": partial(by_ledger, driver, orders=orders, products=1000),
        BY_HAND: partial(by_hand, driver, orders=orders, schema=True),
        PLAIN: partial(by_hand, driver, orders=orders, schema=False),
        TEXTBOOK: partial(by_textbook, driver, orders=TEXTBOOK_ORDERS),
        ONE_EACH: partial(by_batches_of_one, driver, orders=SINGLE_ORDERS),
        ONE_BY_ONE: after_another,
    }


def rows(results: Results) -> list[tuple[str, ...]]:
    """Return the rows of the table: medians, but of what was sold twice the sum."""
    told = []
    for name in results.runs:
        rates = results.spread(name, "per_s")
        middles = [number(results.middle(name, figure)) for figure in ("p50_ms", "p99_ms", "retries")]
        between = f"{number(rates.least)} to {number(rates.most)}"
        told.append((name, number(rates.middle), between, *middles, number(results.total(name, "oversold"))))
    return told


def compared(results: Results) -> list[str]:
    """Say how many times each peer group commit is."""
    ours = results.middle(HOT, "per_s")
    peers = (BY_HAND, PLAIN, TEXTBOOK, ONE_EACH)
    return [f"Group commit is {number(ratio(ours, results.middle(each, 'per_s')))} times {each}." for each in peers]


def conditions(orders: int, repeats: int, driver: str) -> str:
    """Say how it was measured, and on what."""
    machine = f"{processor()}, MongoDB {mongod()}, Python {platform.python_version()}, driver {driver}"
    return f"{orders:,} orders by group commit in each of {repeats} rounds; medians. {machine}; {today()}."


async def measured(orders: int, repeats: int, driver_name: str) -> Results:
    """Measure every way so many times, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        mongo = EmbeddedMongo(data_dir=Path(folder), cache_gb=1)
        driver = Driver(await mongo.start(), "pymongo" if driver_name == "pymongo" else "motor")
        try:
            assert mongo.mongod_pid
            pin(mongo.mongod_pid, LOAD_CORE)  # first: once this process has one core, it may give away no other
            pin(os.getpid(), SERVER_CORE)
            return await run(plan(driver, orders), repeats, lambda line: print(line, file=sys.stderr, flush=True))
        finally:
            await driver.close()
            await mongo.stop()


def main() -> int:
    """Measure, and print the table; return the exit status: 1 where a run failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=20_000, help="orders per measurement of group commit")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each way; medians are told")
    parser.add_argument("--driver", choices=("motor", "pymongo"), default="motor")
    given = page.arguments(parser, PART)
    configure_logs("warning", as_json=False)
    how = conditions(given.orders, given.repeats, given.driver)  # before this process keeps to one core
    results = uvloop.run(measured(given.orders, given.repeats, given.driver))
    Console(width=160).print(report.table(TITLE, HEADS, rows(results), numbers_from=1))
    said = " ".join((*compared(results), how))
    print(said)
    if given.write:
        page.write(given.write, PART, f"{report.markdown_table(HEADS, rows(results))}\n{said}")
    return 1 if results.failed else 0


if __name__ == "__main__":
    sys.exit(main())
