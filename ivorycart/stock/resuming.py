"""Resuming: what those who come back have missed, made once for all who come back from the same moment.

After a restart of a proxy ten thousand clients come at once, most with the same cursor. An answer is shared for a
short while; what changed since it was made must be told as well.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ivorycart.stock.board import StockBoard
from ivorycart.stock.snapshots import Moment, StockPayload, encoded
from ivorycart.stock.watches import Watch
from models.feed import CatalogueChanged, Cursor

SHARED = 8

Message = tuple[str, Mapping[str, Any]]


class Missed(NamedTuple):
    """Messages in their order, and the moment up to which they tell everything."""

    messages: list[Message]
    until: Moment


class Resuming:
    """Makes answers for those who come back."""

    def __init__(
        self, board: StockBoard, frame: StockPayload, product: Callable[[CatalogueChanged], Mapping[str, Any]]
    ) -> None:
        self._board = board
        self._frame = frame
        self._product = product
        self._shared: OrderedDict[str, Missed] = OrderedDict()

    def recent(self, since: str, watch: Watch) -> Missed | None:
        """Return what was missed up to a moment not long ago, or None where only a snapshot can tell."""
        if watch is not None:
            return self.missed(since, watch)
        found = self._shared.get(since)
        if found is None or not found.until.was_lately(self._board):
            found = self.missed(since, None)
            if found is None:
                return None
            (event, frame), *products = found.messages
            found = found._replace(messages=[(event, encoded(frame)), *products])
            self._shared[since] = found
        self._shared.move_to_end(since)
        while len(self._shared) > SHARED:
            self._shared.popitem(last=False)
        return found

    def missed(self, since: str, watch: Watch) -> Missed | None:
        """Return what was missed up to now: levels, then entries in their order; only the last one claims all."""
        board = self._board
        missed = board.since(since, watch=watch)
        if missed is None:
            return None
        frame = dict(self._frame(Cursor(since), board.shown(missed.levels)))
        products = [dict(self._product(change)) for change in reversed(missed.catalogue)]
        messages = [("stock", frame), *(("product", product) for product in products)]
        messages[-1][1]["cursor"] = board.cursor
        return Missed(list(messages), Moment.of(board, len(missed.levels)))
