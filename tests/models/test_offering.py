"""Rules of the line for what is out: who waits first is offered first, and nobody else can be quicker."""

from datetime import timedelta

import pytest

from models.commands import (
    Adjust,
    BeginOrder,
    BringPlaces,
    ClearCart,
    ExpireCart,
    JoinLine,
    LeaveLine,
    MergeCarts,
    OfferNext,
    Restock,
    SetLine,
    TakeOffer,
)
from models.errors import CartExpired, Conflict, InsufficientStock, Invalid, NotFound
from models.identity import OwnerId, owner_of_offer, user_of_owner, waiter_of_offer
from models.outcomes import Offered
from models.stock import ChangeType
from models.waiter import Waiter, WaitState
from tests.models.builders import ANNA, BEN, GUEST, NOON, Shop, an_order

EVE = OwnerId("u:eve")
FIRST, SECOND = owner_of_offer("tea:1"), owner_of_offer("tea:2")


def sold_out(*waiting: OwnerId, **product: object) -> Shop:
    """Open a shop whose only two units Eve holds, with these in line."""
    shop = Shop().sells(stock=2, **product)  # type: ignore[arg-type]
    shop.put(EVE, 2)
    for owner in waiting:
        shop.do(JoinLine("tea", owner, "guest@shop.test"))
    return shop


def offer(shop: Shop, limit: int = 50) -> Offered:
    """Offer what there is."""
    shop.state.known_up_to["tea"] = 1000
    return shop.do(OfferNext("tea", limit))


def place_of(shop: Shop, place: int) -> Waiter:
    """Return a place in the line."""
    return shop.state.waiters[f"tea:{place}"]


def owners(offered: Offered) -> list[OwnerId]:
    """Name those who got an offer."""
    return [each.owner for each in offered.waiters]


def test_places_are_given_in_the_order_of_coming():
    """The product counts them, and how many wait."""
    shop = sold_out(ANNA, BEN)
    assert [(each.owner, each.place) for each in shop.state.waiters.values()] == [(ANNA, 1), (BEN, 2)]
    assert (shop.level().waiting, shop.level().joined, shop.level().version) == (2, 2, 1)


def test_who_waits_already_keeps_their_place():
    """Joining again answers it, also once something is offered."""
    shop = sold_out(ANNA, BEN)
    assert shop.do(JoinLine("tea", ANNA)).waiters == (place_of(shop, 1),)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    assert shop.do(JoinLine("tea", ANNA)).waiters[0].state == WaitState.OFFERED
    assert shop.level().joined == 2


def test_there_is_no_line_while_anybody_can_have_a_unit():
    """Units beyond those who wait are for everybody."""
    shop = Shop().sells(stock=1)
    with pytest.raises(Conflict) as refused:
        shop.do(JoinLine("tea", ANNA))
    assert refused.value.details["available"] == 1
    with pytest.raises(NotFound):
        shop.do(JoinLine("nothing", ANNA))
    with pytest.raises(Conflict):
        sold_out().changes(for_sale=False).do(JoinLine("tea", ANNA))


def test_a_product_without_any_stock_has_a_line_too():
    """Out is out, held or not."""
    shop = Shop().sells(stock=0)
    assert shop.do(JoinLine("tea", ANNA)).waiters[0].place == 1


def test_who_is_not_signed_in_needs_an_address():
    """That of the cart will do; a user has one."""
    shop = sold_out()
    with pytest.raises(Invalid):
        shop.do(JoinLine("tea", GUEST))
    assert shop.do(JoinLine("tea", GUEST, None, "cart@shop.test")).waiters[0].email == "cart@shop.test"
    shop.do(JoinLine("tea", GUEST, "other@shop.test"))
    assert shop.do(JoinLine("tea", GUEST, None, "cart@shop.test")).waiters[0].email == "other@shop.test"
    assert shop.do(JoinLine("tea", ANNA)).waiters[0].email is None


