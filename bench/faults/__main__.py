"""`python -m bench.faults`: breaks everything in turn and prints what held."""

import asyncio
import signal
import sys
import tempfile
import time
import traceback
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from bench import page
from bench.faults.plan import Made, rows, rows_of
from bench.faults.row import Broken, Outcome, Row, merged, table

PART = "faults"


async def guarded(row: Row) -> Outcome:
    """Run a row; what breaks it is told, never raised: the others go on."""
    try:
        return await row.run()
    except Broken as error:
        return Outcome(failures=[str(error)])
    except Exception as error:  # noqa: BLE001 - whatever it is, the row did not hold
        traceback.print_exc()
        return Outcome(failures=[f"{type(error).__name__}: {error}"])


async def run(given: Namespace, folder: Path) -> list[tuple[Row, Outcome]]:
    """Run the rows that were asked for, and write down each at once; return what came of them."""
    outcomes: list[tuple[Row, Outcome]] = []
    async with Made(folder) as made:
        for row in chosen(given, made):
            began = time.monotonic()
            outcomes.append((row, outcome := await guarded(row)))
            said = "held" if outcome.ok else f"NOT HELD: {'; '.join(outcome.failures)}"
            print(f"{row.name} ({time.monotonic() - began:.0f} s): {said}", file=sys.stderr, flush=True)
            if given.write:
                keep(given.write, outcomes[-1:])
    return outcomes


def keep(path: Path, outcomes: Sequence[tuple[Row, Outcome]]) -> None:
    """Write down what came of rows; those of other runs stay."""
    page.write(path, PART, merged(page.kept(path, PART), table(outcomes)))


def chosen(given: Namespace, made: Made) -> Sequence[Row]:
    """Return the rows that were asked for."""
    if given.kill_test:
        return [made.kill_row(given.kill_test)]
    return rows_of(rows(made, quick=given.quick), given.only)


def main() -> int:
    """Run the suite; return 1 where a promise does not hold, 2 where a row is not known."""
    parser = ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=[], metavar="ROW,...", help="these rows alone"
    )
    parser.add_argument("--quick", action="store_true", help="each once or a few times")
    parser.add_argument("--list", action="store_true", help="say which rows there are")
    parser.add_argument(
        "--kill-test", type=float, metavar="MINUTES", help="load for so long, primaries and workers killed all the time"
    )
    given = page.arguments(parser, PART)
    if given.list:
        print(*(f"{row.name:22} {row.what}" for row in rows(Made(Path()), quick=False)), sep="\n")
        return 0
    for each in (signal.SIGINT, signal.SIGTERM):  # clusters leave no namespaces behind, in the background either
        signal.signal(each, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        try:
            outcomes = asyncio.run(run(given, Path(folder)))
        except KeyError as error:
            parser.error(f"there is no row {error}; --list names them")
    print(table(outcomes))
    return 0 if all(outcome.ok for _, outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
