"""Rules of time: a hold runs out exactly at its clock, and gives back exactly what it held."""

from datetime import timedelta

import pytest

from models.cart import Released
from models.commands import ClearCart, ExpireCart
from models.errors import CartExpired, Conflict
from models.stock import ChangeType
from tests.models.builders import ANNA, BEN, NOON, Shop, an_order


def test_an_expired_cart_gives_back_what_it_held_and_says_what_it_lost() -> None:
    """Neither more nor less, once."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 2)
    shop.put(ANNA, 3, "cup")
    shop.put(BEN, 1)
    cart = shop.later(600).do(ExpireCart(ANNA)).cart
    assert cart.lines == ()
    assert cart.expired == (Released("tea", 2), Released("cup", 3))
    assert (shop.counts("tea"), shop.counts("cup")) == ((10, 1), (10, 0))
    assert [each.change_type for each in shop.movements[-2:]] == [ChangeType.EXPIRE] * 2


def test_expiring_twice_releases_once() -> None:
    """Two sweepers do no harm."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(600).do(ExpireCart(ANNA))
    revision = shop.cart().revision
    shop.do(ExpireCart(ANNA))
    assert (shop.cart().revision, shop.counts()) == (revision, (10, 0))


@pytest.mark.parametrize("seconds", [0, 599.999])
def test_a_hold_that_still_runs_is_left_alone(seconds: float) -> None:
    """A sweeper with a fast clock expires nothing early: the database's clock decides."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(seconds).do(ExpireCart(ANNA))
    assert shop.counts() == (10, 2)


def test_a_hold_ends_exactly_at_its_clock() -> None:
    """At that very moment it has run out: an order is refused and the sweeper may come."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(600)
    with pytest.raises(CartExpired):
        shop.do(an_order())
    assert shop.do(ExpireCart(ANNA)).cart.expired


def test_whoever_comes_back_after_an_expiry_begins_anew() -> None:
    """A new line clears the notice and starts a new clock."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(600).do(ExpireCart(ANNA))
    cart = shop.put(ANNA, 1).cart
    assert cart.expired == ()
    assert cart.expires_at == NOON + timedelta(seconds=1200)


def test_clearing_an_expired_cart_is_a_release() -> None:
    """The owner was quicker than the sweeper."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(700).do(ClearCart(ANNA))
    assert shop.counts() == (10, 0)
    assert shop.movements[-1].change_type is ChangeType.RELEASE


def test_a_deleted_product_does_not_stop_an_expiry() -> None:
    """The others are released."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 2)
    shop.put(ANNA, 3, "cup")
    shop.drops("tea").later(600).do(ExpireCart(ANNA))
    assert shop.counts("cup") == (10, 0)


def test_an_order_after_the_expiry_hears_of_the_expiry() -> None:
    """Not of an empty cart."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(600).do(ExpireCart(ANNA))
    with pytest.raises(CartExpired):
        shop.do(an_order())
    with pytest.raises(Conflict):
        shop.do(an_order(BEN))
