"""Rules of merging: signing in brings one's anonymous cart along, and a merge never fails."""

from datetime import timedelta

import pytest

from models.cart import Released
from models.commands import BeginOrder, ExpireCart, MergeCarts, SetEmail
from models.identity import OwnerId
from models.outcomes import Clipped, Merged
from tests.models.builders import ANNA, BEN, GUEST, NOON, Shop


def sign_in(shop: Shop, source: OwnerId = GUEST, target: OwnerId = ANNA) -> Merged:
    """Merge the guest's cart into Anna's."""
    return shop.do(MergeCarts(source, target))


def test_quantities_add_up() -> None:
    """And the source is empty afterwards."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 2)
    shop.put(GUEST, 3)
    shop.put(GUEST, 1, "cup")
    outcome = sign_in(shop)
    assert shop.quantities(ANNA) == {"tea": 5, "cup": 1}
    assert shop.quantities(GUEST) == {}
    assert (outcome.merged, outcome.clipped) == (("tea", "cup"), ())
    assert (shop.counts("tea"), shop.counts("cup")) == ((10, 5), (10, 1))


def test_units_that_change_hands_are_no_movement() -> None:
    """Held before, held after: nobody else sees a difference."""
    shop = Shop().sells(stock=5)
    shop.put(ANNA, 2)
    shop.put(GUEST, 3)
    before = len(shop.movements)
    sign_in(shop)
    assert (len(shop.movements), shop.counts()) == (before, (5, 5))


def test_a_line_is_clipped_to_the_products_cap() -> None:
    """What does not fit is released and reported."""
    shop = Shop().sells(stock=20)
    shop.put(ANNA, 8)
    shop.put(GUEST, 8)
    assert sign_in(shop).clipped == (Clipped("tea", 16, 10),)
    assert shop.counts() == (20, 10)


def test_lines_are_clipped_to_the_carts_cap_of_units() -> None:
    """First come, first in."""
    shop = Shop().sells().sells("cup").with_policy(max_units=12)
    shop.put(ANNA, 8)
    shop.put(GUEST, 10, "cup")
    outcome = sign_in(shop)
    assert (outcome.merged, outcome.clipped) == (("cup",), (Clipped("cup", 10, 4),))
    assert (shop.counts("tea"), shop.counts("cup")) == ((10, 8), (10, 4))


def test_a_line_too_many_is_left_out() -> None:
    """Its units go back to the shelf; it did not come in."""
    shop = Shop().sells().sells("cup").with_policy(max_lines=1)
    shop.put(ANNA, 1)
    shop.put(GUEST, 2, "cup")
    outcome = sign_in(shop)
    assert (outcome.merged, outcome.clipped) == ((), (Clipped("cup", 2, 0),))
    assert shop.counts("cup") == (10, 0)


def test_a_withdrawn_product_stays_outside() -> None:
    """But what the target had of it stays in."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    shop.put(GUEST, 2)
    shop.put(GUEST, 2, "cup")
    shop.changes("tea", for_sale=False).changes("cup", for_sale=False)
    assert sign_in(shop).clipped == (Clipped("tea", 3, 1), Clipped("cup", 2, 0))
    assert (shop.counts("tea"), shop.counts("cup")) == ((10, 1), (10, 0))


def test_a_product_of_another_currency_stays_outside() -> None:
    """A cart has one."""
    shop = Shop().sells().sells("cup", currency="USD")
    shop.put(ANNA, 1)
    shop.put(GUEST, 2, "cup")
    assert sign_in(shop).clipped == (Clipped("cup", 2, 0),)


def test_a_deleted_product_is_reported_as_cut() -> None:
    """There is no level to give back to."""
    shop = Shop().sells().sells("cup")
    shop.put(GUEST, 2)
    shop.put(GUEST, 2, "cup")
    assert sign_in(shop.drops()).clipped == (Clipped("tea", 2, 0),)
    assert shop.quantities() == {"cup": 2}


def test_merging_prolongs_no_hold() -> None:
    """The earlier clock counts, and a prolonged hold stays prolonged."""
    shop = Shop().sells()
    shop.put(GUEST, 1)
    shop.later(541).do(BeginOrder(GUEST, "key", "fingerprint", None))
    shop.later(100).put(ANNA, 1)
    cart = sign_in(shop).cart
    assert cart.expires_at == NOON + timedelta(seconds=660)
    assert cart.extended


