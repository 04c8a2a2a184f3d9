"""Things that grow, and what they need."""

from math import cos, radians, sin

from ivorycart.demo.canvas import GROUND, MIDDLE, Canvas, disc, lathe, leaf
from ivorycart.demo.palette import WHITE, mix

_WOOD = "#b98a5a"
_GREENS = ("#4f7d5b", "#3d6b5a", "#6f8f52", "#2f5f4a")


def _pot(c: Canvas, top: float, half: float) -> None:
    p = c.palette
    body = lathe(((top, half), (top + 60, half * 0.95), (GROUND - 20, half * 0.74), (GROUND, half * 0.68)))
    c.path(body, p.main)
    with c.inside(body):
        if c.dice.chance(0.5):
            c.rect(0, top + 50, 800, 22, mix(p.accent, WHITE, 0.25))
        else:
            c.rect(0, GROUND - 46, 800, 60, mix(p.main, WHITE, 0.6))
        c.shade(MIDDLE + half * 0.36, 20)
    c.ellipse(MIDDLE, top, half, half * 0.13, mix(p.main, p.ink, 0.35))
    c.ellipse(MIDDLE, top + 2, half * 0.86, half * 0.09, mix(p.ink, "#5b3d28", 0.6))


def monstera(c: Canvas) -> None:
    """Draw a plant with broad, slit leaves on long stalks."""
    green = c.dice.pick(_GREENS)
    c.shadow(170)
    leaves = ((-58, 250, 150), (56, 262, 156), (-28, 330, 170), (30, 372, 176), (2, 220, 150))
    for number, (angle, reach, length) in enumerate(leaves):
        x, y = MIDDLE + sin(radians(angle)) * reach * 0.62, 500 - cos(radians(angle)) * reach * 0.62
        tone = mix(green, WHITE if number % 2 else c.palette.ink, 0.14)
        c.stroke(f"M{MIDDLE} 506Q{MIDDLE} {y + 40:.0f} {x:.0f} {y:.0f}", mix(green, c.palette.ink, 0.25), 8)
        with c.turned(angle, x, y):
            outline = _slit_leaf(x, y, length)
            c.path(outline, tone)
            c.stroke(outline, tone, 8)
            c.stroke(f"M{x:.0f} {y:.0f}V{y - length * 0.86:.0f}", mix(tone, WHITE, 0.35), 4)
    _pot(c, 496, 118)


def _slit_leaf(x: float, y: float, length: float) -> str:
    """Return a heart that points upwards from its stalk at (x, y), with three cuts on each side."""
    edge = ((0.1, -0.36), (0.14, -0.5), (0.46, -0.34), (0.28, -0.08), (0.54, 0.06), (0.56, 0.1), (0.26, 0.24),
            (0.52, 0.36), (0.46, 0.46), (0.2, 0.52), (0.34, 0.7), (0, 1))  # fmt: skip
    right = [(x + out * length, y - (up * 0.8 + 0.14) * length) for out, up in edge]
    left = [(2 * x - at, height) for at, height in reversed(right[:-1])]
    return f"M{x:.0f} {y:.0f}" + "".join(f"L{at:.0f} {height:.0f}" for at, height in (*right, *left)) + "Z"


def fan_palm(c: Canvas) -> None:
    """Draw a plant whose pointed leaves spread like a hand."""
    green = c.dice.pick(_GREENS)
    c.shadow(170)
    _pot(c, 496, 118)
    for number, angle in enumerate(sorted((-74, -50, -24, 4, 30, 54, 76), key=abs, reverse=True)):
        reach = c.dice.between(270, 360) * (1 - abs(angle) / 260)
        x, y = MIDDLE + sin(radians(angle)) * reach, 500 - cos(radians(angle)) * reach
        tone = mix(green, WHITE if number % 2 else c.palette.ink, 0.14)
        c.path(leaf(MIDDLE, 500, x, y, 0.26), tone)
        c.stroke(f"M{MIDDLE} 500L{x * 0.92 + MIDDLE * 0.08:.1f} {y * 0.92 + 40:.1f}", mix(tone, WHITE, 0.35), 3.5)


