"""From sampled stacks to a table: which functions a process spends its time in."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_FRAME = re.compile(r"(?P<name>.+) \((?P<file>[^()]+?)(?::\d+)?\)\Z")
_PACKAGES = re.compile(r".*/(?:site-packages|lib/python3\.\d+)/")


@dataclass(frozen=True, slots=True)
class Spent:
    """One function: its share of the samples, by itself and with all that it calls (0..1)."""

    function: str
    alone: float
    with_calls: float


def short(frame: str, root: Path) -> str:
    """Return a frame as function and file, without the line and without where things are installed."""
    parts = _FRAME.match(frame)
    if parts is None:
        return frame
    file = _PACKAGES.sub("", parts["file"]).removeprefix(f"{root}/")
    return f"{parts['name']} ({file})"


def spent(lines: Iterable[str], root: Path, most: int) -> list[Spent]:
    """Return the functions with the most time of their own; `lines` are stacks as `a;b;c 12`, the caller first."""
    alone: Counter[str] = Counter()
    with_calls: Counter[str] = Counter()
    for line in lines:
        stack, _, count = line.strip().rpartition(" ")
        if not stack:
            continue
        frames = [short(frame, root) for frame in stack.split(";")]
        alone[frames[-1]] += int(count)
        for frame in set(frames):  # once each, however deep it calls itself
            with_calls[frame] += int(count)
    total = sum(alone.values())
    return [Spent(name, count / total, with_calls[name] / total) for name, count in alone.most_common(most)]
