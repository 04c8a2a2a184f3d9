"""Things for a room to work in."""

from math import cos, radians, sin

from ivorycart.demo.canvas import GROUND, MIDDLE, Canvas, box, disc
from ivorycart.demo.palette import WHITE, mix

_WOOD = "#b0855a"


def wall_clock(c: Canvas) -> None:
    """Draw a clock on the wall."""
    c.circle(416, 418, 226, c.palette.ink, 0.12)
    _clock(c, 400)


def desk_clock(c: Canvas) -> None:
    """Draw a clock on two short legs."""
    p = c.palette
    c.shadow(180)
    c.stroke(f"M310 580L280 {GROUND - 8}M490 580L520 {GROUND - 8}", mix(p.second, p.ink, 0.2), 24)
    _clock(c, 400)


def _clock(c: Canvas, y: float) -> None:
    p = c.palette
    c.solid(disc(MIDDLE, y, 226, 226), p.main, edge=500, bend=30)
    c.circle(MIDDLE, y, 190, mix(p.wall, WHITE, 0.55))
    for hour in range(12):
        angle = radians(hour * 30)
        inner = 146 if hour % 3 == 0 else 160
        c.stroke(
            f"M{MIDDLE + sin(angle) * inner:.1f} {y - cos(angle) * inner:.1f}"
            f"L{MIDDLE + sin(angle) * 172:.1f} {y - cos(angle) * 172:.1f}",
            p.ink,
            9 if hour % 3 == 0 else 5,
        )
    short, long = radians(c.dice.between(290, 312)), radians(c.dice.between(40, 70))
    c.stroke(f"M{MIDDLE} {y}L{MIDDLE + sin(short) * 92:.1f} {y - cos(short) * 92:.1f}", p.ink, 15)
    c.stroke(f"M{MIDDLE} {y}L{MIDDLE + sin(long) * 140:.1f} {y - cos(long) * 140:.1f}", p.ink, 10)
    c.stroke(f"M{MIDDLE} {y + 40}V{y - 130}", p.second, 5)
    c.circle(MIDDLE, y, 15, p.second)


def shell_chair(c: Canvas) -> None:
    """Draw a moulded shell on four legs."""
    p = c.palette
    _legs(c)
    c.solid(box(290, 160, 220, 280, 96), p.main, edge=450)
    _seat(c)


def spindle_chair(c: Canvas) -> None:
    """Draw a wooden chair with a back of thin rods."""
    p = c.palette
    _legs(c)
    rods = "".join(f"M{MIDDLE + at * 0.86:.0f} 440L{MIDDLE + at} 190" for at in (-64, -22, 22, 64))
    c.stroke(rods, mix(p.main, p.ink, 0.2), 9)
    c.stroke("M300 440L284 180M500 440L516 180", p.main, 17)
    c.solid("M256 160Q400 116 544 160L540 214Q400 176 260 214Z", p.main, edge=470, bend=0)
    _seat(c)


def _legs(c: Canvas) -> None:
    c.shadow(220)
    c.stroke("M330 470L270 644M476 470L540 644", _WOOD, 18)
    c.stroke("M356 470L340 630M450 470L470 630", mix(_WOOD, c.palette.ink, 0.25), 14)


def _seat(c: Canvas) -> None:
    p = c.palette
    seat = "M256 430Q400 404 544 430Q566 470 530 486Q400 500 270 486Q234 470 256 430Z"
    c.solid(seat, mix(p.main, WHITE, 0.12), edge=470, bend=0)
    c.path("M270 486Q400 500 530 486L526 498Q400 514 274 498Z", mix(p.main, p.ink, 0.35))


def pencil_cup(c: Canvas) -> None:
    """Draw a cup of pens, scissors and a ruler."""
    p = c.palette
    c.shadow(150)
    with c.turned(-10, 350, 440):
        c.rect(326, 210, 26, 280, p.accent)
        c.path("M326 210h26l-13 -46z", "#ecd3a8")
        c.path("M334 182h10l-5 -18z", p.ink)
    with c.turned(8, 450, 440):
        c.rect(430, 180, 44, 300, mix(p.wall, p.accent, 0.4))
        for y in range(200, 420, 22):
            c.rect(430, y, 18 if y % 44 else 26, 4, p.ink, opacity=0.6)
    with c.turned(-1, 392, 440):
        c.rect(378, 240, 24, 240, p.second)
        c.rect(378, 214, 24, 34, mix(p.second, p.ink, 0.4), 10)
    with c.turned(20, 486, 440):
        c.rect(474, 280, 22, 200, mix(p.main, WHITE, 0.35), 10)
    cup = box(292, 420, 216, 232, 22)
    c.path(cup, p.main)
    with c.inside(cup):
        c.rect(0, 560, 800, 100, mix(p.main, WHITE, 0.65 if c.dice.chance(0.5) else 0.2))
        c.shade(446)
    c.glint(310, 450, 96)


def organiser(c: Canvas) -> None:
    """Draw a tray of small things, from above."""
    p = c.palette
    c.rect(154, 232, 512, 392, p.ink, 40, 0.12)
    c.solid(box(140, 212, 520, 392, 40), p.main, edge=640, bend=0)
    inner = mix(p.main, p.ink, 0.3)
    c.rect(166, 238, 290, 340, inner, 26)
    c.rect(476, 238, 158, 158, inner, 26)
    c.rect(476, 416, 158, 162, inner, 26)
    for x, colour in ((206, p.accent), (258, p.second), (310, mix(p.wall, p.ink, 0.1))):
        c.rect(x, 268, 24, 240, colour, 6)
        c.path(f"M{x} 506h24l-12 42z", "#ecd3a8")
    c.rect(372, 268, 54, 280, mix(p.wall, p.accent, 0.35), 6)
    c.circle(555, 317, 48, p.second)
    c.circle(555, 317, 20, inner)
    for x, y in ((520, 466), (560, 500), (592, 456), (536, 540)):
        c.stroke(f"M{x - 12} {y}l24 -14", p.accent, 8)


def mirror(c: Canvas) -> None:
    """Draw a round mirror on the wall above a shelf."""
    p = c.palette
    c.circle(412, 362, 220, p.ink, 0.1)
    c.circle(MIDDLE, 346, 220, p.main)
    c.circle(MIDDLE, 346, 196, mix("#cfe0e4", p.wall, 0.35))
    with c.inside(disc(MIDDLE, 346, 196, 196)):
        c.path("M180 470L520 130H590L250 470Z", WHITE, 0.5)
        c.path("M300 560L620 240H650L330 560Z", WHITE, 0.4)
    c.rect(180, 606, 440, 24, mix(p.second, p.ink, 0.1), 8)
    c.solid(box(242, 540, 60, 66, 10), p.accent, edge=282, bend=0)
    c.solid(box(468, 520, 92, 86, 40), p.second, edge=524, bend=0)
