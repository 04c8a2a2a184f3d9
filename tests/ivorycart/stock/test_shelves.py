"""Shelves are what a look at all products would find, after any changes."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivorycart.stock.board import StockBoard
from ivorycart.stock.shelves import Shelf
from ivorycart.stock_work import StockWork
from models.catalogue import Listing
from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

LEVELS = st.builds(lambda stock, held: Level(stock, min(stock, held), 0, 0), st.integers(0, 9), st.integers(0, 9))
ENTRIES = st.tuples(st.sampled_from("pqr"), st.sampled_from(["ann", "bea"]), st.booleans(), LEVELS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("entry"), ENTRIES),
        st.tuples(st.just("level"), st.tuples(st.sampled_from("pqr"), LEVELS)),
        st.tuples(st.just("gone"), st.sampled_from("pqr")),
        st.tuples(st.just("start"), st.lists(ENTRIES, max_size=3, unique_by=lambda each: each[0])),
    ),
    max_size=12,
)


def product(product_id: str, seller_id: str, *, for_sale: bool) -> Product:
    """Return one of a threshold of three."""
    return Product(product_id, "Tea", 500, "EUR", seller_id, 3, 9, for_sale)


def listing(product_id: str, seller_id: str, for_sale: Any, level: Level) -> Listing:
    """Return an entry."""
    return Listing(product(product_id, seller_id, for_sale=for_sale), level, "", "", (), None, for_sale, (), None)


def looked_up(board: StockBoard, seller_id: str) -> Shelf:
    """Look at all products."""
    shelf = Shelf()
    for each in board.products.values():
        if each.seller_id == seller_id:
            available = board.levels[each.id].available
            shelf.currencies["EUR"] = shelf.currencies.get("EUR", 0) + 1
            shelf.held += board.levels[each.id].held
            if board.levels[each.id].held > 0:
                shelf.in_carts[each.id] = None
            if available <= 3:
                shown, hidden = (shelf.low, shelf.hidden_low) if available > 0 else (shelf.out, shelf.hidden_out)
                (shown if each.for_sale else hidden)[each.id] = None
    return shelf


class Entries:
    """Knows entries by their ids alone."""

    async def these(self, product_ids: Sequence[str]) -> Any:
        """Return them as they are."""
        return product_ids


async def all_pages(board: StockBoard, seller_id: str | None, state: Any) -> list[str]:
    """Read a whole list of what is running out, two at a time."""
    fakes: Any = None
    listings: Any = Entries()
    work = StockWork(movements=fakes, names=fakes, listings=listings, board=board)
    found: list[Any] = []
    after = None
    while True:
        page, after = await work.low(seller_id, state, limit=2, after=after)
        found += page
        if after is None:
            return found


@given(STEPS)
def test_a_shelf_is_what_a_look_at_all_products_finds(steps):
    """Entries that come, change hands, are withdrawn and go; levels that move; a board that begins anew."""
    board = StockBoard()
    for number, (kind, what) in enumerate(steps):
        at = Cursor(f"{number:016x}")
        match kind:
            case "start":
                rows = [(product(one, seller, for_sale=shown), level) for one, seller, shown, level in what]
                board.start(Snapshot(at, rows))
            case "entry":
                board.apply_catalogue(CatalogueChanged(at, what[0], "updated", listing(*what)))
            case "level":
                board.apply_level(LevelChanged(at, what[0], what[1].stock, what[1].held, None, None))
            case "gone":
                board.apply_catalogue(CatalogueChanged(at, what, "withdrawn", None))
        for seller in ("ann", "bea"):
            assert board.shelves.of(seller) == looked_up(board, seller)
        for seller in ("ann", "bea", None):
            for state, most in (("out", 0), ("low", 3)):
                keys = sorted(
                    (board.levels[each.id].available, each.id)
                    for each in board.products.values()
                    if seller in {None, each.seller_id} and board.levels[each.id].available <= most
                )
                assert asyncio.run(all_pages(board, seller, state)) == [product_id for _, product_id in keys]
        assert set(board.shelves.sellers()) == {each.seller_id for each in board.products.values()}
