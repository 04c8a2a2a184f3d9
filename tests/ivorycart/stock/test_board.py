"""The stock board: what browsers are shown, and what those who come back have missed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ivorycart.stock.board import AHEAD, MISSED_LIMIT, SNAPSHOT_LIMIT, Missed, StockBoard
from models.catalogue import Listing
from models.feed import CatalogueChange, CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEA = Product("tea", "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)


def at(time: int) -> Cursor:
    """Write a cluster time."""
    return Cursor(f"{time:016x}")


def a_board(*names: str, time: int = 10, **options: Any) -> StockBoard:
    """Build a board that starts with ten of each product, one held, at version 5."""
    board = StockBoard(**options)
    products = [(replace(TEA, id=name, name=name), Level(10, 1, 5, 0)) for name in names or ("tea",)]
    board.start(Snapshot(at(time), products))
    return board


def moved(time: int, product_id: str = "tea", **parts: int) -> LevelChanged:
    """Describe a change of the parts of a level that are named."""
    return LevelChanged(at(time), product_id, *(parts.get(each) for each in ("stock", "held", "version", "arming")))


def edited(
    time: int, level: Level | None, kind: CatalogueChange = "updated", product_id: str = "tea", **product: Any
) -> CatalogueChanged:
    """Describe a change of a catalogue entry; without a level, the entry went."""
    entry = replace(TEA, id=product_id, **product)
    listing = level and Listing(entry, level, "", "", (), None, published=True, images=(), created_at=None)
    return CatalogueChanged(at(time), product_id, kind, listing)


def test_a_change_touches_only_the_parts_it_names():
    """The change stream carries what changed; the rest of the level stays."""
    board = a_board()
    assert board.apply_level(moved(11, held=4, version=6))
    assert board.levels["tea"] == Level(10, 4, 6, 0)
    assert board.apply_level(moved(12, stock=20, version=7, arming=1))
    assert board.levels["tea"] == Level(20, 4, 7, 1)


def test_a_version_never_goes_back():
    """A repeat or an older change is not shown, but time moves on."""
    board = a_board()
    assert not board.apply_level(moved(11, stock=99, version=4))
    assert board.levels["tea"] == Level(10, 1, 5, 0)
    assert board.cursor == at(11)


def test_the_cursor_never_goes_back():
    """An older time leaves the cursor where it is."""
    board = a_board(time=50)
    before = board.cursor
    board.apply_level(moved(20, held=2, version=6))
    assert board.cursor == before


def test_what_another_program_writes_without_a_version_is_shown():
    """An operator's shell that sets the stock reaches the badges."""
    board = a_board()
    assert board.apply_level(moved(11, stock=3))
    assert board.levels["tea"] == Level(3, 1, 5, 0)


def test_a_movement_after_a_foreign_write_prevails_although_the_catalogue_was_ahead_of_both():
    """Catalogue edit, foreign write, movement: the entry is read after all three, and the board ends up right."""
    board = a_board()
    board.apply_catalogue(edited(11, Level(4, 1, 6, 0)))
    board.apply_level(moved(12, stock=5))
    board.apply_level(moved(13, stock=4, version=6))
    assert board.levels["tea"] == Level(4, 1, 6, 0)


def test_a_document_that_another_program_replaced_is_shown_though_its_version_is_the_same():
    """A replacement carries no changed fields: the level comes with the entry."""
    board = a_board()
    board.apply_catalogue(edited(11, Level(2, 1, 5, 0), price=900))
    assert board.levels["tea"] == Level(2, 1, 5, 0)
    assert board.products["tea"].price == 900


def test_an_entry_with_an_older_level_leaves_the_level_alone():
    """Versions never go back, by whichever road."""
    board = a_board()
    board.apply_catalogue(edited(11, Level(99, 0, 4, 0)))
    assert board.levels["tea"] == Level(10, 1, 5, 0)


def test_a_level_of_an_unknown_product_is_nothing_yet():
    """Its entry comes with its level."""
    board = a_board()
    assert not board.apply_level(moved(11, "cup", stock=1, version=1))
    assert board.shown(["cup"]) == []
    board.apply_catalogue(edited(12, Level(7, 0, 1, 0), "created", "cup"))
    assert [each.level.stock for each in board.shown(["cup"])] == [7]


def test_what_is_withdrawn_is_not_shown_and_comes_back_with_its_present_level():
    """Movements go on behind the curtain."""
    board = a_board()
    board.apply_catalogue(edited(11, Level(10, 1, 5, 0), "withdrawn", for_sale=False))
    assert not board.apply_level(moved(12, held=0, version=6))
    assert board.shown(["tea"]) == []
    assert board.snapshot_ids() == []
    board.apply_catalogue(edited(13, Level(10, 0, 6, 0), "published"))
    assert [each.level for each in board.shown(["tea"])] == [Level(10, 0, 6, 0)]


