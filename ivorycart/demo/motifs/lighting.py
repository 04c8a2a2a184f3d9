"""Things that shine."""

from ivorycart.demo.canvas import GROUND, MIDDLE, Canvas, box, disc, lathe
from ivorycart.demo.palette import WHITE, mix

_LIGHT = "#fbe3a6"


def _glow(c: Canvas, x: float, y: float, r: float) -> None:
    for share, opacity in ((1.0, 0.16), (0.72, 0.2), (0.46, 0.26)):
        c.circle(x, y, r * share, _LIGHT, opacity)


def linen_lamp(c: Canvas) -> None:
    """Draw a turned foot under a pleated shade."""
    foot = lathe(((410, 14), (450, 30), (500, 78), (560, 92), (620, 70), (GROUND, 60)))
    _table_lamp(c, foot, "M316 190H484L560 420H240Z", pleats=True)


def dome_lamp(c: Canvas) -> None:
    """Draw a slim foot under a dome."""
    foot = lathe(((410, 14), (600, 16), (622, 60), (640, 96), (GROUND, 96)))
    _table_lamp(c, foot, "M236 420C236 260 300 190 400 190S564 260 564 420Z", pleats=False)


def sphere_lamp(c: Canvas) -> None:
    """Draw three spheres on top of each other under a drum."""
    spheres = "".join(disc(MIDDLE, y, r, r) for y, r in ((596, 58), (504, 46), (434, 34)))
    _table_lamp(c, spheres, "M256 220H544V410H256Z", pleats=False)


def _table_lamp(c: Canvas, foot: str, shade: str, *, pleats: bool) -> None:
    p = c.palette
    _glow(c, MIDDLE, 330, 300)
    c.shadow(170)
    c.solid(foot, p.second, edge=424, bend=20)
    c.path(shade, p.main)
    with c.inside(shade):
        if pleats:
            for x in range(246, 570, 36):
                c.stroke(f"M{x} 430L{MIDDLE + (x - MIDDLE) * 0.5:.0f} 180", WHITE, 5, 0.22)
        c.rect(0, 396, 800, 30, mix(_LIGHT, p.main, 0.2))
        c.shade(470)


def floor_lamp(c: Canvas) -> None:
    """Draw an arc lamp over an easy corner."""
    p = c.palette
    _glow(c, 512, 330, 210)
    c.shadow(150, 300)
    c.stroke("M300 640V300C300 120 512 110 512 236", p.ink, 11)
    c.solid(box(212, 626, 176, 26, 10), p.ink, edge=330, bend=0)
    head = "M418 336C418 270 460 232 512 232S606 270 606 336Z"
    c.solid(head, p.main, edge=540, bend=10)
    c.ellipse(512, 336, 94, 13, _LIGHT)
    c.circle(512, 348, 26, WHITE, 0.9)
    c.solid(box(436, 540, 180, 112, 44), p.second, edge=560, bend=0)
    c.rect(436, 590, 180, 8, p.ink, opacity=0.16)


def dome_pendant(c: Canvas) -> None:
    """Draw one wide pendant lamp."""
    _pendant(c, 400, 430, 1.15, c.palette.main)


def trio_pendant(c: Canvas) -> None:
    """Draw three small pendant lamps at three heights."""
    p = c.palette
    for x, y, colour in ((250, 380, p.main), (550, 330, p.main), (400, 480, p.second)):
        _pendant(c, x, y, 0.6, colour)


def _pendant(c: Canvas, x: float, y: float, scale: float, colour: str) -> None:
    p = c.palette
    _glow(c, x, y + 40, 230 * scale)
    c.stroke(f"M{x} 0V{y - 150 * scale:.0f}", p.ink, 6)
    profile = ((-170, 14), (-140, 26), (-96, 92), (-40, 156), (20, 184))
    c.circle(x, y + 30 * scale, 42 * scale, WHITE)
    c.solid(lathe([(y + dy * scale, half * scale) for dy, half in profile], x), colour, edge=x + 50 * scale, bend=0)
    c.ellipse(x, y + 20 * scale, 184 * scale, 20 * scale, _LIGHT)
    c.rect(x - 16 * scale, y - 190 * scale, 32 * scale, 30 * scale, p.ink, 6)


def candle(c: Canvas) -> None:
    """Draw candles of different heights on a tray."""
    p = c.palette
    c.shadow(230)
    stand = ((290, 470, p.main), (400, 380, mix(p.accent, WHITE, 0.35)), (506, 520, p.second))
    for x, top, colour in stand:
        _glow(c, x, top - 60, 110)
        c.solid(box(x - 48, top, 96, 630 - top, 12), colour, edge=x + 12, bend=10)
        c.ellipse(x, top + 8, 48, 12, mix(colour, WHITE, 0.45))
        c.stroke(f"M{x} {top + 6}v-24", p.ink, 5)
        c.path(_flame(x, top - 96, 34), "#f0a53a")
        c.path(_flame(x, top - 62, 17), "#fdebb4")
    c.solid(box(190, 624, 420, 28, 14), mix(p.ink, p.second, 0.3), edge=500, bend=0)


def _flame(x: float, tip: float, half: float) -> str:
    """Return a drop with its tip up."""
    foot = tip + half * 2.3
    waist = tip + half * 1.35
    right, left = f"{x + half:.0f} {waist:.0f} {x + half * 0.7:.0f} {foot:.0f}", f"{x - half:.0f} {waist:.0f}"
    return f"M{x} {tip:.0f}C{right} {x} {foot:.0f}S{left} {x} {tip:.0f}Z"
