"""Rules of carts: a line holds stock from the moment it is set until the cart is emptied, ordered or expired."""

from datetime import timedelta

import pytest

from models.commands import ClearCart, SetEmail, SetLine, SetLines
from models.errors import CartExpired, Conflict, InsufficientStock, Invalid, NotFound
from models.stock import ChangeType
from tests.models.builders import ANNA, BEN, NOON, Shop


def test_a_line_holds_its_units() -> None:
    """What is in a cart is not available to anyone else."""
    shop = Shop().sells(stock=10)
    outcome = shop.put(ANNA, 4)
    assert shop.counts() == (10, 4)
    assert shop.level().available == 6
    assert outcome.levels == {"tea": shop.level()}
    assert [each.change_type for each in shop.movements] == [ChangeType.HOLD]


def test_a_quantity_is_absolute() -> None:
    """Setting four and then three makes three, not seven."""
    shop = Shop().sells()
    shop.put(ANNA, 4)
    shop.put(ANNA, 3)
    assert shop.quantities() == {"tea": 3}
    assert shop.counts() == (10, 3)


def test_setting_the_same_quantity_again_changes_nothing() -> None:
    """A repeated message costs no movement and no revision."""
    shop = Shop().sells()
    first = shop.put(ANNA, 4).cart
    assert shop.put(ANNA, 4).cart == first
    assert len(shop.movements) == 1


def test_quantity_zero_takes_the_line_out_and_releases_it() -> None:
    """An empty cart holds nothing, has no clock and no currency."""
    shop = Shop().sells()
    shop.put(ANNA, 4)
    cart = shop.put(ANNA, 0).cart
    assert (cart.lines, cart.expires_at, cart.currency, cart.holding) == ((), None, None, False)
    assert shop.counts() == (10, 0)
    assert shop.movements[-1].change_type is ChangeType.RELEASE


def test_taking_out_what_is_not_in_changes_nothing() -> None:
    """Zero of a product that was never there is fine, even if the product does not exist."""
    shop = Shop().sells()
    assert shop.put(ANNA, 0).cart.revision == 0
    assert shop.put(ANNA, 0, "nothing").cart.revision == 0


@pytest.mark.parametrize("quantity", [-1, -(2**31), -(2**63)])
@pytest.mark.parametrize("before", [0, 2])
def test_a_negative_quantity_is_refused(before: int, quantity: int) -> None:
    """Less than nothing would release what other carts hold."""
    shop = Shop().sells()
    shop.put(BEN, 5)
    shop.put(ANNA, before)
    with pytest.raises(Invalid):
        shop.put(ANNA, quantity)
    with pytest.raises(Invalid):
        shop.do(SetLines(ANNA, (("tea", quantity),)))
    assert shop.counts() == (10, 5 + before)


def test_one_cannot_hold_more_than_is_available() -> None:
    """The refusal says how many are left, and how many of them are one's own already."""
    shop = Shop().sells(stock=10)
    shop.put(BEN, 7)
    shop.put(ANNA, 1)
    with pytest.raises(InsufficientStock) as refusal:
        shop.put(ANNA, 4)
    assert refusal.value.details == {"product_id": "tea", "available": 2, "in_cart": 1}
    assert shop.counts() == (10, 8)


def test_ones_own_hold_is_not_in_the_way() -> None:
    """Growing from eight to ten of ten asks for two more, not for ten."""
    shop = Shop().sells(stock=10)
    shop.put(ANNA, 8)
    shop.put(ANNA, 10)
    assert shop.counts() == (10, 10)


def test_an_unknown_product_is_not_found() -> None:
    """There is nothing to hold of it."""
    with pytest.raises(NotFound):
        Shop().put(ANNA, 1, "nothing")


def test_a_withdrawn_product_goes_into_no_cart() -> None:
    """Not for sale now."""
    with pytest.raises(Conflict):
        Shop().sells(for_sale=False).put(ANNA, 1)


def test_a_withdrawn_product_may_be_reduced_and_removed() -> None:
    """Nobody is stuck with it."""
    shop = Shop().sells()
    shop.put(ANNA, 4)
    shop.changes(for_sale=False)
    shop.put(ANNA, 2)
    assert shop.counts() == (10, 2)
    with pytest.raises(Conflict):
        shop.put(ANNA, 3)
    shop.put(ANNA, 0)
    assert shop.counts() == (10, 0)


