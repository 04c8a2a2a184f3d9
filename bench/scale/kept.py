"""The figures of the last run of each part, kept beside the page: a part may be measured anew alone."""

from pathlib import Path
from typing import Any

import orjson

from bench.figures import Results


def read(path: Path) -> Results:
    """Return the kept figures; none where there is no such file."""
    if not path.exists():
        return Results({}, {}, {})
    told: dict[str, Any] = orjson.loads(path.read_bytes())
    return Results({name: [dict(run) for run in runs] for name, runs in told.items()}, {}, {})


def write(path: Path, results: Results) -> None:
    """Keep them; what failed is not kept."""
    rounded = {
        name: [{figure: float(f"{value:.6g}") for figure, value in run.items()} for run in runs]
        for name, runs in results.runs.items()
        if runs
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(rounded, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def together(old: Results, new: Results) -> Results:
    """Return what was measured now, and of what was not what is kept."""
    return Results(old.runs | {name: runs for name, runs in new.runs.items() if runs}, new.missing, new.failed)
