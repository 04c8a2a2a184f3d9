"""The figures of the last run of each part, kept beside the page: a part may be measured anew alone."""

from collections.abc import Mapping
from math import isnan, nan
from pathlib import Path
from typing import Any

import orjson

from bench.figures import Figures, Results


def read(path: Path) -> tuple[Results, dict[str, str]]:
    """Return the kept figures, and how each measurement was made; none where there is no such file."""
    if not path.exists():
        return Results({}, {}, {}), {}
    told: dict[str, Any] = orjson.loads(path.read_bytes())
    runs = {name: [_read(run) for run in each["runs"]] for name, each in told.items()}
    return Results(runs, {}, {}), {name: each["how"] for name, each in told.items()}


def write(path: Path, results: Results, how: Mapping[str, str]) -> None:
    """Keep them; what failed is not kept."""
    kept = {
        name: {"how": how.get(name, ""), "runs": [_rounded(run) for run in runs]}
        for name, runs in results.runs.items()
        if runs
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(kept, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _read(run: Mapping[str, float | None]) -> Figures:
    return {figure: nan if value is None else value for figure, value in run.items()}


def _rounded(run: Figures) -> dict[str, float | None]:
    """Return six digits of each; JSON has no NaN but null."""
    return {figure: None if isnan(value) else float(f"{value:.6g}") for figure, value in run.items()}


def together(old: Results, new: Results) -> Results:
    """Return what was measured now, and of what was not what is kept."""
    return Results(old.runs | {name: runs for name, runs in new.runs.items() if runs}, new.missing, new.failed)