def test_what_is_deleted_is_forgotten_with_all_that_belongs_to_it():
    """Nothing of it is left behind, and whoever comes back hears that it went."""
    board = a_board()
    board.apply_level(moved(11, held=10, version=6))
    board.put_releases({"tea": NOON})
    board.apply_catalogue(edited(12, None, "withdrawn"))
    assert (board.products, board.levels, board.next_release) == ({}, {}, {})
    missed = board.since(at(12))
    assert missed is not None
    assert [each.change for each in missed.catalogue] == ["withdrawn"]


def test_whoever_comes_back_gets_what_changed_at_or_after_their_cursor():
    """All changes of a transaction share a time and a frame may have split them: the cursor's own time is included."""
    board = a_board("tea", "cup", "pot", "jar")
    for time, name in ((11, "tea"), (12, "cup"), (12, "pot"), (13, "jar")):
        board.apply_level(moved(time, name, held=2, version=6))
    assert set(board.since(at(12)).levels) == {"cup", "pot", "jar"}
    assert set(board.since(at(13)).levels) == {"jar"}


def test_what_changed_often_is_told_once():
    """The latest wins, for levels and for entries."""
    board = a_board("tea", "cup")
    for version in range(6, 30):
        board.apply_level(moved(5 + version, held=version % 5, version=version))
    board.apply_catalogue(edited(40, Level(10, 1, 29, 0), "price_changed", price=1))
    board.apply_catalogue(edited(41, Level(10, 1, 29, 0), "price_changed", price=2))
    missed = board.since(at(11))
    assert missed.levels == ("tea",)
    assert [each.listing.product.price for each in missed.catalogue] == [2]


def test_an_older_edit_is_not_repeated_to_who_has_seen_it():
    """A later movement of the product brings its level only."""
    board = a_board()
    board.apply_catalogue(edited(11, Level(10, 1, 5, 0), price=1))
    board.apply_level(moved(15, held=2, version=6))
    missed = board.since(at(12))
    assert (missed.levels, missed.catalogue) == (("tea",), ())


def test_who_had_received_no_change_yet_resumes_from_the_cursor_of_the_welcome():
    """Nothing happened: nothing was missed. Something happened: that."""
    board = a_board()
    welcome = board.cursor
    assert board.since(welcome).levels == ()
    board.apply_level(moved(11, held=2, version=6))
    assert board.since(welcome).levels == ("tea",)


def test_a_cursor_of_the_snapshots_own_time_gets_a_snapshot():
    """Another process may have told half of that transaction; which half changed is not in a snapshot."""
    assert a_board(time=10).since(at(10)) is None


@pytest.mark.parametrize("cursor", ["", "no cursor", "zzzz", at(9), at(21 + (AHEAD << 32)), "f" * 16, "-1"])
def test_what_is_not_remembered_gets_a_snapshot(cursor: str):
    """Too old, from a far future, or no cursor at all."""
    board = a_board()
    board.apply_level(moved(20, held=2, version=6))
    assert board.since(cursor) is None


@pytest.mark.parametrize("cursor", [at(21), at(20 + (AHEAD << 32))])
def test_who_was_told_by_a_faster_process_has_missed_nothing_here(cursor: str):
    """What this one has not heard yet, it will tell; what it knows is older than what the client knows."""
    board = a_board("tea", "cup")
    board.apply_level(moved(20, held=2, version=6))
    nothing = Missed((), ())
    assert board.since(cursor) == nothing
    assert board.since(cursor, watch={"tea"}) == nothing
    board.apply_level(moved(20 + (AHEAD << 32), "cup", held=2, version=6))
    assert board.since(at(20 + (AHEAD << 32))).levels == ("cup",)


def test_an_entry_ahead_of_the_feed_does_not_swallow_the_movement():
    """A client of another process may have seen the edit without the movement: it is told when it comes here."""
    board = a_board()
    board.apply_catalogue(edited(11, Level(10, 3, 7, 0)))
    board.apply_level(moved(12, held=2, version=6))
    board.apply_level(moved(14, held=3, version=7))
    assert board.since(at(13)).levels == ("tea",)
    assert board.levels["tea"].version == 7


