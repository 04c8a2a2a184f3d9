"""Drawing in SVG: shapes in, text out. 800 by 800 units, things stand on `GROUND`, the middle is `MIDDLE`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ivorycart.demo.dice import Dice
from ivorycart.demo.palette import WHITE, Palette

SIZE = 800
MIDDLE = 400
GROUND = 650


class Canvas:
    """A picture in the making; later shapes cover earlier ones."""

    def __init__(self, palette: Palette, dice: Dice, *, prefix: str) -> None:
        self.palette = palette
        self.dice = dice
        self._prefix = prefix  # keeps the clip paths of two pictures on one page apart
        self._clips = 0
        self._parts: list[str] = []

    def path(self, d: str, fill: str, opacity: float = 1) -> None:
        """Fill a path."""
        self._parts.append(f'<path d="{d}" fill="{fill}"{_opacity(opacity)}/>')

    def stroke(self, d: str, colour: str, width: float, opacity: float = 1) -> None:
        """Draw along a path with round ends."""
        self._parts.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{_n(width)}" stroke-linecap="round"'
            f' stroke-linejoin="round"{_opacity(opacity)}/>'
        )

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1) -> None:
        """Fill an ellipse around a point."""
        self._parts.append(
            f'<ellipse cx="{_n(x)}" cy="{_n(y)}" rx="{_n(rx)}" ry="{_n(ry)}" fill="{fill}"{_opacity(opacity)}/>'
        )

    def circle(self, x: float, y: float, r: float, fill: str, opacity: float = 1) -> None:
        """Fill a circle around a point."""
        self._parts.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" fill="{fill}"{_opacity(opacity)}/>')

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, r: float = 0, opacity: float = 1
    ) -> None:
        """Fill a rectangle with corners of radius `r`; `x`, `y` is its upper left corner."""
        rounding = f' rx="{_n(r)}"' if r else ""
        self._parts.append(
            f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"{rounding}'
            f' fill="{fill}"{_opacity(opacity)}/>'
        )

    @contextmanager
    def inside(self, d: str) -> Iterator[None]:
        """Show what is drawn meanwhile only within a path."""
        self._clips += 1
        name = f"{self._prefix}-{self._clips}"
        self._parts.append(f'<clipPath id="{name}"><path d="{d}"/></clipPath><g clip-path="url(#{name})">')
        yield
        self._parts.append("</g>")

    @contextmanager
    def turned(self, degrees: float, x: float, y: float) -> Iterator[None]:
        """Turn what is drawn meanwhile around a point, clockwise."""
        self._parts.append(f'<g transform="rotate({_n(degrees)} {_n(x)} {_n(y)})">')
        yield
        self._parts.append("</g>")

    def solid(self, d: str, fill: str, *, edge: float = 440, bend: float = 40) -> None:
        """Fill a path and light it from the left: right of `edge` it lies in shade."""
        self.path(d, fill)
        with self.inside(d):
            self.shade(edge, bend)

    def shade(self, edge: float, bend: float = 40) -> None:
        """Darken everything right of a bent line."""
        line = f"M{_n(edge)} 0C{_n(edge + bend)} 270 {_n(edge + bend)} 530 {_n(edge)} 800H800V0Z"
        self.path(line, self.palette.ink, 0.13)

    def glint(self, x: float, y: float, height: float, width: float = 14) -> None:
        """Add the reflection of a window."""
        self.rect(x, y, width, height, WHITE, width / 2, 0.35)

    def shadow(self, width: float, x: float = MIDDLE, y: float = GROUND) -> None:
        """Ground a thing of that width; draw this first."""
        self.ellipse(x + 26, y + 2, width * 0.58, 20, self.palette.ink, 0.12)

    def text(self) -> str:
        """Return what has been drawn."""
        return "".join(self._parts)


def lathe(profile: Sequence[tuple[float, float]], x: float = MIDDLE) -> str:
    """Return the outline of a turned body: (y, half width) from top to bottom, smooth along its sides.

    The sides are Catmull-Rom splines through the points, written as cubic Béziers (control points at a sixth of the
    chord between a point's neighbours).
    """
    right = [(x + half, y) for y, half in profile]
    left = [(x - half, y) for y, half in reversed(profile)]
    return f"M{_at(*right[0])}{_spline(right)}L{_at(*left[0])}{_spline(left)}Z"


def _spline(points: Sequence[tuple[float, float]]) -> str:
    padded = [points[0], *points, points[-1]]
    curves = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        leave = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
        arrive = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
        curves.append(f"C{_at(*leave)} {_at(*arrive)} {_at(*end)}")
    return "".join(curves)


def box(x: float, y: float, width: float, height: float, r: float = 0) -> str:
    """Return the outline of a rectangle with corners of radius `r`."""
    across, down = _n(width - 2 * r), _n(height - 2 * r)
    n = _n(r)
    return (
        f"M{_at(x + r, y)}h{across}a{n} {n} 0 0 1 {n} {n}v{down}a{n} {n} 0 0 1 -{n} {n}h-{across}"
        f"a{n} {n} 0 0 1 -{n} -{n}v-{down}a{n} {n} 0 0 1 {n} -{n}Z"
    )


def disc(x: float, y: float, rx: float, ry: float) -> str:
    """Return the outline of an ellipse around a point."""
    return f"M{_at(x - rx, y)}a{_n(rx)} {_n(ry)} 0 1 0 {_n(2 * rx)} 0a{_n(rx)} {_n(ry)} 0 1 0 {_n(-2 * rx)} 0Z"


def leaf(x: float, y: float, tip_x: float, tip_y: float, width: float) -> str:
    """Return the outline of a pointed leaf from its stalk to its tip; `width` in shares of its length."""
    across, down = (tip_x - x) * width, (tip_y - y) * width
    middle_x, middle_y = (x + tip_x) / 2, (y + tip_y) / 2
    one, other = (middle_x - down, middle_y + across), (middle_x + down, middle_y - across)
    return f"M{_at(x, y)}Q{_at(*one)} {_at(tip_x, tip_y)}Q{_at(*other)} {_at(x, y)}Z"


def _at(x: float, y: float) -> str:
    return f"{_n(x)} {_n(y)}"


def _n(number: float) -> str:
    """Write a number shortly: a tenth of a unit is finer than any screen shows."""
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _opacity(value: float) -> str:
    return "" if value == 1 else f' opacity="{value:g}"'
