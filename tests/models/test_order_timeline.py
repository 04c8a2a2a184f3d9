"""What happened to an order: who is told what of it."""

from dataclasses import replace
from datetime import timedelta

from models.identity import owner_of_user
from models.order import Refund
from models.order_timeline import Captured, Looker, Returned, Sent, Traces, timeline
from models.order_views import Side
from tests.orders import NOON, a_part, a_stored_order, moved, new_id

ADA, SAL, TOM, COB, BOSS = (new_id() for _ in range(5))
NAMES = {ADA: "Ada", SAL: "Sal", TOM: "Tom", COB: "Cob", BOSS: "Boss"}
ORDER = a_stored_order(a_part(SAL), a_part(TOM), buyer_id=ADA)
ORDER = moved(ORDER, SAL, "shipped", owner_of_user(SAL), tracking_number="42")
ORDER = moved(ORDER, SAL, "delivered", owner_of_user(COB), courier=COB, reason="at the door")
ORDER = moved(ORDER, TOM, "cancelled", owner_of_user(BOSS), reason="out of stock")
REFUND = Refund(new_id(), 500, NOON + timedelta(hours=4), "settling", "cancelled")
ORDER = replace(ORDER, refunds=(REFUND,))
TRACES = Traces(
    Captured(NOON + timedelta(minutes=1), 1000),
    (Returned(REFUND.id, NOON + timedelta(hours=5), 500),),
    (
        Sent("order_placed", NOON, "sent"),
        Sent("order_cancelled_seller", NOON, "pending"),
        Sent("order_shipped", NOON, "unsent"),
    ),
)


def told(user_id: str, side: Side) -> list[tuple[str, str, str | None, str | None]]:
    """Return what one is told: kind, who it was, their id and name."""
    entries = timeline(ORDER, Looker(user_id, side), TRACES, NAMES)
    assert [each.at for each in entries] == sorted(each.at for each in entries)
    return [
        (each.status or (each.mail.kind if each.mail else each.kind), *(each.by or ("", None, None)))
        for each in entries
    ]


def test_a_buyer_is_told_all_but_who_they_were():
    """Seller, delivery and shop; oneself by name."""
    assert told(ADA, "buyer") == [
        ("placed", "buyer", ADA, "Ada"),
        ("order_placed", "", None, None),
        ("payment_captured", "shop", None, None),
        ("shipped", "seller", None, None),
        ("delivered", "delivery", None, None),
        ("cancelled", "shop", None, None),
        ("refund_asked", "shop", None, None),
        ("refund_carried_out", "shop", None, None),
    ]


def test_an_admin_is_told_all_and_who_they_were():
    """And which part of the shop it was; mails to sellers, too, and those that were never to be sent."""
    entries = told(new_id(), "admin")
    assert ("delivered", "delivery", COB, "Cob") in entries
    assert ("cancelled", "shop", BOSS, "Boss") in entries
    assert ("refund_asked", "shop", None, "settling") in entries
    assert ("order_cancelled_seller", "", None, None) in entries
    assert ("order_shipped", "", None, None) in entries


def test_sellers_and_couriers_are_told_of_their_parts():
    """Nothing of money, mails, and what others sold."""
    assert told(SAL, "seller") == [
        ("placed", "buyer", None, None),
        ("shipped", "seller", SAL, "Sal"),
        ("delivered", "delivery", None, None),
    ]
    assert [each[0] for each in told(TOM, "seller")] == ["placed", "cancelled"]
    assert told(COB, "delivery") == [
        ("placed", "buyer", None, None),
        ("shipped", "seller", None, None),
        ("delivered", "delivery", COB, "Cob"),
    ]


def test_who_buys_from_themselves_ships_as_a_seller():
    """And places as a buyer."""
    order = moved(a_stored_order(a_part(SAL), buyer_id=SAL), SAL, "shipped", owner_of_user(SAL))
    entries = timeline(order, Looker(SAL, "buyer"), Traces(), NAMES)
    assert [each.by.role for each in entries if each.by] == ["buyer", "seller"]