def cactus(c: Canvas) -> None:
    """Draw a cactus with arms and a flower."""
    green = c.dice.pick(_GREENS)
    c.shadow(160)
    dark = mix(green, c.palette.ink, 0.12)
    c.stroke("M350 440H280V340", dark, 58)
    c.stroke("M450 400H520V290", green, 58)
    body = lathe(((176, 26), (200, 62), (260, 76), (500, 72)))
    c.solid(body, green, edge=424, bend=12)
    for x in (358, 400, 442):
        c.stroke(f"M{x} 230V490", WHITE, 4, 0.3)
    for x, y in ((400, 168), (280, 308)):
        for angle in range(0, 360, 72):
            c.circle(x + 16 * cos(radians(angle)), y + 12 * sin(radians(angle)), 13, mix(c.palette.second, WHITE, 0.15))
        c.circle(x, y, 9, c.palette.accent)
    _pot(c, 496, 112)


def trailing(c: Canvas) -> None:
    """Draw a plant that hangs down from a shelf."""
    p, green = c.palette, c.dice.pick(_GREENS)
    c.rect(130, 402, 540, 26, _WOOD, 8)
    c.rect(130, 420, 540, 8, p.ink, 4, 0.18)
    c.solid(lathe(((262, 116), (310, 110), (380, 88), (402, 80))), mix(p.accent, WHITE, 0.1), edge=440)
    c.ellipse(MIDDLE, 262, 116, 15, mix(p.accent, p.ink, 0.4))
    stems, dark, pale = [], [], []
    for start, down in ((288, 600), (326, 690), (486, 560), (516, 650)):
        sway = c.dice.between(-40, 40)
        stems.append(f"M{start} 260C{start - 10} 330 {start + sway:.0f} 460 {start + sway / 2:.0f} {down}")
        for y in range(286, down, 58):
            x = start + sway * 0.6 * min(1, (y - 256) / 200)
            dark.append(leaf(x, y, x - 46, y + 26, 0.4))
            pale.append(leaf(x, y + 22, x + 46, y + 46, 0.4))
    for angle in (-66, -26, 14, 54):
        tip = (MIDDLE + sin(radians(angle)) * 130, 258 - cos(radians(angle)) * 120)
        dark.append(leaf(MIDDLE, 266, *tip, 0.3))
    c.stroke("".join(stems), mix(green, p.ink, 0.2), 4)
    c.path("".join(dark), green)
    c.path("".join(pale), mix(green, WHITE, 0.2))


def tall(c: Canvas) -> None:
    """Draw upright blades with pale edges."""
    green = c.dice.pick(_GREENS)
    c.shadow(160)
    for x, tip_x, tip_y in ((350, 300, 250), (450, 512, 230), (370, 360, 150), (432, 446, 130), (400, 402, 200)):
        edge, inner = mix(green, c.palette.accent, 0.55), mix(green, c.palette.ink, c.dice.between(0, 0.25))
        c.path(f"M{x - 32} 510Q{x - 46} 380 {tip_x} {tip_y}Q{x + 52} 380 {x + 32} 510Z", edge)
        c.path(f"M{x - 21} 510Q{x - 32} 390 {tip_x} {tip_y + 30}Q{x + 38} 390 {x + 21} 510Z", inner)
    _pot(c, 480, 112)


def watering_can(c: Canvas) -> None:
    """Draw a watering can with a long spout."""
    p = c.palette
    c.shadow(220)
    c.stroke("M270 420C120 400 140 620 276 600", mix(p.main, p.ink, 0.25), 22)
    c.stroke("M310 400C330 270 480 270 486 400", mix(p.main, p.ink, 0.25), 20)
    c.path("M500 560L626 300L654 316L540 620Z", mix(p.main, p.ink, 0.14))
    with c.turned(28, 640, 300):
        c.rect(590, 274, 100, 30, p.accent, 10)
    c.solid(lathe(((400, 116), (420, 122), (630, 142), (GROUND, 136)), 396), p.main, edge=450, bend=10)
    c.rect(268, 470, 257, 14, p.accent, opacity=0.9)
    c.ellipse(396, 400, 116, 16, mix(p.main, p.ink, 0.4))
    c.glint(300, 500, 96)
    for x, y in ((676, 372), (704, 420), (668, 448)):
        c.path(disc(x, y, 6, 11), mix("#6fa6c4", WHITE, 0.2))