def test_a_deleted_product_can_still_be_taken_out() -> None:
    """The line goes; there is no level to give back to."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    shop.put(ANNA, 1, "cup")
    shop.drops("tea")
    shop.put(ANNA, 0)
    assert shop.quantities() == {"cup": 1}


def test_a_line_has_the_products_cap() -> None:
    """At most ten of this one."""
    with pytest.raises(Invalid) as refusal:
        Shop().sells(stock=100).put(ANNA, 11)
    assert refusal.value.details["max_per_cart"] == 10


def test_a_huge_quantity_is_refused() -> None:
    """Numbers beyond any counter break nothing."""
    with pytest.raises(Invalid):
        Shop().sells().put(ANNA, 2**200)


def test_a_cart_has_a_cap_of_units() -> None:
    """Five hundred units is the most, over all lines."""
    shop = Shop().sells(stock=50, max_per_cart=50).sells("cup", stock=50, max_per_cart=50).with_policy(max_units=60)
    shop.put(ANNA, 50)
    with pytest.raises(Invalid) as refusal:
        shop.put(ANNA, 11, "cup")
    assert refusal.value.details == {"max_units": 60}
    shop.put(ANNA, 10, "cup")
    assert shop.cart().units == 60


def test_a_cart_has_a_cap_of_lines() -> None:
    """A line that exists may still grow."""
    shop = Shop().sells().sells("cup").sells("pot").with_policy(max_lines=2)
    shop.put(ANNA, 1)
    shop.put(ANNA, 1, "cup")
    with pytest.raises(Invalid) as refusal:
        shop.put(ANNA, 1, "pot")
    assert refusal.value.details == {"max_lines": 2}
    shop.put(ANNA, 2, "cup")


def test_a_cart_has_one_currency() -> None:
    """The first line decides; an emptied cart may have another one."""
    shop = Shop().sells().sells("cup", currency="USD")
    shop.put(ANNA, 1)
    with pytest.raises(Conflict):
        shop.put(ANNA, 1, "cup")
    shop.put(ANNA, 0)
    assert shop.put(ANNA, 1, "cup").cart.currency == "USD"


def test_the_first_line_starts_the_clock_and_later_ones_leave_it() -> None:
    """A hold of ten minutes is not prolonged by adding."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    shop.later(300).put(ANNA, 1, "cup")
    assert shop.cart().expires_at == NOON + timedelta(seconds=600)


def test_each_change_is_one_revision_on() -> None:
    """Tabs tell from it which cart is newer."""
    shop = Shop().sells()
    assert [shop.put(ANNA, quantity).cart.revision for quantity in (1, 2, 0)] == [1, 2, 3]


def test_a_stale_revision_is_a_conflict() -> None:
    """Two tabs do not overwrite each other unseen."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    shop.put(ANNA, 2)
    with pytest.raises(Conflict) as refusal:
        shop.do(SetLine(ANNA, "tea", 5, revision=1))
    assert refusal.value.details == {"revision": 2}
    shop.do(SetLine(ANNA, "tea", 5, revision=2))
    assert shop.quantities() == {"tea": 5}


def test_a_cart_whose_hold_ran_out_takes_no_lines() -> None:
    """Even before anyone has emptied it."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    shop.later(600)
    with pytest.raises(CartExpired):
        shop.put(ANNA, 2)
    with pytest.raises(CartExpired):
        shop.do(SetLines(ANNA, (("tea", 2),)))


def test_all_lines_are_set_at_once_and_the_unnamed_go() -> None:
    """The cart becomes exactly what was sent."""
    shop = Shop().sells().sells("cup").sells("pot")
    shop.put(ANNA, 1)
    shop.put(ANNA, 2, "cup")
    shop.do(SetLines(ANNA, (("cup", 3), ("pot", 1)), email="anna@shop.test"))
    assert shop.quantities() == {"cup": 3, "pot": 1}
    assert shop.cart().email == "anna@shop.test"
    assert (shop.counts("tea"), shop.counts("cup"), shop.counts("pot")) == ((10, 0), (10, 3), (10, 1))


