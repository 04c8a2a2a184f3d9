"""Which figures moved: what is sent to whoever has the others."""

from collections.abc import Mapping
from typing import Any

ALWAYS = ("seller_id", "period", "currency", "as_of", "lag", "server_time")
_OF_THE_MOMENT = frozenset(ALWAYS)
LATE = 5.0
"""Seconds of lag from which it is news itself: nothing else would tell of a projection that stands still."""


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``after`` that differ, with those that say what it is of; {} where nothing does.

    That the figures are late, and that they are so no longer, is told without any other.
    Of a series only the points that differ or are new: what begins before ``since`` is over.
    """
    news = {name: value for name, value in after.items() if name not in _OF_THE_MOMENT and value != before.get(name)}
    if not news and not (_is_late(before) or _is_late(after)):
        return {}
    if "series" in news:
        known = {point["at"]: point for point in before.get("series", ())}
        news["series"] = [point for point in after["series"] if point != known.get(point["at"])]
    return {name: after[name] for name in ALWAYS} | news


def _is_late(figures: Mapping[str, Any]) -> bool:
    return (figures.get("lag") or 0.0) >= LATE
