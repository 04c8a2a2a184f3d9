"""Line plots as inline SVG: no script, no outside source, colours by the page's own style sheet. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 720, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 34
GRID_LINES = 4

Value = float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot; ``style`` is its class in the style sheet. None is a gap."""

    name: str
    style: str
    values: Sequence[Value]


def plot(title: str, unit: str, lines: Sequence[Line]) -> str:
    """Return a figure: a line per series over seconds, values in a unit."""
    known = [value for line in lines for value in line.values if value is not None]
    if not known:
        return f'<figure><h2>{escape(title)}</h2><p class="none">nothing was measured</p></figure>'
    low, high = bounds(min(0.0, *known), max(known))
    seconds = max(len(line.values) for line in lines)
    drawn = "".join(_grid(low, high, seconds)) + "".join(_line(line, low, high, seconds) for line in lines)
    keys = "".join(f'<li class="{line.style}">{escape(line.name)}</li>' for line in lines)
    said = escape(f"{title}, in {unit}, over {seconds} seconds; at most {max(known):,.1f}")
    return (
        f"<figure><h2>{escape(title)} <small>{escape(unit)}</small></h2>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{said}">{drawn}</svg>'
        f'<ul class="key">{keys}</ul></figure>'
    )


def bounds(low: float, high: float) -> tuple[float, float]:
    """Return bounds that are round numbers."""
    step = rounded_up((high - low or 1.0) / GRID_LINES)
    return floor(low / step) * step, ceil(high / step) * step or step


def rounded_up(value: float) -> float:
    """Return the next of 1, 2, 2.5, 5 times a power of ten."""
    power = 10.0 ** floor(log10(value))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= value * 0.999)


def _x(second: float, seconds: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * second / max(1, seconds - 1)


def _y(value: float, low: float, high: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)


def _grid(low: float, high: float, seconds: int) -> Iterator[str]:
    step = rounded_up((high - low) / GRID_LINES)
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        y = _y(value, low, high)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>'
    every = max(1, round(rounded_up(max(1, seconds) / 8)))
    for second in range(0, seconds, every):
        yield f'<text x="{_x(second, seconds):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{second} s</text>'


def _line(line: Line, low: float, high: float, seconds: int) -> str:
    path, pen_down = [], False
    for second, value in enumerate(line.values):
        if value is not None:
            point = f"{_x(second, seconds):.1f} {_y(value, low, high):.1f}"
            path.append(f"L{point}" if pen_down else f"M{point}h0")  # a value between two gaps is seen as a dot
        pen_down = value is not None
    return f'<path class="line {line.style}" d="{"".join(path)}"/>'


def short(value: float) -> str:
    """Write a value as short as the margin of a plot is narrow."""
    if abs(value) >= 1_000_000:  # noqa: PLR2004 - a million
        return f"{value / 1_000_000:g}M"
    return f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:g}"  # noqa: PLR2004 - longer than its column
