"""Snapshots: built once for all who come at a time, and honest about what they lack."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from ivorycart.stock.board import SNAPSHOT_LIMIT, Shown, StockBoard
from ivorycart.stock.resuming import SHARED, Resuming
from ivorycart.stock.snapshots import Snapshots
from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

TEA = Product("tea", "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)


def at(time: int) -> Cursor:
    """Write a cluster time."""
    return Cursor(f"{time:016x}")


@dataclass
class Stage:
    """A board, and how often levels were written for the wire."""

    number: int
    board: StockBoard = field(default_factory=StockBoard)
    built: int = 0
    time: int = 10

    def __post_init__(self) -> None:
        """Begin with so many products."""
        products = [(replace(TEA, id=f"p{each}"), Level(10, 0, 1, 0)) for each in range(self.number)]
        self.board.start(Snapshot(at(1), products))
        self.snapshots = Snapshots(self.board, self.frame, lambda: self.board.cursor)
        self.resuming = Resuming(self.board, self.frame, self.product)

    def frame(self, cursor: Cursor, shown: Iterable[Shown]) -> Mapping[str, Any]:
        """Show levels by their versions."""
        self.built += 1
        return {"cursor": cursor, "items": [[each.product_id, each.level.version] for each in shown]}

    def product(self, change: CatalogueChanged) -> Mapping[str, Any]:
        """Show an entry."""
        return {"id": change.product_id}

    def move(self, *numbers: int) -> None:
        """Move levels, each at a time of its own."""
        for number in numbers:
            self.time += 1
            self.board.apply_level(LevelChanged(at(self.time), f"p{number}", 1, None, self.time, None))


def items(payload: Mapping[str, Any]) -> dict[str, int]:
    """Return the versions in a payload."""
    return dict(orjson.loads(orjson.dumps(payload))["items"])


def test_a_snapshot_says_whether_it_has_all_that_is_on_show():
    """Of up to a thousand products; what is watched is always whole."""
    exact, more = Stage(SNAPSHOT_LIMIT), Stage(SNAPSHOT_LIMIT + 1)
    assert exact.snapshots.of(None)["complete"]
    snapshot = more.snapshots.of(None)
    assert (snapshot["complete"], len(items(snapshot))) == (False, SNAPSHOT_LIMIT)
    assert more.snapshots.of(frozenset({"p1000"})) == {"cursor": at(2), "items": [["p1000", 1]], "complete": True}


def test_all_who_come_soon_after_each_other_share_a_snapshot():
    """It is of the moment that it names; who needs the present one gets that."""
    stage = Stage(200)
    first = stage.snapshots.recent(None)
    stage.move(1)
    assert stage.snapshots.recent(None) == first
    assert stage.built == 1
    assert first.until.cursor < stage.board.cursor
    assert items(stage.snapshots.of(None))["p1"] == stage.time
    assert stage.snapshots.recent(None).until.cursor == stage.board.cursor


def test_a_snapshot_is_made_anew_once_much_has_changed():
    """A tenth of its products: what is told beside it stays small."""
    stage = Stage(200)
    first = stage.snapshots.recent(None)
    stage.move(*range(20))
    assert stage.snapshots.recent(None) == first
    stage.move(20)
    assert items(stage.snapshots.recent(None).payload)["p20"] == stage.time


def test_nothing_of_another_history_is_shared():
    """After a restore the levels are other ones."""
    stage = Stage(200)
    stage.move(*range(100))
    stage.resuming.recent(at(11), None)
    stage.snapshots.recent(None)
    stage.board.start(Snapshot(at(1), [(TEA, Level(3, 0, 1, 0))]))
    assert items(stage.snapshots.recent(None).payload) == {"tea": 1}
    assert stage.resuming.recent(at(11), None) is None


def test_all_who_come_back_from_the_same_moment_share_an_answer():
    """What changed since it was made is told beside it; who watches something gets an answer of their own."""
    stage = Stage(200)
    stage.move(*range(150))
    first = stage.resuming.recent(at(11), None)
    stage.move(199)
    again = stage.resuming.recent(at(11), None)
    assert first is again
    assert first
    assert stage.built == 1
    rest = stage.resuming.missed(first.until.cursor, None)
    assert rest
    assert items(rest.messages[0][1]).keys() == {"p149", "p199"}
    mine = stage.resuming.recent(at(11), frozenset({"p199", "p150"}))
    assert mine
    assert items(mine.messages[0][1]).keys() == {"p199"}


def test_few_answers_are_kept():
    """A thousand clients with a thousand cursors fill no memory."""
    stage = Stage(200)
    stage.move(*range(100))
    for time in range(11, 60):
        assert stage.resuming.recent(at(time), None)
    assert len(stage.resuming._shared) == SHARED


def test_an_answer_to_few_changes_is_always_of_now():
    """It costs little; and one message says it all."""
    stage = Stage(200)
    stage.move(1, 2, 3)
    stage.resuming.recent(at(12), None)
    stage.move(4)
    answer = stage.resuming.recent(at(12), None)
    assert answer
    assert items(answer.messages[0][1]).keys() == {"p2", "p3", "p4"}
