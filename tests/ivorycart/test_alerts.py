"""The alert worker: every crossing becomes notices, is marked last, and may be done twice."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from ivorycart.alerts import BATCH, Alerter
from models.alert import Notice, Recipient
from models.identity import OwnerId
from models.stock import Crossing

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = Recipient(OwnerId("u:ada"), "ada@shop.test"), Recipient(OwnerId("s:bob"), None)
SELLER = Recipient(OwnerId("u:seller"), "seller@shop.test")


def a_crossing(version: int = 5, arming: int = 0) -> Crossing:
    """Build a crossing to three left."""
    return Crossing("tea", version, arming, 3, 3, "Tea", "seller", "u:x", NOON)


@dataclass
class Book:
    """Crossings and notices in memory."""

    due: list[Crossing] = field(default_factory=list)
    portions: list[list[Recipient]] = field(default_factory=lambda: [[ADA], [BOB]])
    told: dict[str, Notice] = field(default_factory=dict)
    acts: list[str] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)

    async def due_crossings(self, limit: int) -> Sequence[Crossing]:
        """Return them."""
        return self.due[:limit]

    async def holders(self, _crossing: Crossing) -> AsyncIterator[Sequence[Recipient]]:
        """Yield the portions."""
        for portion in self.portions:
            yield portion

    async def seller(self, _crossing: Crossing) -> Recipient:
        """Return the seller."""
        return SELLER

    async def tell(self, crossing: Crossing, notices: Iterable[Notice]) -> None:
        """Keep them by key."""
        if crossing.version in self.failing:
            raise ConnectionError("the database is away")
        self.acts.append("tell")
        for notice in notices:
            self.told.setdefault(notice.key, notice)

    async def done(self, crossing: Crossing) -> None:
        """Mark it."""
        self.acts.append("done")
        self.due.remove(crossing)


async def test_carts_and_the_seller_are_told_and_the_crossing_is_marked_last():
    """Mail goes to those whose address is known; what they are told is the same."""
    book = Book([a_crossing()])
    assert not await Alerter(book).step()
    assert book.acts == ["tell", "tell", "tell", "done"]
    kinds = {notice.to: notice.letter and notice.letter.kind for notice in book.told.values()}
    assert kinds == {ADA.owner: "low_stock", BOB.owner: None, SELLER.owner: "low_stock_seller"}
    assert {notice.to: notice.kind for notice in book.told.values()} == {
        ADA.owner: "low_stock",
        BOB.owner: "low_stock",
        SELLER.owner: "low_stock_seller",
    }
    data = next(iter(book.told.values())).data
    assert data == {"product_id": "tea", "name": "Tea", "available": 3, "threshold": 3}


async def test_nobody_is_told_twice_until_the_alert_is_armed_anew():
    """Two crossings of one arming, then one of the next."""
    book = Book([a_crossing(5), a_crossing(6), a_crossing(9, arming=1)])
    await Alerter(book).step()
    assert len(book.told) == 6


async def test_a_seller_with_the_product_in_a_cart_hears_as_both():
    """The two say different things."""
    book = Book([a_crossing()], portions=[[SELLER]])
    await Alerter(book).step()
    assert {notice.letter.kind for notice in book.told.values()} == {"low_stock", "low_stock_seller"}


async def test_a_failure_leaves_its_crossing_due():
    """What came before it is done; it and what follows come with the next step."""
    book = Book([a_crossing(5), a_crossing(6), a_crossing(7)], failing={6})
    with pytest.raises(ConnectionError):
        await Alerter(book).step()
    assert [each.version for each in book.due] == [6, 7]
    book.failing.clear()
    await Alerter(book).step()
    assert book.due == []


async def test_a_full_batch_says_that_there_may_be_more():
    """The next one follows at once."""
    book = Book([a_crossing(version) for version in range(BATCH + 1)])
    assert await Alerter(book).step()
    assert not await Alerter(book).step()
