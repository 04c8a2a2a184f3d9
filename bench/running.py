"""The run: rounds of measurements, one run of each in turn, so that what is compared shares the machine's weather."""

import time
from collections.abc import Callable, Mapping
from math import nan

import psutil

from bench.figures import Figures, Results
from bench.measure.peers import Missing
from bench.plan import Measure
from bench.processes import Failed
from mongo.driver import DRIVER_ERRORS

Progress = Callable[[str], None]
FAILURES = (Failed, OSError, TimeoutError, psutil.Error, *DRIVER_ERRORS)


async def run(plan: Mapping[str, Measure], repeats: int, progress: Progress) -> Results:
    """Run every measurement so many times.

    One whose program is not installed is noted as missing. One that fails is noted, too, and the others go on: they
    take many minutes.
    """
    results = Results({}, {}, {})
    for turn in range(1, repeats + 1):
        for name, measure in plan.items():
            if name not in results.missing:
                started = time.monotonic()
                said = await _once(name, measure, results)
                progress(f"round {turn} of {repeats}: {name} ({time.monotonic() - started:.0f} s){said}")
    return results


async def _once(name: str, measure: Measure, results: Results) -> str:
    """Run a measurement once, and put down what came of it; return what is to be said of it."""
    try:
        results.runs.setdefault(name, []).append(_numbers(await measure()))
    except Missing as error:
        del results.runs[name]
        results.missing[name] = str(error)
        return f": {error}"
    except FAILURES as error:
        results.failed.setdefault(name, []).append(f"{type(error).__name__}: {error}")
        return f" FAILED: {type(error).__name__}: {error}"
    return ""


def _numbers(told: Mapping[str, float | None]) -> Figures:
    """Return the figures; JSON between the processes has no NaN but null."""
    return {name: nan if value is None else value for name, value in told.items()}
