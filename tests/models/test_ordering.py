"""Rules of orders: what the cart holds is bought at today's price, once for each key."""

from dataclasses import replace

import pytest

from models.cart import Line
from models.commands import CancelOrder, ExpireCart
from models.errors import CartExpired, Conflict, InsufficientStock, KeyReused, NotFound, PriceChanged
from models.letter import Letter
from models.order import Fulfilment, Mover, OrderLine, OrderStatus
from models.state import Changes
from models.stock import ChangeType
from tests.models.builders import ANNA, BEN, HOME, NOON, Shop, a_payment, an_order
from tests.movers import AN_ADMIN


def test_an_order_takes_what_the_cart_holds() -> None:
    """Stock and held go down together: nothing changes for anyone else."""
    shop = Shop().sells(stock=10)
    shop.put(ANNA, 4)
    available = shop.level().available
    order = shop.do(an_order()).order
    assert shop.counts() == (6, 0)
    assert shop.level().available == available
    assert shop.cart().lines == ()
    assert order.lines == (OrderLine("tea", "Tea", 4, 500, "seller"),)
    assert order.total_amount == 2000
    assert (order.status, order.currency, order.owner, order.timestamp) == (OrderStatus.PLACED, "EUR", ANNA, NOON)
    assert order.address == HOME


def test_each_line_is_one_purchase_that_names_the_order() -> None:
    """Two products, two movements."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    shop.put(ANNA, 2, "cup")
    order = shop.do(an_order()).order
    purchases = [each for each in shop.movements if each.change_type is ChangeType.PURCHASE]
    assert [(each.product_id, each.cause) for each in purchases] == [("tea", order.id), ("cup", order.id)]


def test_the_price_is_that_of_the_moment() -> None:
    """Not that of when the line went in."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.changes(price=700)
    assert shop.do(an_order()).order.total_amount == 1400


def test_a_total_that_changed_is_refused_with_the_new_one() -> None:
    """Nobody pays what was not shown; the cart stays."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    with pytest.raises(PriceChanged) as refusal:
        shop.do(an_order(expected_total=999))
    assert refusal.value.details == {"total_amount": 1000, "currency": "EUR"}
    assert shop.quantities() == {"tea": 2}
    assert shop.do(an_order(expected_total=1000)).order.total_amount == 1000


def test_money_set_aside_must_be_the_total() -> None:
    """A payment of another amount is for another order."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    with pytest.raises(PriceChanged):
        shop.do(an_order(payment=a_payment(999), expected_total=1000))
    order = shop.do(an_order(payment=a_payment(1000), expected_total=1000)).order
    assert order.payment == a_payment(1000)


def test_a_payment_is_written_down_with_its_order() -> None:
    """And only orders that have one leave a payment."""
    shop = Shop().sells()
    changes = Changes()
    for owner, payment in ((ANNA, a_payment(500)), (BEN, None)):
        shop.put(owner, 1)
        shop.do(an_order(owner, payment=payment))
        assert shop.last
        changes.add(shop.last)
    assert [order.owner for order in changes.payments] == [ANNA]
    assert len(changes.placed) == 2


def test_a_product_that_changed_its_currency_is_not_added_to_the_others() -> None:
    """Cents and pence make no sum."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    shop.put(ANNA, 1, "cup")
    shop.changes("cup", currency="USD")
    with pytest.raises(Conflict):
        shop.do(an_order())


def test_an_order_sends_its_owner_one_letter() -> None:
    """Whose key is the order's id; it is told them in the shop, too."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    order = shop.do(an_order()).order
    data = {"order_id": order.id}
    assert shop.letters == [
        Letter(f"order_placed:{order.id}", "order_placed", "anna@shop.test", data, owner=order.owner)
    ]
    shop.put(BEN, 1)
    shop.do(an_order(BEN, email=None))
    assert len(shop.letters) == 1


def test_each_seller_has_a_part_of_the_order() -> None:
    """In the order of the lines, once each."""
    shop = Shop().sells("tea", seller_id="one").sells("cup", seller_id="two").sells("pot", seller_id="one")
    for product in ("tea", "cup", "pot"):
        shop.put(ANNA, 1, product)
    placed = OrderStatus.PLACED
    assert shop.do(an_order()).order.fulfilments == (Fulfilment("one", placed), Fulfilment("two", placed))


def test_the_same_key_gets_the_same_order() -> None:
    """And nothing is bought twice, whatever is in the cart by then."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    first = shop.do(an_order())
    shop.put(ANNA, 3)
    again = shop.do(an_order(order_id="another id", expected_total=1))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.order == first.order
    assert shop.counts() == (8, 3)
    assert len(shop.orders) == len(shop.letters) == 1


def test_the_same_key_for_another_order_is_refused() -> None:
    """The fingerprint tells."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    shop.do(an_order())
    shop.put(ANNA, 2)
    with pytest.raises(KeyReused):
        shop.do(an_order(fingerprint="another"))


def test_keys_are_their_owners_own() -> None:
    """Two people may choose the same one."""
    shop = Shop().sells()
    for owner in (ANNA, BEN):
        shop.put(owner, 1)
        assert not shop.do(an_order(owner)).repeated
    assert len(shop.orders) == 2


def test_an_empty_cart_is_no_order() -> None:
    """There is nothing to buy."""
    with pytest.raises(Conflict):
        Shop().do(an_order())