def test_units_that_come_back_are_theirs_who_wait():
    """Before anybody has been offered anything, nobody else can have one; what is left over, everybody can."""
    shop = sold_out(ANNA, BEN)
    shop.do(Restock("tea", 3, "seller", ""))
    with pytest.raises(InsufficientStock) as refused:
        shop.put(EVE, 4)
    assert refused.value.details["available"] == 1
    shop.put(EVE, 3)
    with pytest.raises(InsufficientStock):
        shop.put(BEN, 1)
    assert owners(offer(shop)) == [ANNA, BEN]
    assert shop.counts() == (5, 5)


def test_a_cart_that_holds_nothing_cannot_be_ordered_from_under_those_who_wait():
    """Without holding, units are taken at the order: of those that are left over."""
    shop = Shop().without_holding().sells(stock=1)
    shop.put(EVE, 1)
    shop.do(Adjust("tea", 0, None, "seller", ""))
    shop.do(JoinLine("tea", ANNA))
    shop.do(Restock("tea", 1, "seller", ""))
    for command in (an_order(EVE), BeginOrder(EVE, "key", "f", None)):
        with pytest.raises(InsufficientStock) as refused:
            shop.do(command)
        assert refused.value.details["available"] == 0


def test_a_merge_takes_nothing_from_those_who_wait():
    """What the carts hold they keep; more they cannot get."""
    shop = Shop().without_holding().sells(stock=3)
    shop.put(GUEST, 1)
    shop.with_policy(hold=timedelta(seconds=600))
    shop.put(BEN, 1)
    shop.put(EVE, 2)
    shop.do(JoinLine("tea", ANNA))
    shop.do(Restock("tea", 1, "seller", ""))
    assert shop.do(MergeCarts(GUEST, BEN)).clipped[0].quantity == 1
    assert owners(offer(shop)) == [ANNA]


def test_an_offer_is_a_cart_that_holds_one_unit():
    """It has the offer's clock; its owner hears of it, with a mail where there is an address."""
    shop = sold_out(GUEST, ANNA)
    shop.do(Restock("tea", 1, "seller", ""))
    offered = offer(shop)
    cart = shop.cart(FIRST)
    assert (shop.quantities(FIRST), cart.expires_at) == ({"tea": 1}, NOON + timedelta(seconds=120))
    assert shop.movements[-1].change_type == ChangeType.HOLD
    assert (owners(offered), offered.more, shop.level().waiting) == ([GUEST], False, 1)
    assert shop.last
    assert [(each.key, each.to) for each in shop.last.notices] == [("back_in_stock:tea:1:s:guest", GUEST)]
    assert shop.last.notices[0].data == {
        "product_id": "tea",
        "name": "Tea",
        "price": 500,
        "currency": "EUR",
        "expires_at": "2026-01-01T12:02:00.000Z",
    }
    assert [(each.key, each.to, each.until) for each in shop.letters] == [
        ("back_in_stock:tea:1", "guest@shop.test", cart.expires_at)
    ]


def test_at_most_so_many_offers_are_made_at_once():
    """More is said where there is more."""
    shop = sold_out(ANNA, BEN, GUEST)
    shop.do(Restock("tea", 5, "seller", ""))
    first = offer(shop, 2)
    assert (owners(first), first.more) == ([ANNA, BEN], True)
    second = offer(shop, 2)
    assert (owners(second), second.more) == ([GUEST], False)
    assert offer(shop) == Offered((), more=False)


def test_only_those_are_offered_before_whom_nobody_can_be_missing():
    """Somebody who is known but stands beyond what was read of the line must wait."""
    shop = sold_out(ANNA, BEN)
    shop.do(Restock("tea", 2, "seller", ""))
    shop.state.known_up_to["tea"] = 1
    assert owners(shop.do(OfferNext("tea", 5))) == [ANNA]