def test_memory_is_bounded_and_never_cut_inside_a_transaction():
    """Where half a transaction was forgotten, its time is no longer answered for."""
    board = a_board("tea", "cup", "pot", memory=2)
    for name in ("tea", "cup", "pot"):
        board.apply_level(moved(20, name, held=2, version=6))
    assert board.since(at(20)) is None
    assert board.since(at(19)) is None
    board.apply_level(moved(21, "tea", held=3, version=7))
    assert board.since(at(21)).levels == ("tea",)


def test_a_busy_product_pushes_nobody_else_out_of_memory():
    """A thousand movements of one product leave the others' changes known."""
    board = a_board("tea", "cup", memory=2)
    board.apply_level(moved(11, "cup", held=2, version=6))
    for version in range(6, 1006):
        board.apply_level(moved(6 + version, "tea", held=version % 7, version=version))
    assert set(board.since(at(11)).levels) == {"tea", "cup"}


def test_forgotten_entries_go_with_their_product():
    """Deleted products do not fill the memory for ever."""
    board = a_board(*(f"gone {number}" for number in range(10)), memory=3)
    for number in range(10):
        board.apply_catalogue(edited(20 + number, None, "withdrawn", f"gone {number}"))
    assert [each.product_id for each in board.since(at(27)).catalogue] == ["gone 9", "gone 8", "gone 7"]
    assert board.since(at(26)) is None
    assert len(board._catalogue) == 3


def test_another_history_begins_anew():
    """What was remembered and noted of the old one is gone."""
    board = a_board()
    board.apply_level(moved(11, held=10, version=6))
    board.put_releases({"tea": NOON})
    board.start(Snapshot(at(5), [(TEA, Level(3, 0, 1, 0))]))
    assert board.levels["tea"] == Level(3, 0, 1, 0)
    assert board.since(at(11)) is None
    assert board.next_release == {}


def test_a_snapshot_for_nobody_in_particular_is_limited():
    """The first thousand of those on show."""
    board = a_board(*(f"p{number}" for number in range(SNAPSHOT_LIMIT + 5)))
    board.apply_catalogue(edited(11, Level(1, 0, 5, 0), "withdrawn", "p0", for_sale=False))
    ids = board.snapshot_ids()
    assert (len(ids), ids[0]) == (SNAPSHOT_LIMIT, "p1")


def test_the_next_release_is_shown_only_while_everything_is_held():
    """A level that moves makes it unknown; what has units left needs none."""
    board = a_board()
    assert board.put_releases({"tea": NOON}) == []
    board.apply_level(moved(11, held=10, version=6))
    assert board.all_held(["tea", "nothing"]) == ["tea"]
    assert board.put_releases({"tea": NOON}) == ["tea"]
    assert board.shown(["tea"])[0].next_release == NOON
    board.apply_level(moved(12, stock=11, held=11, version=7))
    assert board.shown(["tea"])[0].next_release is None


def test_a_line_moves_without_a_new_version():
    """And says nothing of when a hold ends."""
    board = a_board()
    board.apply_level(moved(11, held=10, version=6))
    board.put_releases({"tea": NOON})
    assert board.apply_level(LevelChanged(at(12), "tea", None, None, None, None, waiting=2, joined=2))
    [shown] = board.shown(["tea"])
    assert (shown.level, shown.next_release) == (Level(10, 10, 6, 0, 2, 2), NOON)
    assert shown.level.unclaimed == 0


def test_sold_out_is_not_all_held():
    """Where nothing is held, no release can bring anything."""
    board = a_board()
    board.apply_level(moved(11, stock=0, held=0, version=6))
    assert board.all_held(["tea"]) == []


def test_who_missed_more_than_a_snapshot_holds_gets_a_snapshot():
    """That is cheaper; but who watches certain products is told of these, however much else has changed."""
    names = [f"p{number}" for number in range(MISSED_LIMIT + 1)]
    board = a_board(*names)
    for name in names[1:]:
        board.apply_level(moved(20, name, held=2, version=6))
    assert len(board.since(at(20)).levels) == MISSED_LIMIT
    board.apply_level(moved(20, "p0", held=2, version=6))
    assert board.since(at(20)) is None
    assert set(board.since(at(20), watch={"p0", "p7", "unknown"}).levels) == {"p0", "p7"}
    assert board.since(at(9), watch={"p0"}) is None


def test_a_watcher_misses_only_entries_that_it_watches_newest_first():
    """As everyone does who hears everything."""
    board = a_board("tea", "cup", "pot")
    for time, name in ((11, "tea"), (12, "cup"), (13, "pot"), (14, "tea")):
        board.apply_catalogue(edited(time, Level(10, 1, 5, 0), product_id=name))
    board.apply_level(moved(15, "pot", held=2, version=6))
    missed = board.since(at(12), watch={"tea", "pot"})
    assert [each.product_id for each in missed.catalogue] == ["tea", "pot"]
    assert set(missed.levels) == {"tea", "pot"}
    assert [each.product_id for each in board.since(at(14), watch={"tea", "pot"}).catalogue] == ["tea"]


