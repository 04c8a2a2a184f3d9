"""A plot as an SVG file, readable on a light page and on a dark one: it brings a ground of its own. Pure.

Values above 0 on both axes; the x axis is logarithmic where that is asked for. Each point is drawn, so a line with two
of them claims no more than it knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import isnan, log10

from ivorycart.load.plots import GRID_LINES, bounds, rounded_up, short

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 20, 66, 46
STYLES = (("#1f6f54", "#6fcf9f"), ("#b0541e", "#f0a05a"), ("#4a57b5", "#9aa5f5"))  # in the light, in the dark
STYLE = """
svg{background:#fbfaf6;font:13px system-ui,sans-serif}.ground{fill:#fbfaf6}text{fill:#3b3a36}
.title{font-size:15px;font-weight:600}.grid{stroke:#ddd9cc;fill:none}.line{fill:none;stroke-width:2}
@media (prefers-color-scheme: dark){
svg{background:#1b1c1e}.ground{fill:#1b1c1e}text{fill:#d9d6cd}.grid{stroke:#3a3b3e}}
"""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """One line."""

    name: str
    points: Sequence[Point]
    dashed: bool = False  # computed, not measured


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of some lines."""

    title: str
    across: str  # what the x axis is
    up: str  # what the y axis is, with its unit
    series: Sequence[Series]
    logarithmic: bool = False


def draw(plot: Plot) -> str:
    """Return the file's text; points without a value are left out."""
    series = [Series(s.name, [p for p in s.points if not isnan(p[1])], s.dashed) for s in plot.series]
    points = [point for each in series for point in each.points]
    if not points:
        points = [(1.0, 0.0)]
    _, high = bounds(0.0, max(y for _, y in points))
    xs = sorted({x for x, _ in points})
    axis = _Axis(plot.logarithmic, xs[0], xs[-1], high)
    colours = "".join(f".s{n}{{stroke:{c[0]}}}.d{n}{{fill:{c[0]}}}" for n, c in enumerate(STYLES))
    dark = "".join(f".s{n}{{stroke:{c[1]}}}.d{n}{{fill:{c[1]}}}" for n, c in enumerate(STYLES))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(plot.title)}">'
        f"<style>{STYLE.strip()}{colours}@media (prefers-color-scheme: dark){{{dark}}}</style>"
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="6"/>'
        f'<text class="title" x="{LEFT}" y="24">{escape(plot.title)}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(plot.across)}</text>'
        f'<text x="{WIDTH - RIGHT}" y="24" text-anchor="end">{escape(plot.up)}</text>'
        + "".join(_grid(axis, xs, high))
        + "".join(_drawn(number, each, axis) for number, each in enumerate(series))
        + "".join(_keys(series))
        + "</svg>\n"
    )


@dataclass(frozen=True, slots=True)
class _Axis:
    logarithmic: bool
    first: float
    last: float
    high: float

    def place(self, point: Point) -> tuple[float, float]:
        """Return where a point is drawn."""
        first, last, x = (self._of(each) for each in (self.first, self.last, point[0]))
        part = (x - first) / (last - first) if last > first else 0.5
        return LEFT + (WIDTH - LEFT - RIGHT) * part, TOP + (HEIGHT - TOP - BOTTOM) * (1 - point[1] / self.high)

    def _of(self, x: float) -> float:
        return log10(x) if self.logarithmic else x


def _grid(axis: _Axis, xs: Sequence[float], high: float) -> Iterator[str]:
    step = rounded_up(high / GRID_LINES)
    for number in range(round(high / step) + 1):
        value = number * step
        _, y = axis.place((axis.first, value))
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{short(value)}</text>'
    taken = -1e9
    for x in xs:  # what was measured is what the axis names
        place, _ = axis.place((x, 0.0))
        if place - taken > 34:
            yield f'<text x="{place:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{short(x)}</text>'
            taken = place


def _drawn(number: int, series: Series, axis: _Axis) -> str:
    if not series.points:
        return ""
    style = number % len(STYLES)
    places = [axis.place(point) for point in series.points]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dashes = ' stroke-dasharray="6 5"' if series.dashed else ""
    dots = "".join(f'<circle class="d{style}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places)
    return f'<path class="line s{style}"{dashes} d="M{path}"/>{dots}'


def _keys(series: Sequence[Series]) -> Iterator[str]:
    x = float(LEFT)
    for number, each in enumerate(series):
        style = number % len(STYLES)
        yield f'<circle class="d{style}" cx="{x + 5:.1f}" cy="42" r="4"/>'
        yield f'<text x="{x + 14:.1f}" y="46">{escape(each.name)}</text>'
        x += 30 + 7.2 * len(each.name)