def test_what_is_not_on_show_is_not_offered():
    """Nor what is gone. The line stays, for when it is back."""
    shop = sold_out(ANNA).changes(for_sale=False)
    shop.do(Restock("tea", 1, "seller", ""))
    assert offer(shop) == Offered((), more=False)
    shop.changes(for_sale=True)
    assert owners(offer(shop)) == [ANNA]
    shop.drops()
    assert offer(shop) == Offered((), more=False)


def test_an_offer_that_is_not_taken_goes_to_the_next():
    """It expires like any cart, and its place says so."""
    shop = sold_out(ANNA, BEN)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    shop.do(ExpireCart(FIRST))
    assert place_of(shop, 1).state == WaitState.OFFERED
    shop.later(120).do(ExpireCart(FIRST))
    assert (place_of(shop, 1).state, place_of(shop, 1).open) == (WaitState.LAPSED, False)
    assert shop.movements[-1].change_type == ChangeType.EXPIRE
    assert owners(offer(shop)) == [BEN]
    shop.do(ExpireCart(FIRST))
    assert shop.do(JoinLine("tea", ANNA)).waiters[0].place == 3


def test_taking_an_offer_moves_its_unit_into_the_cart():
    """An empty cart begins its full hold; no stock moves; the offer is over and not reminded of."""
    shop = sold_out(ANNA)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    before = len(shop.movements)
    taken = shop.later(60).do(TakeOffer("tea", ANNA))
    assert (shop.quantities(ANNA), shop.quantities(FIRST)) == ({"tea": 1}, {})
    assert taken.cart.expires_at == NOON + timedelta(seconds=660)
    assert (len(shop.movements), shop.counts()) == (before, (3, 3))
    assert place_of(shop, 1).state == WaitState.TAKEN
    assert shop.last
    assert shop.last.seen == ["back_in_stock:tea:1:u:anna"]
    shop.do(an_order(ANNA))
    assert shop.counts() == (2, 2)


def test_taking_twice_is_taking_once():
    """Whoever did not hear the answer asks again, and gets their cart; not once it is gone from there."""
    shop = sold_out(ANNA)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    taken = shop.do(TakeOffer("tea", ANNA)).cart
    assert shop.do(TakeOffer("tea", ANNA)).cart == taken
    assert shop.last is not None
    assert len(shop.last) == 0
    with pytest.raises(NotFound):
        shop.later(600).do(TakeOffer("tea", ANNA))
    shop.do(ClearCart(ANNA))
    with pytest.raises(NotFound):
        shop.do(TakeOffer("tea", ANNA))


def test_only_the_last_place_says_what_was_taken():
    """Who took one, waited again and let that lapse is not told that they have it."""
    shop = sold_out(ANNA)
    for _ in range(2):
        shop.do(Restock("tea", 1, "seller", ""))
        offer(shop)
        shop.do(TakeOffer("tea", ANNA))
        shop.do(JoinLine("tea", ANNA))
        with pytest.raises(NotFound):
            shop.do(TakeOffer("tea", ANNA))
    shop.do(LeaveLine("tea", ANNA))
    with pytest.raises(NotFound):
        shop.do(TakeOffer("tea", ANNA))


def test_a_wrong_address_can_be_corrected_while_one_waits():
    """Asked again with another one; what was mailed was mailed."""
    shop = sold_out(GUEST)
    assert shop.do(JoinLine("tea", GUEST, "right@shop.test")).waiters[0].email == "right@shop.test"
    assert shop.do(JoinLine("tea", GUEST)).waiters[0].email == "right@shop.test"
    assert (shop.level().joined, shop.level().waiting) == (1, 1)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    assert shop.do(JoinLine("tea", GUEST, "late@shop.test")).waiters[0].email == "right@shop.test"
    assert [each.to for each in shop.letters] == ["right@shop.test"]


