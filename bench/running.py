"""The run: rounds of measurements, one run of each in turn, so that what is compared shares the machine's weather."""

import time
from collections.abc import Callable, Mapping
from math import nan

from bench.figures import Figures, Results
from bench.measure.peers import Missing
from bench.plan import Measure

Progress = Callable[[str], None]


def _numbers(told: Mapping[str, float | None]) -> Figures:
    """Return the figures; JSON between the processes has no NaN but null."""
    return {name: nan if value is None else value for name, value in told.items()}


async def run(plan: Mapping[str, Measure], repeats: int, progress: Progress) -> Results:
    """Run every measurement so many times; one whose program is not installed is noted as missing."""
    results = Results({}, {})
    for turn in range(1, repeats + 1):
        for name, measure in plan.items():
            if name in results.missing:
                continue
            started = time.monotonic()
            try:
                results.runs.setdefault(name, []).append(_numbers(await measure()))
            except Missing as error:
                results.missing[name] = str(error)
                del results.runs[name]
            progress(f"round {turn} of {repeats}: {name} ({time.monotonic() - started:.0f} s)")
    return results
