"""Snapshots: the levels that a socket gets where it has none, or where deltas cannot be given.

A snapshot for nobody in particular is built and encoded once and shared by all who come soon after; what changed in
between they must be told as well. One that is to stand alone is asked for as of now.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from ivorycart.stock.board import Shown, StockBoard
from ivorycart.stock.watches import Watch
from models.feed import Cursor

Payload = Mapping[str, Any]
StockPayload = Callable[[Cursor, Iterable[Shown]], Payload]

# An answer of n products is shared for n/10 further changes: they cost little beside it; a small answer costs nothing.
SHARE = 10


class Moment(NamedTuple):
    """The state of the board at which an answer was made, and for how many further changes it is shared."""

    cursor: Cursor
    revision: int
    lasts: int = 0

    @classmethod
    def of(cls, board: StockBoard, products: int = 0) -> "Moment":
        """Return the present moment, for an answer with so many products."""
        return cls(board.cursor, board.revision, products // SHARE)

    def was_lately(self, board: StockBoard) -> bool:
        """Whether so little has changed since that an answer of that moment still serves."""
        return board.revision - self.revision <= self.lasts


class Shared(NamedTuple):
    """A snapshot for many."""

    payload: Payload
    until: Moment


class Snapshots:
    """Makes snapshots; ``cursor`` tells up to where whoever gets one now has heard everything."""

    def __init__(self, board: StockBoard, payload: StockPayload, cursor: Callable[[], Cursor]) -> None:
        self._board = board
        self._payload = payload
        self._cursor = cursor
        self._shared: Shared | None = None

    def of(self, watch: Watch) -> Payload:
        """Return the levels as of now: of what is watched, or of all products up to the limit.

        ``complete`` says whether that is all that this socket may be shown.
        """
        if watch is not None:
            shown = self._payload(self._cursor(), self._board.shown(watch))
            return {**shown, "complete": True}
        shared = self._shared
        if shared is None or shared.until.revision != self._board.revision:
            shared = self._share()
        return {**shared.payload, "cursor": self._cursor()}

    def recent(self, watch: Watch) -> Shared:
        """Return levels as of a moment not long ago: what has changed since then must be told, too."""
        if watch is not None:
            return Shared(self.of(watch), Moment.of(self._board))
        shared = self._shared
        return shared if shared and shared.until.was_lately(self._board) else self._share()

    def _share(self) -> Shared:
        ids = self._board.snapshot_ids()
        shown = self._payload(self._cursor(), self._board.shown(ids))
        moment = Moment.of(self._board, len(ids))
        self._shared = Shared({**encoded(shown), "complete": self._board.fits_snapshot}, moment)
        return self._shared


def encoded(frame: Payload) -> Payload:
    """Return a frame with its items as JSON already, so that sending it to many does not write them anew for each."""
    return {**frame, "items": orjson.Fragment(orjson.dumps(frame["items"]))}
