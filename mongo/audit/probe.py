"""The form of a probe, and the few expressions that all probes are written in.

A probe is a pipeline whose last stages say what is wrong, document by document. Whoever edits a database by hand may
leave any type in any field, and an audit that stops there proves nothing: so numbers and lists are read through
``number`` and ``array``, text through ``text``, which take whatever they find.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from string import Formatter
from typing import Any, NamedTuple

from mongo.driver import Document

Expression = Any
"""An aggregation expression: a literal, a ``$field``, or a document with an operator."""

ALWAYS: Expression = {"$literal": True}
"""The condition of a problem whose rows were all found by a ``$match``."""


class Probe(NamedTuple):
    """One aggregation of a check. It yields rows of ``{document, message}``, one per contradiction."""

    collection: str
    pipeline: list[Document]


class Deadlines(NamedTuple):
    """The database's clock when the snapshot was taken.

    Deadlines are judged by that moment and not by ``$$NOW`` of each aggregation: what is due after the snapshot may
    well have been done after it, where no read of the snapshot can see it.
    """

    now: datetime

    def before(self, slack: timedelta) -> datetime:
        """Return the moment before which something is overdue."""
        return self.now - slack


def number(value: Expression) -> Document:
    """Read a number; anything else is null, which equals no number."""
    return {"$cond": [{"$isNumber": value}, value, None]}


def array(value: Expression) -> Document:
    """Read a list; anything else is an empty one."""
    return {"$cond": [{"$isArray": [value]}, value, []]}


def text(value: Expression) -> Document:
    """Show any value in a message."""
    return {"$convert": {"input": value, "to": "string", "onError": "something unreadable", "onNull": "nothing"}}


def words(*parts: Expression) -> Document:
    """Join literals and values into one text."""
    return {"$concat": [text(part) for part in parts]}


def document(collection: str, key: Expression = "$_id") -> Document:
    """Name a document as people look for it."""
    return words(f"{collection}/", key)


def total(field: str, when: Expression = None) -> Document:
    """Sum a field of a group's rows, or of those rows for which a condition holds."""
    return {"$sum": field if when is None else {"$cond": [when, field, 0]}}


def count(when: Expression) -> Document:
    """Count a group's rows for which a condition holds."""
    return {"$sum": {"$cond": [when, 1, 0]}}


def differ(one: Expression, other: Expression) -> Document:
    """Whether two values are unlike; missing is like null."""
    return {"$ne": [{"$ifNull": [one, None]}, {"$ifNull": [other, None]}]}


def problem(where: Expression, when: Expression, message: str) -> Document:
    """Say that the document ``where`` is at odds with the rules if ``when`` holds.

    ``{field}`` in the message stands for that field's value; a field may be a path.
    """
    parts: list[str] = []
    for literal, field, _, _ in Formatter().parse(message):
        parts += [literal, f"${field}"] if field else [literal]
    return {"$cond": [when, {"document": where, "message": words(*parts)}, None]}


def report(*problems: Document) -> list[Document]:
    """Return the stages that end a probe: a row for each problem that there is."""
    found = {"$filter": {"input": list(problems), "cond": {"$ne": ["$$this", None]}}}
    return [
        {"$project": {"_id": 0, "found": found}},
        {"$unwind": "$found"},
        {"$replaceWith": "$found"},
    ]


def listing(probe: Probe, limit: int) -> list[Document]:
    """Return a probe's pipeline with its rows gathered into one document: the first ``limit``, and how many in all."""
    first = {"$topN": {"n": limit, "sortBy": {"document": 1, "message": 1}, "output": "$$ROOT"}}
    return [*probe.pipeline, {"$group": {"_id": None, "total": {"$sum": 1}, "listed": first}}]


def union(collection: str, stages: Sequence[Document]) -> Document:
    """Append the rows of another collection: with a ``$group`` after it, a join that needs no index and can spill."""
    return {"$unionWith": {"coll": collection, "pipeline": list(stages)}}


def starts(prefix: str) -> Document:
    """Match documents whose id is a text that begins so."""
    return {"_id": {"$regex": f"^{prefix}"}}
