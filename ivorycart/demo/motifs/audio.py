"""Things that sound."""

from ivorycart.demo.canvas import Canvas, box, disc
from ivorycart.demo.palette import WHITE, mix


def headphones(c: Canvas) -> None:
    """Draw headphones from the front."""
    p = c.palette
    c.shadow(210)
    c.stroke("M232 480C220 130 580 130 568 480", p.ink, 20)
    c.stroke("M262 330C300 180 500 180 538 330", p.main, 44)
    c.stroke("M268 322C306 190 420 186 440 200", WHITE, 7, 0.35)
    for x, turn in ((236, -7.0), (564, 7.0)):
        with c.turned(turn, x, 520):
            c.rect(x - 12, 400, 24, 80, mix(p.ink, WHITE, 0.25), 12)
            inner = x + (42 if turn < 0 else -42)
            c.solid(box(inner - 38, 420, 76, 210, 38), p.ink, edge=inner + 10, bend=0)
            c.solid(box(x - 52, 436, 96, 178, 44), p.main, edge=x + 8, bend=10)
            c.ellipse(x - 6, 525, 22, 52, mix(p.accent, WHITE, 0.15))
            c.ellipse(x - 6, 525, 9, 26, mix(p.main, p.ink, 0.4))


def column_speaker(c: Canvas) -> None:
    """Draw an upright two-way speaker."""
    p = c.palette
    c.shadow(190)
    c.solid(box(262, 180, 276, 472, 26), p.main, edge=476, bend=0)
    c.rect(284, 202, 232, 428, mix(p.ink, p.second, 0.18), 16)
    _cone(c, 400, 300, 62)
    _cone(c, 400, 486, 104)
    c.circle(484, 606, 8, p.accent)


def pebble_speaker(c: Canvas) -> None:
    """Draw a small round speaker with a handle."""
    p = c.palette
    c.shadow(230)
    c.stroke("M300 336C300 240 500 240 500 336", mix(p.accent, p.ink, 0.25), 18)
    body = box(196, 330, 408, 320, 120)
    c.solid(body, p.main, edge=500, bend=30)
    with c.inside(body):
        dots = "".join(
            f"M{228 + column * 29 + row % 2 * 14} {366 + row * 31}h0" for row in range(9) for column in range(13)
        )
        c.stroke(dots, mix(p.main, p.ink, 0.45), 12)
    c.circle(400, 490, 50, mix(p.main, WHITE, 0.2))
    c.circle(400, 490, 36, p.second)


def _cone(c: Canvas, x: float, y: float, r: float) -> None:
    p = c.palette
    c.circle(x, y, r, mix(p.ink, WHITE, 0.34))
    c.circle(x, y, r * 0.88, p.ink)
    c.circle(x, y, r * 0.64, mix(p.accent, p.main, 0.25))
    c.path(
        f"M{x} {y}L{x - r * 0.6:.1f} {y - r * 0.3:.1f}A{r * 0.64:.1f} {r * 0.64:.1f} 0 0 1 {x} {y - r * 0.64:.1f}Z",
        WHITE,
        0.22,
    )
    c.circle(x, y, r * 0.26, p.ink)


def turntable(c: Canvas) -> None:
    """Draw a turntable from above, its arm on the record."""
    p = c.palette
    c.rect(148, 214, 528, 420, p.ink, 30, 0.12)
    plinth = box(130, 190, 540, 424, 28)
    c.solid(plinth, mix(p.main, WHITE, 0.12), edge=640, bend=0)
    c.circle(350, 402, 188, mix(p.ink, WHITE, 0.5))
    c.circle(350, 402, 180, p.ink)
    for r in (156, 134, 112, 90):
        c.stroke(disc(350, 402, r, r), WHITE, 1.6, 0.22)
    c.path("M350 402L196 316A176 176 0 0 1 262 249Z", WHITE, 0.12)
    c.path("M350 402L504 488A176 176 0 0 1 438 555Z", WHITE, 0.12)
    c.circle(350, 402, 62, c.dice.pick((p.accent, p.second)))
    c.circle(350, 402, 30, mix(p.accent, WHITE, 0.5))
    c.circle(350, 402, 7, p.ink)
    c.circle(602, 270, 42, mix(p.main, p.ink, 0.35))
    c.stroke("M602 270L594 440L496 500", mix(p.wall, p.ink, 0.08), 13)
    with c.turned(58, 492, 502):
        c.rect(474, 484, 36, 52, p.accent, 6)
    c.circle(602, 270, 20, mix(p.wall, p.ink, 0.2))
    c.circle(592, 560, 22, p.second)
    c.rect(588, 538, 7, 18, WHITE, 3)


def radio(c: Canvas) -> None:
    """Draw a kitchen radio."""
    p = c.palette
    c.shadow(270)
    c.stroke("M560 340L640 150", mix(p.ink, WHITE, 0.3), 7)
    c.circle(640, 150, 10, p.ink)
    c.stroke("M250 350C250 270 550 270 550 350", mix(p.second, p.ink, 0.2), 20)
    c.rect(214, 630, 40, 24, p.ink, 6)
    c.rect(546, 630, 40, 24, p.ink, 6)
    c.solid(box(160, 340, 480, 296, 44), p.main, edge=560, bend=0)
    grille = box(188, 368, 236, 240, 30)
    c.path(grille, mix(p.wall, p.accent, 0.3))
    with c.inside(grille):
        for y in range(384, 612, 22):
            c.rect(188, y, 236, 7, mix(p.main, p.ink, 0.35), opacity=0.55)
    c.rect(450, 372, 162, 84, mix(p.accent, WHITE, 0.55), 14)
    for x in range(470, 600, 20):
        c.rect(x, 394, 4, 22 if (x - 470) % 40 else 34, p.ink, opacity=0.6)
    c.rect(c.dice.between(480, 580), 384, 5, 62, "#d2452f", 2)
    for x in (492, 572):
        c.circle(x, 536, 36, mix(p.ink, p.second, 0.2))
        c.circle(x - 3, 532, 27, mix(p.wall, p.ink, 0.06))
        c.rect(x - 5, 506, 5, 22, p.main, 2)
