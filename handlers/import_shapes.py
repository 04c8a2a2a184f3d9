"""How imports look on the wire."""

from dataclasses import asdict
from typing import Any

from handlers.shapes import time
from models.imports import Import, ImportLine

Payload = dict[str, Any]


def import_shape(job: Import) -> Payload:
    """Show an import."""
    counts = job.counts
    return {
        "id": job.id,
        "seller_id": job.seller_id,
        "format": job.file_format,
        "dry_run": job.dry_run,
        "state": job.state,
        "cancelling": job.cancelling,
        "reason": job.reason,
        "rows": job.rows,
        "done": job.done,
        "creates": counts.create,
        "changes": counts.change,
        "same": counts.same,
        "errors": counts.error,
        "created_at": time(job.created_at),
        "updated_at": time(job.updated_at),
        "finished_at": time(job.finished_at),
        "expires_at": time(job.expires_at),
    }


def line_shape(line: ImportLine) -> Payload:
    """Show a line of an import."""
    return {
        "line": line.line,
        "sku": line.sku,
        "action": line.action,
        "changes": {name: [*pair] for name, pair in line.changes.items()},
        "errors": [asdict(each) for each in line.errors],
    }
