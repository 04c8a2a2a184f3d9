"""Which figures moved: what is sent to whoever has the others."""

from collections.abc import Mapping
from typing import Any

ALWAYS = ("seller_id", "period", "currency", "as_of", "lag", "server_time")
_OF_THE_MOMENT = frozenset(ALWAYS)


def moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of ``after`` that differ, with those that say what it is of; {} where nothing does.

    Of a series only the points that differ or are new: what begins before ``since`` is over.
    """
    news = {name: value for name, value in after.items() if name not in _OF_THE_MOMENT and value != before.get(name)}
    if not news:
        return {}
    if "series" in news:
        known = {point["at"]: point for point in before.get("series", ())}
        news["series"] = [point for point in after["series"] if point != known.get(point["at"])]
    return {name: after[name] for name in ALWAYS} | news
