"""What a client has seen of the shelves, shared by all clients that have seen the same. Pure.

Ten thousand clients hear the same frames. What a client knows is an immutable ``Sight``; a frame leads from one Sight
to the next, and that step is worked out once and remembered there. So checking a frame costs a client one comparison
of bytes, whatever the frame contains, and clients that have come to know the same share one Sight again.

A version may be skipped (conflation). Without a snapshot in between it may neither go back (``regressed``) nor come
twice (``duplicated``), unless the client has just come back; that only its owner knows. A level that its own version
contradicts, or with more held than there is, is always wrong.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

Item = Mapping[str, Any]


class Level(NamedTuple):
    """A product's level as a client knows it."""

    version: int
    stock: int
    held: int
    next_release: str | None
    waiting: int = 0


class Fault(NamedTuple):
    """Something that a server must not send."""

    kind: str  # regressed, duplicated, contradicted, impossible
    product_id: str
    known: int
    heard: int


class Step(NamedTuple):
    """Where a frame leads: what is known then, what was wrong, and which version of the probe's product it brought."""

    sight: "Sight"
    cursor: str
    faults: tuple[Fault, ...]
    probed: int


class Sight:
    """What a client knows; ``levels`` is never changed."""

    __slots__ = ("__weakref__", "frame", "levels", "step")

    def __init__(self, levels: Mapping[str, Level]) -> None:
        self.levels = levels
        self.frame = b""  # that leads to the step
        self.step: Step | None = None


class Sights:
    """All that is known by anyone in one process. ``decode`` reads a frame's payload."""

    def __init__(self, decode: Callable[[bytes], Any], probe_product: str = "") -> None:
        self._decode = decode
        self._probe_product = probe_product
        self._sights: WeakValueDictionary[int, Sight] = WeakValueDictionary()
        self.nothing = self._shared({})
        # The highest version that anyone here has heard, of products that a new client is told of.
        self._newest: dict[str, int] = {}
        self._behind: dict[Sight, Mapping[str, int]] = {}  # worked out since the newest changed

    def hear(self, sight: Sight, frame: bytes, *, snapshot: bool) -> Step:
        """Return where a frame leads from what is known. Raises KeyError, TypeError, ValueError for no such frame."""
        if sight.step is not None and sight.frame == frame:
            return sight.step
        payload = self._decode(frame)
        items, cursor = payload["items"], str(payload["cursor"])
        step = self._snapshot(sight, items, cursor) if snapshot else self._delta(sight, items, cursor)
        sight.frame, sight.step = frame, step
        return step

    def behind(self, sight: Sight) -> Mapping[str, int]:
        """Return the products of which somebody here knows a higher version by now, and that version."""
        found = self._behind.get(sight)
        if found is None:
            levels = sight.levels
            found = self._behind[sight] = {
                product_id: version
                for product_id, version in self._newest.items()
                if (known := levels.get(product_id)) is None or known.version < version
            }
        return found

    def apart(self, sight: Sight) -> Sight:
        """Return what a client knows that hears nothing for long: the others' steps are not kept for its sake."""
        return Sight(sight.levels)

    def _snapshot(self, sight: Sight, items: Iterable[Item], cursor: str) -> Step:
        fresh = {str(item["id"]): _level(item) for item in items}
        for product_id, level in fresh.items():
            self._note(product_id, level.version)
        faults = tuple(Fault("impossible", name, 0, each.version) for name, each in fresh.items() if _impossible(each))
        return Step(self._shared({**sight.levels, **fresh}), cursor, faults, 0)

    def _delta(self, sight: Sight, items: Iterable[Item], cursor: str) -> Step:
        levels, faults, probed = dict(sight.levels), [], 0
        for item in items:
            product_id, heard = str(item["id"]), _level(item)
            known = levels.get(product_id)
            if kind := _compare(known, heard):
                faults.append(Fault(kind, product_id, known.version if known else 0, heard.version))
            if known is None or heard.version >= known.version:
                levels[product_id] = heard
            if product_id in self._newest:
                self._note(product_id, heard.version)
            if product_id == self._probe_product and known and heard.version > known.version:
                probed = heard.version
        return Step(self._shared(levels), cursor, tuple(faults), probed)

    def _note(self, product_id: str, version: int) -> None:
        if version > self._newest.get(product_id, 0):
            self._newest[product_id] = version
            self._behind.clear()

    def _shared(self, levels: Mapping[str, Level]) -> Sight:
        key = hash(frozenset(levels.items()))
        found = self._sights.get(key)
        if found is None or found.levels != levels:
            found = self._sights[key] = Sight(levels)
        return found


def _level(item: Item) -> Level:
    return Level(
        int(item["version"]), int(item["stock"]), int(item["held"]), item.get("next_release"), item.get("waiting", 0)
    )


def _impossible(level: Level) -> bool:
    return not 0 <= level.held <= level.stock


def _compare(known: Level | None, heard: Level) -> str:
    """Return what is wrong with a level, if anything."""
    if _impossible(heard):
        return "impossible"
    if known is None or heard.version > known.version:
        return ""
    if heard.version < known.version:
        return "regressed"
    if (heard.stock, heard.held) != (known.stock, known.held):
        return "contradicted"
    # Of the same level it may have become known when a unit comes back, or how many wait.
    return "duplicated" if heard[3:] == known[3:] else ""
