"""Things for a good morning."""

from ivorycart.demo.canvas import GROUND, MIDDLE, Canvas, box, lathe
from ivorycart.demo.palette import WHITE, mix

_ROAST = "#5a3a28"
_BREW = "#7a4a2c"


def coffee_bag(c: Canvas) -> None:
    """Draw a bag of beans with a folded top, some beans before it."""
    p = c.palette
    c.shadow(210)
    bag = "M270 240H530L548 300L540 640Q400 664 260 640L252 300Z"
    c.path(bag, p.main)
    with c.inside(bag):
        c.path("M252 300L290 420L262 640H200V240Z", WHITE, 0.12)
        c.rect(200, 230, 400, 70, mix(p.main, p.ink, 0.2))
        label = c.dice.pick(("round", "square"))
        if label == "round":
            c.circle(MIDDLE, 460, 104, mix(p.wall, WHITE, 0.4))
            c.path("M296 470Q350 420 400 462T504 450V600H296Z", p.accent, 0.9)
        else:
            c.rect(310, 370, 180, 190, mix(p.wall, WHITE, 0.4), 8)
            c.circle(MIDDLE, 440, 46, p.accent)
            c.rect(340, 512, 120, 10, p.ink, 5, 0.6)
        c.shade(470)
    c.rect(258, 226, 284, 34, mix(p.second, p.ink, 0.1), 8)
    for x, y, turn in ((212, 632, 20), (580, 638, -25), (622, 616, 40)):
        _bean(c, x, y, turn)


def _bean(c: Canvas, x: float, y: float, turn: float) -> None:
    with c.turned(turn, x, y):
        c.ellipse(x, y, 27, 19, _ROAST)
        c.stroke(f"M{x - 22} {y}q22 -10 44 0", mix(_ROAST, "#000000", 0.4), 4)


def dripper(c: Canvas) -> None:
    """Draw a cone on a glass server."""
    p = c.palette
    c.shadow(190)
    server = lathe(((430, 66), (456, 84), (520, 124), (600, 132), (640, 112), (GROUND, 104)))
    c.stroke("M520 500C610 490 610 610 524 606", mix(p.second, p.ink, 0.15), 18)
    c.path(server, mix(p.form, WHITE, 0.6), 0.9)
    with c.inside(server):
        c.rect(0, 548, 800, 120, _BREW)
        c.rect(0, 548, 800, 9, mix(_BREW, WHITE, 0.3))
        c.shade(456)
    c.glint(300, 520, 80, 12)
    c.path("M300 244L500 244L480 214H320Z", mix(WHITE, p.floor, 0.25))
    c.stroke("M506 280c70 0 60 76 -22 70", mix(p.main, p.ink, 0.2), 16)
    c.solid(lathe(((240, 136), (256, 130), (340, 70), (396, 34), (406, 32))), p.main, edge=430)
    c.rect(262, 234, 276, 20, mix(p.main, WHITE, 0.25), 10)
    c.solid(box(306, 402, 188, 28, 12), mix(p.main, p.ink, 0.18), edge=440, bend=0)
    c.rect(396, 430, 7, 118, _BREW, 3, 0.85)


def kettle(c: Canvas) -> None:
    """Draw a gooseneck kettle."""
    p = c.palette
    c.shadow(230)
    c.stroke("M500 590C640 590 560 400 668 372", mix(p.main, p.ink, 0.16), 24)
    c.stroke("M300 430C160 380 160 560 214 610", mix(p.second, p.ink, 0.2), 26)
    c.stroke("M300 430L340 440", mix(p.second, p.ink, 0.2), 26)
    c.solid(lathe(((420, 96), (450, 108), (600, 146), (636, 140), (GROUND, 120)), 396), p.main, edge=440)
    c.solid(lathe(((392, 30), (402, 84), (424, 100)), 396), mix(p.main, WHITE, 0.18), edge=420)
    c.circle(396, 374, 22, p.second)
    c.glint(318, 470, 110)
    c.rect(258, 604, 276, 10, p.accent, opacity=0.9)


def moka(c: Canvas) -> None:
    """Draw a stove-top pot with its eight sides."""
    p = c.palette
    metal = mix(p.form, p.ink, 0.28) if c.dice.chance(0.4) else p.main
    c.shadow(180)
    c.stroke("M490 290H590L570 470", mix(p.ink, p.second, 0.15), 28)
    c.path("M300 272L256 292L318 344Z", mix(metal, p.ink, 0.2))
    for top, bottom, upper, lower in ((266, 446, 104, 72), (480, GROUND, 84, 126)):
        outline = f"M{MIDDLE - upper} {top}H{MIDDLE + upper}L{MIDDLE + lower} {bottom}H{MIDDLE - lower}Z"
        c.path(outline, metal)
        with c.inside(outline):
            high, low = MIDDLE - upper * 0.4, MIDDLE - lower * 0.4
            c.path(f"M{high:.0f} {top}H{MIDDLE - upper}L{MIDDLE - lower} {bottom}H{low:.0f}Z", WHITE, 0.28)
            c.path(f"M{MIDDLE + upper * 0.4:.0f} {top}H600V{bottom}H{MIDDLE + lower * 0.4:.0f}Z", p.ink, 0.18)
    c.rect(316, 440, 168, 44, mix(metal, p.ink, 0.35), 8)
    c.path("M296 266L346 214H454L504 266Z", mix(metal, WHITE, 0.15))
    c.path("M424 266L414 214H454L504 266Z", p.ink, 0.14)
    c.rect(380, 172, 40, 46, mix(p.ink, p.second, 0.15), 14)
    c.circle(462, 560, 10, p.accent)


def grinder(c: Canvas) -> None:
    """Draw a hand grinder with a crank."""
    p = c.palette
    c.shadow(150)
    c.stroke("M400 200V150H560", mix(p.ink, WHITE, 0.2), 13)
    c.solid(lathe(((110, 16), (124, 26), (150, 22), (166, 18)), 560), p.second, edge=566, bend=0)
    c.solid(lathe(((200, 40), (214, 84), (240, 96))), mix(p.ink, WHITE, 0.2), edge=430)
    c.solid(box(304, 236, 192, 190, 12), mix(p.main, WHITE, 0.05), edge=446, bend=0)
    c.rect(296, 418, 208, 26, p.ink, 8)
    c.solid(box(310, 444, 180, 206, 20), mix(p.second, p.ink, 0.12), edge=446, bend=0)
    for y in range(470, 630, 26):
        c.rect(310, y, 180, 6, WHITE, opacity=0.18)
    c.glint(324, 256, 150, 12)
    _bean(c, 230, 634, 15)
    _bean(c, 580, 636, -30)
