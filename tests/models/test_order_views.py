"""Who sees what of an order."""

from datetime import timedelta

import pytest

from models.identity import owner_of_user
from models.order import OrderStatus, Refund, StatusChange
from models.order_views import concerns_couriers, for_courier, for_seller, listed_for_courier, side_of
from tests.orders import HOME, NOON, a_line, a_part, a_stored_order, moved, new_id

# The same in every process, as tests are named by them.
ADA, SAL, TOM, COB, DEE = (f"{number:024x}" for number in range(1, 6))


def test_a_seller_sees_their_part_and_nothing_of_others():
    """Their lines, what these cost, what became of them, and where they go; not who pays, how, and for what else."""
    own = a_line(SAL, "Tea", 2, 300)
    order = a_stored_order(
        a_part(SAL),
        a_part(TOM),
        buyer_id=ADA,
        lines=(own, a_line(TOM, "Mug")),
        shipping=490,
        refunds=(Refund(new_id(), 5, NOON, "shop", "broken"),),
    )
    order = moved(moved(order, SAL, "shipped", owner_of_user(SAL)), TOM, "cancelled", owner_of_user(TOM))
    seen = for_seller(order, SAL)
    assert seen
    assert (seen.lines, seen.total_amount, seen.shipping, seen.status) == ((own,), 600, 0, OrderStatus.SHIPPED)
    assert [change.status for change in seen.history] == [OrderStatus.PLACED, OrderStatus.SHIPPED]
    assert seen.address == HOME
    for secret in (ADA, TOM, order.order_key, "ada@shop.test", "Mug", "broken"):
        assert secret not in str(seen)
    assert for_seller(order, COB) is None


def test_what_another_seller_did_to_all_of_an_order_is_not_told():
    """What its buyer, the shop or one's own courier did is."""
    order = a_stored_order(a_part(SAL, courier=COB), a_part(TOM, courier=DEE), buyer_id=ADA)
    whole = [OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.COMPLETED]
    for actor, told in ((TOM, False), (DEE, False), (SAL, True), (COB, True), (ADA, True), (new_id(), True)):
        change = StatusChange(whole[0], NOON + timedelta(hours=1), owner_of_user(actor), "")
        seen = for_seller(a_stored_order(*order.fulfilments, buyer_id=ADA, history=(change,)), SAL)
        assert seen
        assert bool(seen.history) == told


def test_a_courier_sees_what_is_on_its_way_and_what_they_brought():
    """Without prices; of others only that there is somebody."""
    order = a_stored_order(
        a_part(SAL, "shipped", carrier="DHL", tracking_number="42"),
        a_part(TOM, "shipped", courier=DEE),
        a_part(COB, "delivered", courier=ADA, note="at the door"),
        a_part(DEE, "placed"),
    )
    seen = for_courier(order, ADA)
    assert seen
    assert [(part.seller_id, part.claim) for part in seen.parts] == [(SAL, "nobody"), (TOM, "somebody"), (COB, "me")]
    assert seen.parts[0].tracking_number == "42"
    lists = {view: listed_for_courier(order, ADA, view) for view in ("available", "mine", "done")}
    shown = {view: [part.seller_id for part in each.parts] if each else [] for view, each in lists.items()}
    assert shown == {"available": [SAL], "mine": [], "done": [COB]}
    other = for_courier(order, None)
    assert other
    assert [part.claim for part in other.parts] == ["nobody", "somebody"]
    assert for_courier(a_stored_order(a_part(SAL), a_part(TOM, "delivered")), ADA) is None


@pytest.mark.parametrize(
    ("user_id", "role", "side"),
    [
        (ADA, "buyer", "buyer"),
        (ADA, "seller", "buyer"),
        (SAL, "seller", "seller"),
        (SAL, "buyer", None),
        (TOM, "delivery", "delivery"),
        (TOM, "seller", None),
        (COB, "admin", "admin"),
        (COB, "buyer", None),
        (ADA, "admin", "admin"),
    ],
)
def test_somebody_looks_at_an_order_as_what_they_are_now(user_id: str, role: str, side: str):
    """A seller who is none any more has no part in it, nor has a courier."""
    order = a_stored_order(a_part(SAL, "shipped"), buyer_id=ADA)
    assert side_of(order, user_id, role) == side


def test_delivery_hears_of_what_is_or_was_on_its_way():
    """And of nothing that never was."""
    assert not concerns_couriers(a_stored_order(a_part(SAL), a_part(TOM, "cancelled")))
    assert concerns_couriers(a_stored_order(a_part(SAL), a_part(TOM, "shipped")))
    shipped = moved(a_stored_order(a_part(SAL)), SAL, "shipped", "u:x")
    assert concerns_couriers(moved(shipped, SAL, "cancelled", "u:x"))
