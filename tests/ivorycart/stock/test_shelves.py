"""Shelves are what a look at all products would find, after any changes."""

from itertools import chain
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ivorycart.stock.board import StockBoard
from ivorycart.stock.shelves import Shelf
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
            if available <= 3:
                shown, hidden = (shelf.low, shelf.hidden_low) if available > 0 else (shelf.out, shelf.hidden_out)
                (shown if each.for_sale else hidden)[each.id] = None
    return shelf


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
            for out_only, most in ((True, 0), (False, 3)):
                assert set(board.shelves.running_out(seller, out_only=out_only)) == {
                    each.id
                    for each in board.products.values()
                    if each.seller_id == seller and board.levels[each.id].available <= most
                }
        everybodys = chain.from_iterable(board.shelves.running_out(each, out_only=False) for each in ("ann", "bea"))
        assert sorted(board.shelves.running_out(None, out_only=False)) == sorted(everybodys)
        assert set(board.shelves.sellers()) == {each.seller_id for each in board.products.values()}
