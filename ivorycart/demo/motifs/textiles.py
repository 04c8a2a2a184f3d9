"""Things that are woven and sewn."""

from ivorycart.demo.canvas import Canvas, box
from ivorycart.demo.palette import WHITE, mix


def throw(c: Canvas) -> None:
    """Draw folded blankets with a fringe."""
    p = c.palette
    c.shadow(270)
    colours = (p.second, mix(p.accent, WHITE, 0.3), p.main)
    for number, colour in enumerate(colours):
        y = 546 - number * 104
        fold = box(170 + number * 10, y, 460 - number * 20, 104, 46)
        c.path(fold, colour)
        with c.inside(fold):
            if colour == p.main:
                for x in range(200, 640, 56):
                    c.rect(x, y, 14, 104, mix(p.accent, WHITE, 0.4))
            if number == 1:
                c.rect(0, y + 34, 800, 8, p.main, opacity=0.7)
                c.rect(0, y + 56, 800, 8, p.main, opacity=0.7)
            c.shade(540)
            c.rect(0, y + 92, 800, 20, p.ink, opacity=0.1)
        c.stroke(f"M{600 - number * 10} {y + 52}H{440}", p.ink, 4, 0.2)
    for x in range(214, 420, 20):
        c.stroke(f"M{x} {440}q{c.dice.between(-6, 6):.0f} 22 0 42", p.main, 6)


def cushion(c: Canvas) -> None:
    """Draw a cushion with a woven pattern."""
    p = c.palette
    c.shadow(260)
    outline = "M190 250Q400 286 610 250Q576 440 616 640Q400 606 184 640Q224 440 190 250Z"
    c.path(outline, p.main)
    with c.inside(outline):
        match c.dice.pick(("stripes", "half", "diamonds")):
            case "stripes":
                for x in range(190, 640, 76):
                    c.rect(x, 200, 30, 480, mix(p.main, WHITE, 0.7))
            case "half":
                c.path("M150 700L650 200V700Z", p.second)
                c.circle(400, 445, 96, mix(p.accent, WHITE, 0.15))
            case _:
                for x in range(210, 640, 95):
                    for y in range(300, 640, 96):
                        c.path(f"M{x} {y - 38}l36 38l-36 38l-36 -38z", mix(p.accent, WHITE, 0.3))
        c.shade(500, 50)
    c.stroke(outline, mix(p.main, p.ink, 0.3), 5, 0.6)


def tote(c: Canvas) -> None:
    """Draw a canvas bag with a print."""
    p = c.palette
    canvas = mix(p.wall, p.accent, 0.22)
    c.shadow(220)
    c.stroke("M310 340C310 150 490 150 490 340", mix(p.second, p.ink, 0.1), 22)
    bag = "M216 320H584L606 632Q400 668 194 632Z"
    c.path(bag, canvas)
    with c.inside(bag):
        c.rect(100, 320, 600, 34, mix(canvas, p.ink, 0.1))
        if c.dice.chance(0.5):
            c.circle(400, 490, 92, p.main)
            c.path("M300 520Q360 470 410 510T520 500V600H300Z", p.second)
        else:
            for y, colour in ((410, p.main), (470, p.accent), (530, p.second)):
                c.path(f"M180 {y}q55 -44 110 0t110 0t110 0t110 0v34q-55 44 -110 0t-110 0t-110 0t-110 0z", colour)
        c.shade(520)
    c.stroke("M310 340v30M490 340v30", mix(p.second, p.ink, 0.1), 22)


def towels(c: Canvas) -> None:
    """Draw towels over a rail."""
    p = c.palette
    c.rect(110, 186, 580, 18, mix(p.ink, p.second, 0.2), 9)
    c.circle(120, 195, 22, p.ink)
    c.circle(680, 195, 22, p.ink)
    for x, width, bottom, colour in ((186, 200, 640, p.main), (416, 196, 560, mix(p.accent, WHITE, 0.35))):
        cloth = box(x, 176, width, bottom - 176, 16)
        c.path(cloth, colour)
        with c.inside(cloth):
            for y in (bottom - 96, bottom - 72, bottom - 48):
                c.rect(x, y, width, 10, mix(colour, WHITE, 0.62))
            c.rect(x, 204, width, 10, p.ink, opacity=0.1)
            c.shade(x + width * 0.72, 14)
        for thread in range(int(x) + 12, int(x + width) - 4, 17):
            c.stroke(f"M{thread} {bottom}v20", mix(colour, p.ink, 0.12), 5)


def rug(c: Canvas) -> None:
    """Draw a rolled-out rug, seen a little from above."""
    p = c.palette
    outline = "M212 250H588L690 640H110Z"
    c.path("M218 270H604L712 664H122Z", p.ink, 0.12)
    c.path(outline, p.main)
    with c.inside(outline):
        for y, height, colour in (
            (286, 18, p.accent),
            (322, 60, p.second),
            (400, 30, p.wall),
            (450, 84, p.second),
            (560, 30, p.accent),
        ):
            c.rect(0, y, 800, height, colour, opacity=0.9)
        for x in range(130, 680, 78):
            c.path(f"M{x} 492l30 -34l30 34l-30 34z", p.wall)
            c.path(f"M{x + 16} 352l14 -18l14 18l-14 18z", p.wall)
    for x in range(118, 690, 26):
        c.stroke(f"M{x} 642v22", mix(p.wall, p.ink, 0.2), 5)
