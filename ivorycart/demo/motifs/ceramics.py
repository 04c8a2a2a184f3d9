"""Things of clay."""

from math import sin

from ivorycart.demo.canvas import GROUND, MIDDLE, Canvas, disc, lathe, leaf
from ivorycart.demo.palette import WHITE, mix

Profile = tuple[tuple[float, float], ...]


def round_vase(c: Canvas) -> None:
    """Draw a vase like a full moon."""
    _vase(c, ((330, 54), (356, 50), (392, 96), (460, 156), (530, 164), (600, 124), (GROUND, 76)))


def shouldered_vase(c: Canvas) -> None:
    """Draw a vase that is wide at the shoulder."""
    _vase(c, ((280, 50), (310, 42), (344, 74), (400, 132), (450, 138), (560, 96), (GROUND, 72)))


def stem_vase(c: Canvas) -> None:
    """Draw a vase with a long thin neck."""
    _vase(c, ((300, 30), (340, 24), (440, 26), (490, 66), (560, 122), (615, 112), (GROUND, 84)))


def tall_vase(c: Canvas) -> None:
    """Draw a tall vase that narrows downwards."""
    _vase(c, ((250, 98), (290, 100), (430, 92), (560, 76), (630, 66), (GROUND, 64)))


def _vase(c: Canvas, profile: Profile) -> None:
    p = c.palette
    top, mouth = profile[0]
    c.shadow(190)
    _stems(c, top)
    body = lathe(profile)
    c.path(body, p.main)
    with c.inside(body):
        _glaze(c)
        c.shade(446)
    c.ellipse(MIDDLE, top, mouth, mouth * 0.18, mix(p.main, p.ink, 0.45))
    c.glint(350, 500, 84)


def _glaze(c: Canvas) -> None:
    p = c.palette
    match c.dice.pick(("dip", "bands", "speckle", "plain")):
        case "dip":
            c.path("M0 505Q200 470 400 505T800 500V0H0Z", mix(p.main, WHITE, 0.72))
        case "bands":
            for y in (430, 468, 506):
                c.rect(0, y, 800, 16, mix(p.accent, WHITE, 0.25))
        case "speckle":
            c.rect(0, 0, 800, 800, mix(p.main, WHITE, 0.62))
            for _ in range(26):
                c.circle(c.dice.between(250, 550), c.dice.between(300, 650), c.dice.between(2, 5), p.ink, 0.4)
        case _:
            c.rect(0, 590, 800, 90, mix(p.main, p.ink, 0.25))


def _stems(c: Canvas, top: float) -> None:
    p = c.palette
    green = mix(p.second, p.ink, 0.15)
    for tip_x, tip_y in ((300, 130), (405, 90), (505, 150)):
        c.stroke(f"M{MIDDLE} {top + 30}Q{(MIDDLE + tip_x) / 2:.0f} {top - 60} {tip_x} {tip_y}", green, 5)
        if c.dice.chance(0.5):
            c.circle(tip_x, tip_y, 30, p.accent)
            c.circle(tip_x - 6, tip_y - 6, 13, mix(p.accent, WHITE, 0.5))
        else:
            for step in range(4):
                x = tip_x + (MIDDLE - tip_x) * step * 0.17
                y = tip_y + (top - tip_y) * step * 0.24
                c.path(leaf(x, y, x - 52, y - 26, 0.34), green)
                c.path(leaf(x, y, x + 50, y - 30, 0.34), mix(green, p.accent, 0.2))


def bowl(c: Canvas) -> None:
    """Draw a wide bowl, sometimes with fruit."""
    p = c.palette
    c.shadow(250)
    if c.dice.chance(0.6):
        for x, y, colour in ((320, 420, p.accent), (412, 396, p.second), (492, 424, mix(p.accent, p.main, 0.5))):
            c.solid(disc(x, y, 62, 60), colour, edge=x + 16, bend=24)
            c.stroke(f"M{x} {y - 54}q4 -16 14 -24", p.ink, 5)
    body = lathe(((432, 214), (476, 206), (550, 160), (610, 92), (628, 66), (GROUND, 72)))
    c.path(body, p.main)
    with c.inside(body):
        if c.dice.chance(0.5):
            c.path("M0 520Q200 556 400 524T800 520V800H0Z", mix(p.main, WHITE, 0.65))
        c.rect(0, 424, 800, 20, mix(p.main, WHITE, 0.4))
        c.shade(462)
    c.glint(246, 470, 52, 12)