def test_a_release_that_becomes_known_is_told_to_who_was_away():
    """It belongs to what is shown, and moves no cursor."""
    board = a_board("tea", "cup")
    board.apply_level(moved(11, held=10, version=6))
    board.apply_level(moved(12, "cup", held=2, version=6))
    revision, cursor = board.revision, board.cursor
    assert board.since(cursor).levels == ("cup",)
    board.put_releases({"tea": NOON})
    assert board.cursor == cursor
    assert board.revision > revision
    assert set(board.since(cursor).levels) == {"cup", "tea"}


def test_a_revision_moves_within_a_transaction():
    """The cursor does not: its changes share a time."""
    board = a_board("tea", "cup")
    board.apply_level(moved(11, held=2, version=6))
    revision, cursor = board.revision, board.cursor
    board.apply_level(moved(11, "cup", held=2, version=6))
    assert board.cursor == cursor
    assert board.revision > revision


def test_movements_that_cancel_each_other_out_move_the_next_release_all_the_same():
    """One batch took a cart's unit and gave it to another: the counts are what they were, whose they are is not."""
    board = a_board()
    board.apply_level(moved(11, held=10, version=6))
    board.put_releases({"tea": NOON})
    board.apply_level(moved(12, version=8))
    assert board.shown(["tea"])[0].next_release is None


def test_how_many_wait_is_what_was_heard_last_though_an_entry_was_ahead_of_it():
    """The line has no version: a join that is older than the entry is followed by the offer that it led to."""
    board = a_board()
    board.apply_level(moved(11, held=9, version=6))
    board.apply_catalogue(edited(12, Level(10, 10, 7, 0, 0, 1)))  # read after the offer
    assert board.apply_level(LevelChanged(at(13), "tea", None, None, None, None, 1, 1))
    assert board.apply_level(LevelChanged(at(14), "tea", None, 10, 7, None, 0, None))
    assert board.levels["tea"] == Level(10, 10, 7, 0, 0, 1)
    board.apply_catalogue(edited(15, Level(10, 10, 9, 0, 0, 1)))
    assert board.apply_level(LevelChanged(at(16), "tea", None, None, None, None, 2, 3))
    assert board.apply_level(LevelChanged(at(17), "tea", None, 9, 8, None, 0, None))
    assert board.levels["tea"] == Level(10, 10, 9, 0, 0, 3), "of an older level only the line is taken"


def test_a_release_that_is_forgotten_is_one_that_was_known():
    """Whoever forgets it hears whether browsers must be told."""
    board = a_board()
    board.apply_level(moved(11, held=10, version=6))
    assert not board.forget_release("tea")
    board.put_releases({"tea": NOON})
    assert board.overdue(NOON) == []
    assert board.overdue(NOON.replace(second=1)) == ["tea"]
    assert board.forget_release("tea")
    assert (board.overdue(NOON.replace(hour=13)), board.shown(["tea"])[0].next_release) == ([], None)


def test_of_entries_no_more_text_is_remembered_than_fits():
    """The oldest are forgotten: whoever has not heard of them gets a snapshot. Of an entry, its last state counts."""
    board = a_board("tea", "cup", "pot", memory_of_text=25)
    for time, product_id in ((11, "tea"), (12, "cup"), (13, "cup")):
        board.apply_catalogue(described(time, product_id, 10))
    assert board.since(at(11)) is not None
    board.apply_catalogue(described(14, "pot", 10))
    assert board.since(at(11)) is None
    missed = board.since(at(13))
    assert missed
    assert [each.product_id for each in missed.catalogue] == ["pot", "cup"]
    board.apply_catalogue(edited(15, None, "withdrawn", "pot"))
    board.apply_catalogue(described(16, "tea", 10))
    assert board.since(at(13)) is not None
    board.apply_catalogue(described(17, "tea", 26))
    assert board.since(at(17)) is None
    assert board.since(at(18)) == Missed((), ())
    board.apply_catalogue(described(19, "tea", 25))
    assert board.since(at(19)) is not None


def described(time: int, product_id: str, length: int) -> CatalogueChanged:
    """Describe a change of an entry with a description of so many characters."""
    change = edited(time, Level(10, 1, 5, 0), product_id=product_id)
    assert change.listing
    return replace(change, listing=replace(change.listing, description="x" * length))
