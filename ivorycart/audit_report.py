"""How an audit is shown: a table of the checks, then the findings; or the same as plain data."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from models.audit import PROVES, AuditResult, CheckResult


def as_text(result: AuditResult) -> Group:
    """Return the report for people; print it with a rich console."""
    parts: list[RenderableType] = [_table(result)]
    parts += [_findings(check) for check in result.checks if check.total]
    return Group(*parts, _verdict(result))


def as_json(result: AuditResult) -> dict[str, Any]:
    """Return the report as plain data, ready for any JSON writer; times are RFC 3339."""
    return {
        "ok": result.ok,
        "at": _rfc3339(result.at),
        "total": result.total,
        "checks": [_check(check) for check in result.checks],
    }


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _check(check: CheckResult) -> Mapping[str, Any]:
    return {
        "check": check.check,
        "proves": PROVES[check.check],
        "examined": dict(check.examined),
        "total": check.total,
        "unlisted": check.unlisted,
        "findings": [{"document": each.document, "message": each.message} for each in check.findings],
    }


def _table(result: AuditResult) -> Table:
    table = Table("check", "proves that")
    table.add_column("examined", justify="right")
    table.add_column("findings", justify="right")
    for check in result.checks:
        found = Text(str(check.total), style="bold red" if check.total else "green")
        table.add_row(check.check, PROVES[check.check], f"{check.documents:,}", found)
    return table


def _findings(check: CheckResult) -> Text:
    text = Text(f"\n{check.check}\n", style="bold")
    for finding in check.findings:
        text.append(f"  {plain(finding.document)}", style="red")
        text.append(f"  {plain(finding.message)}\n", style="not bold")
    if check.unlisted:
        text.append(f"  … and {check.unlisted:,} more\n", style="not bold")
    return text


def _verdict(result: AuditResult) -> Text:
    if result.ok:
        return Text("Everything that must hold, holds.", style="green")
    return Text(f"{result.total:,} findings: what must hold, does not.", style="bold red")


def plain(value: str) -> str:
    """Escape what a terminal would obey: findings quote documents, and those may say anything."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in value)