def mug(c: Canvas) -> None:
    """Draw a mug with a handle, and steam when it is hot."""
    p = c.palette
    c.shadow(190)
    top = c.dice.pick((392, 420, 440))
    handle = f"M520 {top + 48}C640 {top + 30} 640 {top + 170} 510 {top + 168}"
    c.stroke(handle, mix(p.main, p.ink, 0.2), 30)
    body = lathe(((top, 136), (top + 60, 138), (600, 128), (636, 112), (GROUND, 96)))
    c.path(body, p.main)
    with c.inside(body):
        if c.dice.chance(0.5):
            c.rect(0, 560, 800, 120, mix(p.second, WHITE, 0.15))
        else:
            c.path("M0 500Q200 540 400 505T800 510V0H0Z", mix(p.main, WHITE, 0.7))
        c.shade(450)
    c.ellipse(MIDDLE, top, 136, 26, mix(p.main, WHITE, 0.45))
    c.ellipse(MIDDLE, top + 5, 120, 19, mix(p.ink, "#6b4226", 0.7))
    c.glint(296, top + 52, 90)
    for x in (350, 400, 450):
        c.stroke(f"M{x} {top - 46}q-26 -34 0 -68t0 -68", WHITE, 9, 0.75)


def plates(c: Canvas) -> None:
    """Draw a stack of plates, one leaning behind it."""
    p = c.palette
    c.shadow(270)
    c.circle(424, 402, 204, mix(p.second, WHITE, 0.1))
    c.circle(416, 398, 192, mix(p.second, WHITE, 0.3))
    c.circle(416, 398, 126, mix(p.second, WHITE, 0.18))
    for step, colour in enumerate((p.main, mix(p.main, WHITE, 0.68), mix(p.accent, WHITE, 0.3), p.main)):
        y = 626 - step * 30
        half = 214 - step * 10
        c.solid(lathe(((y - 14, half), (y + 4, half * 0.9), (y + 24, half * 0.5))), colour, edge=470, bend=0)
        c.ellipse(MIDDLE, y - 14, half, 13, mix(colour, WHITE, 0.35))


def pitcher(c: Canvas) -> None:
    """Draw a pitcher with a lip."""
    p = c.palette
    c.shadow(190)
    c.stroke("M478 330C620 300 620 520 508 540", mix(p.main, p.ink, 0.2), 28)
    body = lathe(((276, 78), (320, 68), (380, 82), (470, 128), (570, 130), (630, 100), (GROUND, 88)))
    c.path("M330 276L268 262Q300 300 336 330Z", p.main)
    c.path(body, p.main)
    with c.inside(body):
        c.rect(0, 540, 800, 130, mix(p.main, WHITE, 0.75))
        c.path(f"M0 548{''.join(f'q25 {round(24 * sin(1.7 * step + 1))} 50 0' for step in range(16))}V500H0Z", p.main)
        c.shade(446)
    c.ellipse(MIDDLE - 2, 276, 78, 14, mix(p.main, p.ink, 0.45))
    c.glint(316, 420, 100)


def teapot(c: Canvas) -> None:
    """Draw a round teapot."""
    p = c.palette
    c.shadow(230)
    c.stroke("M278 470C150 430 150 600 296 590", mix(p.second, p.ink, 0.1), 26)
    c.path("M520 560C600 560 590 440 650 408L678 424C640 470 650 620 510 620Z", mix(p.main, p.ink, 0.14))
    body = lathe(((414, 92), (440, 130), (510, 166), (580, 160), (630, 116), (GROUND, 96)))
    c.path(body, p.main)
    with c.inside(body):
        c.rect(0, 520, 800, 18, mix(p.accent, WHITE, 0.2))
        c.rect(0, 550, 800, 8, mix(p.accent, WHITE, 0.2))
        c.shade(462)
    c.solid(lathe(((380, 24), (392, 70), (416, 100), (424, 96))), mix(p.main, WHITE, 0.2), edge=430)
    c.circle(MIDDLE, 364, 24, p.second)
    c.glint(276, 470, 60)
