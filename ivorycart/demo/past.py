"""What the demo shop sold in the last two weeks. Pure data, the same on every run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate

from ivorycart.demo.dice import Dice
from ivorycart.demo.product import DemoProduct

DAYS = 14
A_DAY = (4, 7, 5, 6, 9, 12, 8)
"""Orders of a day, by the number of days since; the week repeats."""
WELL_STOCKED = 9  # units; what is nearly gone stays as it is
BUYERS_EVERY = 34
"""One order in so many is of the demo's buyer."""
_SEED = 20


@dataclass(frozen=True, slots=True)
class Sale:
    """An order of some time ago: how many units of which product, and how far it came since."""

    ago: timedelta
    units: tuple[tuple[DemoProduct, int], ...]
    of_buyer: bool = False

    @property
    def sent(self) -> bool:
        """Whether its sellers have sent it by now."""
        return self.ago > timedelta(days=1)

    @property
    def brought(self) -> bool:
        """Whether it has arrived."""
        return self.ago > timedelta(days=3)


def sales(products: Sequence[DemoProduct]) -> list[Sale]:
    """Return the orders of the last two weeks, the oldest first: more by day than by night, and of some goods more."""
    dice = Dice(_SEED)
    liked = [each for each in products if each.stock >= WELL_STOCKED and each.currency == products[0].currency]
    made = [Sale(ago, tuple(_units(liked, dice))) for ago in _times(dice)] if liked else []
    made.sort(key=lambda sale: sale.ago, reverse=True)
    return [replace(sale, of_buyer=number % BUYERS_EVERY == 0) for number, sale in enumerate(made)]


def _times(dice: Dice) -> Iterator[timedelta]:
    for day in range(DAYS):
        for _ in range(A_DAY[day % len(A_DAY)]):
            # Most of a day's orders come within some twelve hours.
            yield timedelta(days=day, minutes=dice.between(10, 720) if dice.chance(0.85) else dice.between(720, 1430))


def _units(liked: Sequence[DemoProduct], dice: Dice) -> Iterator[tuple[DemoProduct, int]]:
    """Choose up to three different goods; what stands first in the catalogue is liked best."""
    weights = list(accumulate(len(liked) - number // 2 for number in range(len(liked))))
    chosen: dict[str, DemoProduct] = {}
    for _ in range(dice.pick((1, 1, 2, 3))):
        point = dice.between(0, weights[-1])
        product = next(each for each, weight in zip(liked, weights, strict=True) if point < weight)
        chosen[product.sku] = product
    for product in chosen.values():
        yield product, dice.pick((1, 1, 2))