def test_lines_are_set_all_or_none() -> None:
    """One that cannot be had leaves the others as they were."""
    shop = Shop().sells().sells("cup", stock=1)
    shop.put(ANNA, 2)
    with pytest.raises(InsufficientStock):
        shop.do(SetLines(ANNA, (("tea", 5), ("cup", 2))))
    assert shop.quantities() == {"tea": 2}
    assert shop.counts() == (10, 2)


def test_what_one_line_gives_up_another_may_use() -> None:
    """Releases come first, so that swapping two full lines works at the caps."""
    shop = Shop().sells().sells("cup").with_policy(max_lines=1, max_units=10)
    shop.put(ANNA, 10)
    shop.do(SetLines(ANNA, (("cup", 10),)))
    assert shop.quantities() == {"cup": 10}


def test_setting_the_same_lines_changes_nothing() -> None:
    """Neither revision nor movement."""
    shop = Shop().sells()
    shop.do(SetLines(ANNA, (("tea", 2),), email="a@shop.test"))
    revision = shop.cart().revision
    assert shop.do(SetLines(ANNA, (("tea", 2),), email="a@shop.test")).cart.revision == revision
    assert len(shop.movements) == 1


def test_an_alert_address_is_kept_when_the_cart_is_emptied() -> None:
    """It belongs to the owner, not to the lines."""
    shop = Shop().sells()
    shop.do(SetEmail(ANNA, "anna@shop.test"))
    shop.put(ANNA, 1)
    shop.do(ClearCart(ANNA))
    assert shop.cart().email == "anna@shop.test"
    assert shop.do(SetEmail(ANNA, None)).cart.email is None


def test_the_same_alert_address_again_changes_nothing() -> None:
    """No revision for no news."""
    shop = Shop()
    first = shop.do(SetEmail(ANNA, "anna@shop.test")).cart
    assert first.revision == 1
    assert shop.do(SetEmail(ANNA, "anna@shop.test")).cart.revision == 1


def test_clearing_releases_every_line() -> None:
    """And says so in the levels that it answers."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 2)
    shop.put(ANNA, 3, "cup")
    outcome = shop.do(ClearCart(ANNA))
    assert outcome.cart.lines == ()
    assert set(outcome.levels) == {"tea", "cup"}
    assert (shop.counts("tea"), shop.counts("cup")) == ((10, 0), (10, 0))


def test_clearing_an_empty_cart_changes_nothing() -> None:
    """It has no revision of its own."""
    shop = Shop()
    assert shop.do(ClearCart(ANNA)).cart.revision == 0


def test_a_line_remembers_the_version_at_which_it_went_in() -> None:
    """Alerts of before do not concern it; growing the line keeps the date."""
    shop = Shop().sells()
    shop.put(BEN, 1)
    shop.put(ANNA, 1)
    since = shop.cart().lines[0].since
    shop.put(ANNA, 2)
    assert (since, shop.cart().lines[0].since) == (2, 2)


def test_without_holding_a_cart_claims_nothing() -> None:
    """Stock is taken at the order only, and the cart has no clock."""
    shop = Shop().sells().without_holding()
    cart = shop.put(ANNA, 4).cart
    assert shop.counts() == (10, 0)
    assert (cart.expires_at, cart.holding, shop.movements) == (None, False, [])
    shop.later(10_000).put(ANNA, 5)


def test_without_holding_a_line_is_at_most_what_is_available() -> None:
    """The whole line is measured, not only what was added to it."""
    shop = Shop().sells(stock=5).without_holding()
    shop.put(ANNA, 4)
    with pytest.raises(InsufficientStock) as refusal:
        shop.put(ANNA, 6)
    assert refusal.value.details["available"] == 5
    shop.put(ANNA, 5)


def test_a_cart_that_holds_goes_on_holding_when_holding_is_turned_off() -> None:
    """What a cart does was settled when its first line went in."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    shop.without_holding().put(ANNA, 3)
    assert shop.counts() == (10, 3)
    shop.put(BEN, 2)
    assert shop.counts() == (10, 3)
