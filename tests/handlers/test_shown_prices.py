"""What carts and products show: prices of the database's moment, and products that the board hears of later."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.shapes import WireShapes, product
from ivorycart.clock import Clock
from ivorycart.stock.board import StockBoard
from models.cart import Cart, Line
from models.catalogue import Listing
from models.feed import CatalogueChanged, Cursor, Snapshot
from models.identity import OwnerId
from models.pricing import Discount
from models.stock import Level, Product

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
TEA = Product("1" * 24, "Tea", 500, "EUR", "2" * 24, 3, 10, for_sale=True)
FIRST = Cursor(f"{1:016x}")


class Elsewhere:
    """A database whose clock is not this machine's."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    async def now(self) -> datetime:
        """Tell its time."""
        return NOW + self.ahead


def listed(entry: Product) -> Listing:
    """List a product."""
    return Listing(entry, Level(5, 0, 1, 0), "", "", (), None, published=True, images=(), created_at=None)


def cart_of(entry: Product) -> Cart:
    """Put two of a product into a cart."""
    return Cart(OwnerId("s:1"), lines=(Line(entry.id, 2, NOW),), currency="EUR")


@pytest.mark.parametrize(("ahead", "price"), [(-HOUR, 500), (HOUR, 250), (3 * HOUR, 500)])
async def test_prices_are_those_of_the_databases_moment(ahead: timedelta, price: int):
    """Wherever this machine's clock is: in carts, lists and events, with the time that is told beside them."""
    board = StockBoard(clock=Clock(lambda: 0.0))
    await board.clock.learn(Elsewhere(ahead))
    tea = replace(TEA, discounts=(Discount("d", "percent", 50, NOW, NOW + 2 * HOUR),))
    board.start(Snapshot(FIRST, [(tea, Level(5, 0, 1, 0))]))
    view, usual = WireShapes(board), None if price == 500 else 500
    shown = view.cart(cart_of(tea), "session")
    (line,) = shown["lines"]
    assert (line["price"], line["list_price"], shown["total_amount"]) == (price, usual, 2 * price)
    assert shown["server_time"] == f"{(NOW + ahead).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
    news = view.product(CatalogueChanged(FIRST, tea.id, "price_changed", listed(tea)))
    for each in (news["product"], product(listed(tea), board.clock.now())):
        assert (each["price"], each["list_price"]) == (price, usual)


async def test_a_cart_that_is_shown_without_a_product_has_it_looked_out_for():
    """The board of this process lags; when the product is heard of, the cart is as it should be."""
    board = StockBoard()
    board.start(Snapshot(FIRST, []))
    view = WireShapes(board)
    (line,) = view.cart(cart_of(TEA), "session")["lines"]
    assert (line["name"], line["for_sale"]) == ("", False)
    board.apply_catalogue(CatalogueChanged(Cursor(f"{9:016x}"), TEA.id, "created", listed(TEA)))
    (line,) = view.cart(cart_of(TEA), "session")["lines"]
    assert (line["name"], line["price"], line["for_sale"]) == ("Tea", 500, True)
    assert [board.was_missed(TEA.id), board.was_missed(TEA.id)] == [True, False]
