"""Things to read and to write in."""

from ivorycart.demo.canvas import Canvas, box
from ivorycart.demo.palette import WHITE, mix


def book_stack(c: Canvas) -> None:
    """Draw a stack of books, each a little out of line."""
    p = c.palette
    c.shadow(270)
    colours = (p.main, p.second, mix(p.accent, WHITE, 0.1), mix(p.main, p.ink, 0.45), mix(p.second, WHITE, 0.45))
    bottom = 650.0
    for number in range(5):
        height = c.dice.between(52, 74)
        width = c.dice.between(330, 440) - number * 14
        left = 400 - width / 2 + c.dice.between(-26, 26)
        top = bottom - height
        colour = colours[number % len(colours)]
        c.solid(box(left, top, width, height, 10), colour, edge=520, bend=0)
        c.rect(left + width - 58, top + 9, 50, height - 18, mix(WHITE, p.floor, 0.3))
        c.rect(left + 40, top, 12, height, WHITE, opacity=0.4)
        c.rect(left + 78, top + height / 2 - 6, width * 0.32, 12, WHITE, 6, 0.55)
        bottom = top
    if c.dice.chance(0.6):
        _upright_cup(c, bottom)


def _upright_cup(c: Canvas, bottom: float) -> None:
    p = c.palette
    c.stroke(f"M440 {bottom - 70:.0f}c54 -8 54 52 0 46", mix(p.accent, p.ink, 0.1), 12)
    c.solid(box(330, bottom - 96, 116, 96, 18), mix(p.accent, WHITE, 0.25), edge=404, bend=0)
    c.stroke(f"M388 {bottom - 116:.0f}q-18 -26 0 -50t0 -50", WHITE, 8, 0.75)


def book(c: Canvas) -> None:
    """Draw one book standing, its cover a composition of plain shapes."""
    p = c.palette
    c.shadow(200)
    c.path("M540 178l34 22v430l-34 22z", mix(WHITE, p.floor, 0.45))
    cover = box(226, 172, 318, 480, 8)
    c.path(cover, p.main)
    with c.inside(cover):
        match c.dice.pick(("sun", "arches", "blocks")):
            case "sun":
                c.circle(400, 380, 104, p.accent)
                c.path("M200 470Q300 380 400 460T600 440V700H200Z", p.second)
                c.path("M200 540Q320 480 420 540T600 520V700H200Z", mix(p.second, p.ink, 0.35))
            case "arches":
                for r, colour in ((150, p.accent), (112, p.wall), (76, p.second), (40, p.wall)):
                    c.path(f"M{396 - r} 652V{430}a{r} {r} 0 0 1 {2 * r} 0V652Z", colour)
            case _:
                c.rect(262, 330, 120, 120, p.accent)
                c.circle(446, 390, 60, p.second)
                c.path("M262 596V476L382 596Z", p.wall)
                c.rect(396, 476, 110, 120, mix(p.main, p.ink, 0.4))
        c.rect(226, 172, 22, 480, p.ink, opacity=0.22)
    c.rect(276, 214, 220, 16, WHITE, 8, 0.85)
    c.rect(276, 246, 138, 10, WHITE, 5, 0.6)


def notebook(c: Canvas) -> None:
    """Draw a notebook with an elastic band and a pencil beside it."""
    p = c.palette
    with c.turned(-8, 400, 420):
        c.rect(232, 176, 350, 480, p.ink, 22, 0.13)
        c.rect(226, 164, 344, 480, mix(WHITE, p.floor, 0.3), 20)
        c.solid(box(214, 158, 344, 480, 20), p.main, edge=520, bend=0)
        c.rect(500, 158, 16, 480, mix(p.main, p.ink, 0.5))
        c.rect(260, 240, 196, 96, mix(p.accent, WHITE, 0.55), 10)
        c.rect(284, 268, 140, 9, p.ink, 4, 0.55)
        c.rect(284, 294, 92, 9, p.ink, 4, 0.35)
        c.path("M300 638h26v54l-13 -14l-13 14z", p.accent)
    with c.turned(14, 640, 420):
        c.rect(624, 250, 28, 300, p.second)
        c.rect(624, 250, 10, 300, WHITE, opacity=0.25)
        c.path("M624 550h28l-14 46z", "#ecd3a8")
        c.path("M633 580h10l-5 16z", p.ink)
        c.rect(624, 222, 28, 30, mix(p.accent, p.main, 0.5), 8)
