"""Changes as the journal keeps them: made of change events, and applied to documents. Pure."""

from typing import Any

from models.feed import HistoryLost
from mongo.driver import Document

_KINDS = {"insert": "w", "replace": "w", "update": "u", "delete": "d"}
# A collection that goes, or comes under another name, took with it what no change tells.
_BREAKS = frozenset({"drop", "rename", "dropDatabase", "invalidate"})


def change_of(event: Document) -> Document | None:
    """Return what is kept of a change event; None where it is about no document. HistoryLost: it tells too little.

    ``t`` its cluster time, ``c`` the collection, ``k`` the document's id; ``o`` what was done: ``w`` written whole as
    ``d``, ``d`` deleted, ``u`` updated: ``s`` fields set, ``x`` removed, ``a`` arrays cut, ``p`` paths in steps where
    dots do not tell them.
    """
    kind = event["operationType"]
    if kind in _BREAKS:
        raise HistoryLost(f"{kind} of {event.get('ns', {}).get('coll', 'the database')}: take a full backup")
    if kind not in _KINDS:
        return None
    change = {
        "t": event["clusterTime"],
        "c": event["ns"]["coll"],
        "k": event["documentKey"]["_id"],
        "o": _KINDS[kind],
    }
    if kind in {"insert", "replace"}:
        return {**change, "d": event["fullDocument"]}
    if kind == "delete":
        return change
    told = event["updateDescription"]
    parts = {"s": "updatedFields", "x": "removedFields", "a": "truncatedArrays", "p": "disambiguatedPaths"}
    return {**change, **{short: told[name] for short, name in parts.items() if told.get(name)}}


def applied(document: Document | None, change: Document) -> Document | None:
    """Return what a document is after a change; None where it is no more. The given one may be changed.

    KeyError, IndexError, TypeError: the change is not one of this document as it is.
    """
    match change["o"]:
        case "w":
            written: Document = change["d"]
            return written
        case "d":
            return None
    if document is None:
        raise KeyError(change["k"])
    paths: Document = change.get("p", {})
    for cut in change.get("a", ()):
        place, name = _find(document, _parts(cut["field"], paths))
        del _entry(place, name)[cut["newSize"] :]
    for path in change.get("x", ()):
        place, name = _find(document, _parts(path, paths))
        del place[name]
    for path, value in change.get("s", {}).items():
        _set(*_find(document, _parts(path, paths)), value)
    return document


def _parts(path: str, paths: Document) -> list[Any]:
    """Return the steps of a path: names, and for arrays numbers; dots and digits in names are told separately."""
    told: list[Any] | None = paths.get(path)
    return told if told is not None else path.split(".")


def _find(document: Document, parts: list[Any]) -> tuple[Any, Any]:
    place: Any = document
    for part in parts[:-1]:
        place = _entry(place, part)
    return place, int(parts[-1]) if isinstance(place, list) else parts[-1]


def _entry(place: Any, part: Any) -> Any:
    return place[int(part)] if isinstance(place, list) else place[part]


def _set(place: Any, name: Any, value: Any) -> None:
    if isinstance(place, list) and name >= len(place):
        place.extend([None] * (name - len(place)))
        place.append(value)
    else:
        place[name] = value