def test_a_user_is_told_at_the_accounts_address_wherever_they_began_to_wait():
    """What was offered to the session has been mailed already."""
    shop = sold_out(GUEST).sells("cup", stock=0)
    shop.do(JoinLine("cup", GUEST, "guest@shop.test"))
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    brought = shop.do(BringPlaces(GUEST, ANNA, "anna@shop.test")).waiters
    assert [each.email for each in brought] == ["guest@shop.test", "anna@shop.test"]


def test_a_cart_that_has_a_clock_keeps_it():
    """And a line of the same product grows."""
    shop = sold_out().sells("cup")
    shop.do(ClearCart(EVE))
    shop.put(ANNA, 1)
    shop.put(EVE, 1)
    shop.do(JoinLine("tea", ANNA))
    shop.do(Restock("tea", 1, "seller", ""))
    shop.later(500)
    offer(shop)
    taken = shop.do(TakeOffer("tea", ANNA))
    assert (shop.quantities(ANNA), taken.cart.expires_at) == ({"tea": 2}, NOON + timedelta(seconds=600))


def test_a_cart_whose_hold_has_run_out_begins_anew():
    """What it held goes back first."""
    shop = sold_out(ANNA).sells("cup")
    shop.put(ANNA, 1, "cup")
    shop.later(600).do(Restock("tea", 1, "seller", ""))
    offer(shop)
    taken = shop.do(TakeOffer("tea", ANNA))
    assert (shop.quantities(ANNA), shop.counts("cup")) == ({"tea": 1}, (10, 0))
    assert taken.cart.expires_at == NOON + timedelta(seconds=1200)


def test_what_does_not_fit_into_the_cart_stays_offered():
    """The same caps as ever; a late one hears that it is late."""
    shop = sold_out(ANNA, max_per_cart=2)
    shop.do(ClearCart(EVE))
    offer(shop)
    shop.put(ANNA, 1)
    shop.do(Restock("tea", 5, "seller", ""))
    shop.put(ANNA, 2)
    with pytest.raises(Invalid):
        shop.do(TakeOffer("tea", ANNA))
    assert place_of(shop, 1).state == WaitState.OFFERED
    shop.changes(for_sale=False)
    with pytest.raises(Conflict):
        shop.do(TakeOffer("tea", ANNA))
    with pytest.raises(CartExpired):
        shop.later(120).do(TakeOffer("tea", ANNA))


def test_only_whoever_was_offered_something_can_take_it():
    """Waiting is not enough."""
    shop = sold_out(ANNA, BEN)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    for owner in (BEN, EVE):
        with pytest.raises(NotFound):
            shop.do(TakeOffer("tea", owner))


def test_without_holding_an_offer_still_holds():
    """Taken into an empty cart it keeps its own clock; a cart that holds nothing takes from the shelf, as ever."""
    shop = sold_out(ANNA, BEN).without_holding().sells("cup")
    shop.put(BEN, 1, "cup")
    shop.do(Restock("tea", 2, "seller", ""))
    offer(shop)
    assert shop.do(TakeOffer("tea", ANNA)).cart.expires_at == NOON + timedelta(seconds=120)
    assert shop.do(TakeOffer("tea", BEN)).cart.expires_at is None
    assert (shop.counts(), shop.quantities(BEN)) == ((4, 3), {"cup": 1, "tea": 1})
    assert shop.movements[-1].change_type == ChangeType.RELEASE


def test_leaving_gives_up_the_place():
    """Nobody is missed who was not there."""
    shop = sold_out(ANNA, BEN)
    left = shop.do(LeaveLine("tea", ANNA))
    assert left.waiter
    assert (left.waiter.state, shop.level().waiting, shop.level().joined) == (WaitState.LEFT, 1, 2)
    assert shop.do(LeaveLine("tea", ANNA)).waiter is None
    shop.do(Restock("tea", 1, "seller", ""))
    assert owners(offer(shop)) == [BEN]


