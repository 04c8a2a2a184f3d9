"""Rules of the step before the money: what an order would be refused for is refused here already."""

from datetime import timedelta

import pytest

from models.commands import BeginOrder, ClearCart
from models.errors import CartExpired, Conflict, InsufficientStock, KeyReused, PriceChanged
from models.outcomes import OrderBegun
from tests.models.builders import ANNA, BEN, NOON, Shop, an_order


def begin(shop: Shop, expected_total: int | None = None) -> OrderBegun:
    """Begin Anna's order."""
    return shop.do(BeginOrder(ANNA, "key", "fingerprint", expected_total))


def test_it_says_what_is_to_be_paid_and_moves_nothing() -> None:
    """The cart goes on holding."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    assert begin(shop, 1000) == OrderBegun(1000, "EUR", None)
    assert (shop.counts(), len(shop.movements), shop.cart().revision) == ((10, 2), 1, 1)


def test_a_hold_about_to_end_gets_its_one_extension() -> None:
    """So that it does not run out while a card is being asked."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    begin(shop.later(541))
    assert (shop.cart().expires_at, shop.cart().revision) == (NOON + timedelta(seconds=660), 2)
    begin(shop.later(100))
    assert shop.cart().expires_at == NOON + timedelta(seconds=660)


@pytest.mark.parametrize("seconds", [0, 540])
def test_a_hold_with_time_left_is_not_prolonged(seconds: int) -> None:
    """A whole minute is enough."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    begin(shop.later(seconds))
    assert shop.cart().expires_at == NOON + timedelta(seconds=600)


def test_a_new_hold_may_be_prolonged_anew() -> None:
    """The right belongs to the hold, not to the owner."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    begin(shop.later(541))
    shop.do(ClearCart(ANNA))
    shop.put(ANNA, 2)
    begin(shop.later(541))
    assert shop.cart().expires_at == NOON + timedelta(seconds=541 + 660)


def test_without_a_hold_there_is_nothing_to_prolong() -> None:
    """A cart that claims nothing stays as it is."""
    shop = Shop().sells().without_holding()
    shop.put(ANNA, 2)
    begin(shop)
    assert (shop.cart().expires_at, shop.cart().revision) == (None, 1)


def test_a_key_that_was_used_answers_its_order() -> None:
    """No second payment is begun; another request with this key is refused."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    order = shop.do(an_order()).order
    assert begin(shop) == OrderBegun(1000, "EUR", order)
    with pytest.raises(KeyReused):
        shop.do(BeginOrder(ANNA, "key", "another", None))


def test_another_total_than_was_shown_is_refused() -> None:
    """Before the card is charged."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    with pytest.raises(PriceChanged):
        begin(shop, 999)


def test_an_empty_or_expired_cart_is_refused() -> None:
    """There is nothing to pay for."""
    shop = Shop().sells()
    with pytest.raises(Conflict):
        begin(shop)
    shop.put(ANNA, 2)
    with pytest.raises(CartExpired):
        begin(shop.later(600))


def test_a_withdrawn_product_is_refused() -> None:
    """The line must go first."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    with pytest.raises(Conflict):
        begin(shop.changes(for_sale=False))


def test_without_holding_what_is_gone_is_refused() -> None:
    """No money is set aside for what cannot be had."""
    shop = Shop().sells(stock=3).without_holding()
    shop.put(ANNA, 2)
    shop.put(BEN, 2)
    shop.do(an_order(BEN))
    with pytest.raises(InsufficientStock):
        begin(shop)
