"""Rules of stock work: restock and adjustment."""

import pytest

from models.commands import Adjust, Restock
from models.errors import Conflict, Invalid, NotFound
from models.stock import ChangeType
from models.stocking import MAX_STOCK
from tests.models.builders import ANNA, Shop


def count(quantity: int | None, delta: int | None = None, **others: str) -> Adjust:
    """Count the tea."""
    return Adjust("tea", quantity, delta, "seller", "stocktaking", **others)


def test_a_restock_adds() -> None:
    """With who and why in its movement."""
    shop = Shop().sells(stock=1)
    outcome = shop.do(Restock("tea", 5, "seller", "delivery"))
    assert shop.counts() == (6, 0)
    assert outcome.level == shop.level()
    assert outcome.movement == shop.movements[-1]
    assert shop.movements[-1].change_type is ChangeType.RESTOCK
    assert (shop.movements[-1].actor, shop.movements[-1].reason) == ("seller", "delivery")


@pytest.mark.parametrize("delta", [0, -1, -(2**63)])
def test_a_restock_adds_at_least_one(delta: int) -> None:
    """Taking away is an adjustment."""
    with pytest.raises(Invalid):
        Shop().sells().do(Restock("tea", delta, "seller", ""))


@pytest.mark.parametrize("delta", [MAX_STOCK, 2**63, 2**200])
def test_a_stock_has_an_upper_end(delta: int) -> None:
    """No number that a counter cannot hold gets in."""
    with pytest.raises(Invalid):
        Shop().sells(stock=1).do(Restock("tea", delta, "seller", ""))
    with pytest.raises(Invalid):
        Shop().sells(stock=1).do(count(None, delta))


def test_a_count_makes_the_stock_what_was_counted() -> None:
    """Up or down."""
    shop = Shop().sells(stock=10)
    shop.do(count(7))
    assert shop.counts() == (7, 0)
    shop.do(count(9))
    assert shop.counts() == (9, 0)
    assert shop.movements[-1].change_type is ChangeType.ADJUSTMENT


def test_a_correction_by_difference() -> None:
    """Signed."""
    shop = Shop().sells(stock=10)
    shop.do(count(None, -3))
    assert shop.counts() == (7, 0)


@pytest.mark.parametrize("command", [count(10), count(None, 0)])
def test_a_count_that_was_right_leaves_no_movement(command: Adjust) -> None:
    """Nothing moved."""
    shop = Shop().sells(stock=10)
    outcome = shop.do(command)
    assert (outcome.movement, outcome.level, shop.movements) == (None, shop.level(), [])


@pytest.mark.parametrize("command", [count(3), count(None, -7), count(-1), count(None, -(2**200)), count(-(2**63))])
def test_what_carts_hold_cannot_be_counted_away(command: Adjust) -> None:
    """Nor anything below nothing."""
    shop = Shop().sells(stock=10)
    shop.put(ANNA, 4)
    with pytest.raises(Conflict) as refusal:
        shop.do(command)
    assert refusal.value.details == {"product_id": "tea", "held": 4, "stock": 10}
    shop.do(count(4))
    assert shop.counts() == (4, 4)


@pytest.mark.parametrize("command", [count(3, 1), count(None, None)])
def test_an_adjustment_is_either_a_count_or_a_difference(command: Adjust) -> None:
    """Not both, not neither."""
    with pytest.raises(Invalid):
        Shop().sells().do(command)


@pytest.mark.parametrize("seller", [None, "seller"])
def test_sellers_work_on_their_own_products(seller: str | None) -> None:
    """An admin works on all."""
    Shop().sells().do(Restock("tea", 1, "someone", "", seller))
    Shop().sells().do(Adjust("tea", 3, None, "someone", "", seller))


def test_another_sellers_product_is_not_found() -> None:
    """As little as one that does not exist."""
    shop = Shop().sells()
    with pytest.raises(NotFound):
        shop.do(Restock("tea", 1, "someone", "", "another"))
    with pytest.raises(NotFound):
        shop.do(count(3, seller_id="another"))
    with pytest.raises(NotFound):
        shop.do(Restock("nothing", 1, "someone", ""))
