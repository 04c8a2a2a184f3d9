"""Rules of levels: every change is a movement, and running low is noticed once for each crossing."""

import pytest

from models.commands import Adjust, Restock
from models.stock import Act, ChangeType, Level, move
from tests.models.builders import ANNA, BEN, NOON, Shop, a_product, an_order

ACT = Act(ChangeType.ADJUSTMENT, "someone", "cause", "reason", NOON)


def test_a_movement_carries_the_level_before_and_after() -> None:
    """And the next version."""
    moved = move(a_product(), Level(10, 2, 7, 1), ACT, stock=5, held=1)
    assert moved.level == Level(15, 3, 8, 1)
    movement = moved.movement
    assert (movement.version, movement.old_stock, movement.new_stock) == (8, 10, 15)
    assert (movement.old_held, movement.new_held) == (2, 3)


@pytest.mark.parametrize(("stock", "held"), [(-1, 0), (0, -1), (-9, 0), (0, 9), (-11, -2)])
def test_a_level_never_breaks(stock: int, held: int) -> None:
    """The last line of defence: 0 ≤ held ≤ stock, or nothing moves."""
    before = Level(2, 2, 1, 0) if stock == -1 else Level(2, 0, 1, 0) if held == -1 else Level(10, 2, 1, 0)
    with pytest.raises(ValueError, match="tea"):
        move(a_product(), before, ACT, stock=stock, held=held)


@pytest.mark.parametrize(("before", "after", "crosses"), [(5, 4, False), (4, 3, True), (5, 0, True), (3, 2, True)])
def test_a_decrease_to_the_threshold_or_below_is_a_crossing(before: int, after: int, *, crosses: bool) -> None:
    """Each of them; who was told already is known by the arming."""
    moved = move(a_product(), Level(before, 0, 0, 4), ACT, stock=after - before)
    assert (moved.crossing is not None) is crosses
    if moved.crossing:
        assert (moved.crossing.available, moved.crossing.arming, moved.crossing.caused_by) == (after, 4, "someone")
    assert moved.level.arming == 4


@pytest.mark.parametrize(("before", "after", "armed"), [(3, 4, 1), (0, 9, 1), (2, 3, 0), (4, 5, 0)])
def test_rising_above_the_threshold_arms_the_alert_anew(before: int, after: int, armed: int) -> None:
    """From at or below to above, and only then; a rise is never a crossing."""
    moved = move(a_product(), Level(before, 0, 0, 0), ACT, stock=after - before)
    assert moved.level.arming == armed
    assert moved.crossing is None


def test_buying_what_one_holds_is_no_crossing() -> None:
    """It was available to nobody before."""
    shop = Shop().sells(stock=4)
    shop.put(ANNA, 2)
    assert len(shop.crossings) == 1
    shop.do(an_order())
    assert len(shop.crossings) == 1


def test_holding_releasing_and_restocking_cross_and_arm() -> None:
    """Available counts, wherever the change comes from."""
    shop = Shop().sells(stock=5)
    shop.put(ANNA, 2)
    shop.put(ANNA, 0)
    assert (len(shop.crossings), shop.level().arming) == (1, 1)
    shop.do(Adjust("tea", 1, None, "seller", ""))
    shop.do(Restock("tea", 9, "seller", ""))
    shop.put(BEN, 8)
    assert [each.arming for each in shop.crossings] == [0, 1, 2]


def test_a_threshold_of_zero_speaks_of_the_last_unit() -> None:
    """Sold out is the only alert then."""
    shop = Shop().sells(stock=2, threshold=0)
    shop.put(ANNA, 1)
    assert shop.crossings == []
    shop.put(ANNA, 2)
    assert [each.available for each in shop.crossings] == [0]