def test_an_empty_target_takes_over_the_clock() -> None:
    """Signing in does not restart the ten minutes."""
    shop = Shop().sells()
    shop.put(GUEST, 1)
    cart = sign_in(shop.later(100)).cart
    assert (cart.expires_at, cart.currency) == (NOON + timedelta(seconds=600), "EUR")


def test_a_cart_that_ran_out_brings_nothing() -> None:
    """It is emptied, and says what it lost."""
    shop = Shop().sells()
    shop.put(GUEST, 2)
    shop.later(500).put(ANNA, 1)
    outcome = sign_in(shop.later(100))
    assert (outcome.merged, shop.quantities()) == ((), {"tea": 1})
    assert shop.cart(GUEST).expired == (Released("tea", 2),)
    assert shop.counts() == (10, 1)


def test_a_target_that_ran_out_gives_up_its_own_lines_only() -> None:
    """What the source holds still counts."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(500).put(GUEST, 1)
    sign_in(shop.later(100))
    assert (shop.quantities(), shop.counts()) == ({"tea": 1}, (10, 1))


def test_the_alert_address_comes_along_if_there_is_none() -> None:
    """With lines or without; one's own comes first."""
    shop = Shop().sells()
    shop.do(SetEmail(GUEST, "guest@shop.test"))
    assert sign_in(shop).cart.email == "guest@shop.test"
    shop.put(GUEST, 1)
    shop.do(SetEmail(BEN, "ben@shop.test"))
    assert sign_in(shop, GUEST, BEN).cart.email == "ben@shop.test"


def test_a_cart_merged_into_itself_stays_as_it_is() -> None:
    """Nothing doubles."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    before = shop.cart()
    assert sign_in(shop, ANNA, ANNA).cart == before
    assert shop.counts() == (10, 2)


def test_an_expired_cart_merged_into_itself_is_left_to_the_sweeper() -> None:
    """Its units are not given back twice, at the expense of other carts."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.later(500).put(BEN, 3)
    sign_in(shop.later(100), ANNA, ANNA)
    assert shop.counts() == (10, 5)
    shop.do(ExpireCart(ANNA))
    assert shop.counts() == (10, 3)


def test_merging_an_empty_cart_changes_nothing() -> None:
    """No revision for no news."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    before = shop.cart()
    assert sign_in(shop).cart == before


def test_a_target_that_gained_nothing_keeps_its_revision() -> None:
    """All of it was cut."""
    shop = Shop().sells()
    shop.put(ANNA, 10 - 1)
    shop.put(GUEST, 1)
    shop.changes(max_per_cart=9)
    before = shop.cart(ANNA)
    assert sign_in(shop).cart == before
    assert shop.quantities(GUEST) == {}


@pytest.mark.parametrize(("held_first", "expected"), [(GUEST, (5, 0)), (ANNA, (5, 5))])
def test_the_target_keeps_its_way_of_holding(held_first: OwnerId, expected: tuple[int, int]) -> None:
    """A cart that claims nothing goes on claiming nothing; one that holds makes the newcomers held."""
    shop = Shop().sells(stock=5)
    shop.put(held_first, 2)
    shop.without_holding().put(ANNA if held_first == GUEST else GUEST, 3)
    sign_in(shop)
    assert shop.quantities() == {"tea": 5}
    assert shop.counts() == expected


def test_newcomers_that_cannot_be_held_are_cut() -> None:
    """A merge into a holding cart takes what is there."""
    shop = Shop().sells(stock=5)
    shop.put(ANNA, 2)
    shop.without_holding().put(GUEST, 3)
    shop.put(BEN, 1)
    shop.with_policy(hold=timedelta(seconds=600))
    shop.put(OwnerId("u:cleo"), 2)
    assert sign_in(shop).clipped == (Clipped("tea", 5, 3),)
    assert shop.counts() == (5, 5)


def test_a_merged_line_is_as_old_as_its_older_half() -> None:
    """Alerts since then concern it."""
    shop = Shop().sells()
    shop.put(GUEST, 1)
    shop.put(ANNA, 1)
    sign_in(shop)
    assert shop.cart().lines[0].since == 1