def test_declining_an_offer_releases_it_at_once():
    """Then it is the next one's turn."""
    shop = sold_out(ANNA, BEN)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    left = shop.do(LeaveLine("tea", ANNA))
    assert left.levels["tea"].available == 1
    assert shop.movements[-1].change_type == ChangeType.RELEASE
    assert owners(offer(shop)) == [BEN]


def test_a_line_can_be_left_though_its_product_is_gone():
    """There is nothing to count any more."""
    shop = sold_out(ANNA, BEN)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    shop.drops()
    for owner in (ANNA, BEN):
        left = shop.do(LeaveLine("tea", owner))
        assert left.waiter
        assert left.waiter.state == WaitState.LEFT


def test_signing_in_brings_places_and_offers_along():
    """An offer is told again, to its new owner; the mail has been sent."""
    shop = sold_out(GUEST).sells("cup", stock=0)
    shop.do(JoinLine("cup", GUEST, "guest@shop.test"))
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    letters = len(shop.letters)
    brought = shop.do(BringPlaces(GUEST, ANNA)).waiters
    assert [(each.product_id, each.owner, each.state) for each in brought] == [
        ("tea", ANNA, WaitState.OFFERED),
        ("cup", ANNA, WaitState.WAITING),
    ]
    assert shop.last
    assert shop.last.seen == ["back_in_stock:tea:1:s:guest"]
    assert [each.key for each in shop.last.notices] == ["back_in_stock:tea:1:u:anna"]
    assert (len(shop.letters), shop.level("cup").waiting) == (letters, 1)
    shop.do(TakeOffer("tea", ANNA))
    assert shop.do(LeaveLine("cup", GUEST)).waiter is None
    assert shop.do(BringPlaces(GUEST, ANNA)).waiters == ()
    assert shop.do(BringPlaces(ANNA, ANNA)).waiters == ()


@pytest.mark.parametrize("users_first", [True, False])
def test_whoever_waits_twice_keeps_the_better_place(users_first: bool):  # noqa: FBT001 - a case
    """The other one is given up."""
    first, second = (ANNA, GUEST) if users_first else (GUEST, ANNA)
    shop = sold_out(first, BEN, second)
    shop.do(BringPlaces(GUEST, ANNA))
    assert (place_of(shop, 1).owner, place_of(shop, 1).state) == (ANNA, WaitState.WAITING)
    assert (place_of(shop, 3).state, shop.level().waiting) == (WaitState.LEFT, 2)


def test_an_offer_is_better_than_a_place():
    """And of two offers one goes back to the line."""
    shop = sold_out(GUEST, ANNA, BEN)
    shop.do(Restock("tea", 1, "seller", ""))
    offer(shop)
    shop.do(BringPlaces(GUEST, ANNA))
    assert (place_of(shop, 1).owner, place_of(shop, 2).state) == (ANNA, WaitState.LEFT)
    shop = sold_out(GUEST, ANNA, BEN)
    shop.do(Restock("tea", 2, "seller", ""))
    offer(shop)
    shop.do(BringPlaces(GUEST, ANNA))
    assert [place_of(shop, each).state for each in (1, 2)] == [WaitState.OFFERED, WaitState.LEFT]
    assert owners(offer(shop)) == [BEN]


def test_a_stray_count_is_an_error_and_not_a_negative_number():
    """The last line of defence."""
    shop = sold_out(ANNA)
    shop.state.levels["tea"] = shop.level()._replace(waiting=0)
    with pytest.raises(ValueError, match="would wait"):
        shop.do(LeaveLine("tea", ANNA))


def test_the_cart_of_an_offer_is_nobodys():
    """Its id says to whom it is offered."""
    assert waiter_of_offer(FIRST) == "tea:1"
    assert (waiter_of_offer(ANNA), user_of_owner(FIRST)) == (None, None)
    shop = sold_out(ANNA)
    assert shop.do(SetLine(EVE, "tea", 1)).cart.units == 1
