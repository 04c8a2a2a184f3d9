"""Shapes of importing and exporting products and stock."""

from typing import Annotated, Any, Literal

from pydantic import Field

from handlers.payloads.fields import Answer, Id, Request, Time

FileFormat = Literal["csv", "jsonl"]
Flag = Literal["true", "false"]


class ExportQuery(Request):
    """What to export, and how; ``bom`` is the mark by which Excel knows UTF-8. ``seller_id`` is for admins."""

    format: FileFormat = "csv"
    bom: Flag = "true"
    seller_id: Id | None = None


class ImportQuery(Request):
    """How a file is to be read; without ``format``, as its content type says. ``seller_id`` is for admins.

    With ``dry_run`` nothing is changed until it is applied. ``upsert``: rows whose SKU is known change that product,
    the others make new ones.
    """

    format: FileFormat | None = None
    dry_run: Flag = "false"
    mode: Literal["upsert"] = "upsert"
    seller_id: Id | None = None


class Import(Answer):
    """An import, and how far it has come.

    ``done`` of ``rows`` were looked at (``checking``) or carried out (``running``): ``creates`` new products,
    ``changes`` of others, ``same`` that are so already, ``errors`` that cannot be. It is removed at ``expires_at``.
    """

    id: Id
    seller_id: Id
    format: FileFormat
    dry_run: bool
    state: Literal["receiving", "checking", "ready", "running", "done", "failed", "cancelled"]
    cancelling: bool
    reason: str | None
    rows: int
    done: int
    creates: int
    changes: int
    same: int
    errors: int
    created_at: Time
    updated_at: Time
    finished_at: Time | None
    expires_at: Time


class ImportAnswer(Answer):
    """How far an import has come."""

    import_: Annotated[Import, Field(alias="import")]


class ImportList(Answer):
    """A page of imports, newest first."""

    items: list[Import]
    next: str | None


class ImportsQuery(Request):
    """Which imports to list, newest first."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Id | None = None


class LinesQuery(Request):
    """Which lines to list, in their order, after a line."""

    only: Literal["errors", "changes"] | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    after: Annotated[int, Field(ge=0)] = 0


class LineError(Answer):
    """What is wrong with a line, and in which column; without one, with the line as a whole."""

    column: str | None
    detail: str


class ImportLine(Answer):
    """A line: what it would do, or did: each field with what was and what is to be.

    ``action`` is null until it was looked at.
    """

    line: int
    sku: str | None
    action: Literal["create", "change", "same", "error"] | None
    changes: dict[str, Annotated[list[Any], Field(min_length=2, max_length=2)]]
    errors: list[LineError]


class LineList(Answer):
    """A page of lines; ``next`` is the line after which the next one begins."""

    items: list[ImportLine]
    next: str | None
