"""A picture of each demo product, drawn from its motif and seed: flat shapes, light from the left, no text."""

from ivorycart.demo.canvas import GROUND, MIDDLE, SIZE, Canvas
from ivorycart.demo.dice import Dice
from ivorycart.demo.motifs import MOTIFS
from ivorycart.demo.palette import PALETTES, WHITE, mix
from ivorycart.demo.product import DemoProduct

# These hang on a wall or lie flat, seen from above: a floor line behind them would contradict that.
_WITHOUT_FLOOR = frozenset(
    {
        "dome_pendant",
        "trio_pendant",
        "wall_clock",
        "trailing",
        "towels",
        "turntable",
        "notebook",
        "organiser",
        "mirror",
        "rug",
    }
)


_NEXT_VIEW = 1003  # to another palette, and other details


def picture(product: DemoProduct, view: int = 0) -> bytes:
    """Return an 800 by 800 SVG of a few kilobytes; the same view of a product always gives the same bytes.

    Raises KeyError when nobody has drawn the product's motif.
    """
    seed = product.seed + _NEXT_VIEW * view
    dice = Dice(seed)
    palette = PALETTES[seed % len(PALETTES)]
    if dice.chance(0.4):
        palette = palette.swapped()
    canvas = Canvas(palette, dice, prefix=f"s{seed}")
    _room(canvas, floor=product.motif not in _WITHOUT_FLOOR)
    MOTIFS[product.motif](canvas)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
        f"{canvas.text()}</svg>"
    ).encode()


def _room(c: Canvas, *, floor: bool) -> None:
    p = c.palette
    c.rect(0, 0, SIZE, SIZE, p.wall)
    form = c.dice.pick(("circle", "arch", "sun"))
    if not floor:
        c.circle(MIDDLE, MIDDLE, 322, p.form, 0.75)
        return
    match form:
        case "circle":
            c.circle(MIDDLE, 390, 296, p.form)
        case "arch":
            c.path("M150 800V370a250 250 0 0 1 500 0V800Z", p.form)
        case _:
            c.circle(560, 250, 170, mix(p.form, WHITE, 0.15))
    c.rect(0, GROUND - 34, SIZE, SIZE - GROUND + 34, p.floor)
