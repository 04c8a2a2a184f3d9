"""What an audit says: which documents were examined, and which of them contradict what always holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

PROVES: Mapping[str, str] = {
    "levels": "each level is the sum of its movements, whose versions run 1..n",
    "held": "held stock is what the carts hold, and never beyond the stock",
    "expiry": "no cart outlives its hold",
    "orders": "each order line has one purchase, each cancelled line one return; totals, history and parts are right",
    "payments": "each paid order has one payment, of the right amount, kept as long as it stands and settled in time",
    "telling": "orders are confirmed to their address, crossings told once and in time; selling out is a crossing",
    "waiting": "lines are counted and served in their order; each offer holds one unit, and was told and mailed once",
    "provider": "what the payment provider holds, took and gave back is what the payments say",
}
"""The checks, in the order in which they are made and shown, and what each proves."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One contradiction: the name of the check, the document as ``collection/id``, and what is wrong with it."""

    check: str
    document: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check examined (documents per collection) and found.

    ``total`` counts all findings; ``findings`` lists the first of them, so that a broken database fits in memory.
    """

    check: str
    examined: Mapping[str, int]
    findings: tuple[Finding, ...]
    total: int

    @property
    def documents(self) -> int:
        """How many documents were examined."""
        return sum(self.examined.values())

    @property
    def unlisted(self) -> int:
        """How many findings are counted, but not listed."""
        return self.total - len(self.findings)


@dataclass(frozen=True, slots=True)
class AuditResult:
    """The result of all checks on one snapshot; ``at`` is the database's clock when it was taken."""

    at: datetime
    checks: tuple[CheckResult, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.total == 0

    @property
    def total(self) -> int:
        """How many findings there are, listed or not."""
        return sum(check.total for check in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The listed findings of all checks."""
        return tuple(finding for check in self.checks for finding in check.findings)


class LastBegun(NamedTuple):
    """The audit that was begun last, by whomever: how long ago, in seconds, and whether it ended and could be done."""

    seconds_ago: float
    ended_well: bool
