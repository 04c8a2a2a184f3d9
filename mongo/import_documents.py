"""How imports and their lines look as documents, and back."""

from collections.abc import Iterable, Mapping
from typing import Any

from bson import ObjectId

from models.imports import Counts, Import, ImportLine, Plan, Row, RowError, StockDue
from models.stock import Level
from mongo.driver import Document


def import_of(row: Mapping[str, Any]) -> Import:
    """Read an import."""
    return Import(
        id=str(row["_id"]),
        seller_id=str(row["seller_id"]),
        actor=row["actor"],
        file_format=row["file_format"],
        dry_run=row["dry_run"],
        state=row["state"],
        rows=row["rows"],
        done=row["done"],
        cursor=row["cursor"],
        counts=Counts(**row["counts"]),
        cancelling=row["cancelling"],
        reason=row["reason"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        finished_at=row["finished_at"],
        expires_at=row["expires_at"],
    )


def error_list(errors: Iterable[RowError]) -> list[Document]:
    """Write what is wrong with a row."""
    return [{"column": each.column, "detail": each.detail} for each in errors]


def line_document(job: Import, row: Row) -> Document:
    """Write a row that came in. One that can be carried out has its SKU as its key, which no other row may have."""
    return {
        "import_id": ObjectId(job.id),
        "line": row.line,
        "sku": row.sku,
        **({} if row.errors or row.sku is None else {"key": row.sku}),
        "values": dict(row.values),
        "errors": error_list(row.errors),
        "action": None,
        "changes": {},
        "expires_at": job.expires_at,
    }


def row_of(row: Mapping[str, Any]) -> Row:
    """Read a row that came in; errors of one with a key are of its product, and may be gone by now."""
    errors = () if "key" in row else _errors(row)
    return Row(row["line"], row["sku"], row["values"], errors)


def line_of(row: Mapping[str, Any]) -> ImportLine:
    """Read a line for showing."""
    return ImportLine(
        line=row["line"],
        sku=row["sku"],
        action=row["action"],
        changes={name: (before, after) for name, (before, after) in row["changes"].items()},
        errors=_errors(row),
    )


def planned_fields(plan: Plan, level: Level | None = None) -> Document:
    """Write what a line does; with the level that a count was planned upon, that it is still to be counted."""
    fields: Document = {
        "action": plan.action,
        "changes": {name: [*pair] for name, pair in plan.changes.items()},
        "errors": error_list(plan.errors),
    }
    if plan.count is not None and plan.entry is not None and level is not None:
        product_id = ObjectId(plan.entry.id)
        fields["due"] = {"product_id": product_id, "count": plan.count, "version": level.version}
    return fields


def due_of(row: Mapping[str, Any]) -> StockDue:
    """Read a count that is still to be done."""
    due = row["due"]
    return StockDue(
        id=row["_id"],
        line=row["line"],
        product_id=str(due["product_id"]),
        count=due["count"],
        version=due["version"],
    )


def _errors(row: Mapping[str, Any]) -> tuple[RowError, ...]:
    return tuple(RowError(each["column"], each["detail"]) for each in row["errors"])