def test_an_expired_cart_is_no_order() -> None:
    """Before and after the sweeper came."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    shop.later(600)
    with pytest.raises(CartExpired):
        shop.do(an_order())
    shop.do(ExpireCart(ANNA))
    with pytest.raises(CartExpired):
        shop.do(an_order())


def test_a_withdrawn_or_deleted_product_is_not_ordered() -> None:
    """The line must go first."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    shop.changes(for_sale=False)
    with pytest.raises(Conflict):
        shop.do(an_order())
    shop.drops()
    with pytest.raises(Conflict):
        shop.do(an_order())


def test_without_holding_stock_is_taken_at_the_order() -> None:
    """First come, first served; the refusal says what is left."""
    shop = Shop().sells(stock=5).without_holding()
    shop.put(ANNA, 3)
    shop.put(BEN, 3)
    shop.do(an_order(ANNA))
    assert shop.counts() == (2, 0)
    with pytest.raises(InsufficientStock) as refusal:
        shop.do(an_order(BEN))
    assert refusal.value.details == {"product_id": "tea", "available": 2, "in_cart": 3}


def test_without_holding_one_does_not_buy_what_others_hold() -> None:
    """A hold from before is respected."""
    shop = Shop().sells(stock=5)
    shop.put(ANNA, 4)
    shop.without_holding().put(BEN, 1)
    shop.state.carts[BEN] = replace(shop.cart(BEN), lines=(Line("tea", 2, 0),))
    with pytest.raises(InsufficientStock):
        shop.do(an_order(BEN))


def test_a_cancelled_order_brings_its_stock_back() -> None:
    """One ``return`` for each line, with who and why."""
    shop = Shop().sells(stock=10)
    shop.put(ANNA, 4)
    order = shop.do(an_order()).order
    cancelled = shop.do(CancelOrder(order.id, AN_ADMIN, "changed my mind")).order
    assert shop.counts() == (10, 0)
    assert cancelled.status is OrderStatus.CANCELLED
    assert [part.status for part in cancelled.fulfilments] == [OrderStatus.CANCELLED]
    assert cancelled.history[-1][2:] == (AN_ADMIN.owner, "changed my mind", "seller")
    assert [line.returned for line in cancelled.lines] == [4]
    assert shop.movements[-1].change_type is ChangeType.RETURN
    assert shop.movements[-1].cause == order.id


def test_a_deleted_product_does_not_stop_a_cancellation() -> None:
    """There is no shelf to put it back on."""
    shop = Shop().sells()
    shop.put(ANNA, 4)
    order = shop.do(an_order()).order
    assert shop.drops().do(CancelOrder(order.id, AN_ADMIN, "why")).order.status is OrderStatus.CANCELLED


def test_an_order_is_cancelled_once() -> None:
    """The second time its stock is back already."""
    shop = Shop().sells(stock=10)
    shop.put(ANNA, 4)
    order = shop.do(an_order()).order
    shop.do(CancelOrder(order.id, AN_ADMIN, "why"))
    assert shop.do(CancelOrder(order.id, AN_ADMIN, "why")).repeated
    with pytest.raises(Conflict):
        shop.do(CancelOrder(order.id, Mover(ANNA, "buyer"), ""))
    assert shop.counts() == (10, 0)


@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED])
def test_what_was_shipped_is_not_cancelled(status: OrderStatus) -> None:
    """It has left the house."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    order = shop.do(an_order()).order
    parts = tuple(part._replace(status=status) for part in order.fulfilments)
    shop.state.orders[order.id] = replace(order, status=status, fulfilments=parts)
    with pytest.raises(Conflict):
        shop.do(CancelOrder(order.id, AN_ADMIN, "why"))


def test_an_unknown_order_is_not_found() -> None:
    """There is nothing to cancel."""
    with pytest.raises(NotFound):
        Shop().do(CancelOrder("nothing", AN_ADMIN, "why"))


def test_the_key_of_a_cancelled_order_still_answers() -> None:
    """A late repeat hears what became of it, and buys nothing."""
    shop = Shop().sells()
    shop.put(ANNA, 1)
    order = shop.do(an_order()).order
    shop.do(CancelOrder(order.id, AN_ADMIN, "why"))
    again = shop.do(an_order())
    assert (again.repeated, again.order.status) == (True, OrderStatus.CANCELLED)


def test_an_order_may_bring_its_lines() -> None:
    """The cart is made to contain exactly these, and is bought, in one step."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    order = shop.do(an_order(lines=(("cup", 2),), expected_total=1000)).order
    assert [(line.product_id, line.quantity) for line in order.lines] == [("cup", 2)]
    assert (shop.counts("tea"), shop.counts("cup")) == ((10, 0), (8, 0))


def test_an_order_that_brings_lines_that_cannot_be_had_is_refused_whole() -> None:
    """The cart is as it was."""
    shop = Shop().sells().sells("cup", stock=1)
    shop.put(ANNA, 1)
    with pytest.raises(InsufficientStock):
        shop.do(an_order(lines=(("cup", 2),)))
    with pytest.raises(Conflict):
        shop.do(an_order(lines=()))
    with pytest.raises(PriceChanged):
        shop.do(an_order(lines=(("cup", 1),), expected_total=1))
    assert shop.quantities() == {"tea": 1}


def test_a_repeated_order_that_brought_lines_leaves_the_cart_alone() -> None:
    """It was bought already."""
    shop = Shop().sells()
    shop.do(an_order(lines=(("tea", 2),)))
    shop.put(ANNA, 3)
    assert shop.do(an_order(lines=(("tea", 2),))).repeated
    assert shop.quantities() == {"tea": 3}
