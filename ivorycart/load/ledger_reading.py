"""What was sold, read when the storm is over: from the ledger where a login opens it, else from the levels.

The ledger is long and servers limit how fast it is read, so a busy one is waited for as it asks, within reason. Where
the ledger stays shut the reason is told: a verdict by levels is a weaker one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from ivorycart.load.judge import Sale, has_gap, sale_by_ledger, sale_by_levels
from ivorycart.load.outcome import Outcome
from ivorycart.load.target import NoShop, Target

DEMO_SELLERS = (("admin@demo.com", "demo123"), ("seller@demo.com", "demo123"))
PATIENCE = 180.0  # seconds of waiting in all, for a server that says it is asked too often


class LedgerShut(Exception):  # noqa: N818 - it says what is the matter
    """The ledger is not to be seen; the message is the server's status, or why nobody can sign in."""


@dataclass(slots=True)
class Sales:
    """Each product's sales, the products whose ledger lacks a version, and what was in the way."""

    sales: list[Sale] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class LedgerReader:
    """Reads products' movements as a seller or admin; one of the demo's where none is given."""

    def __init__(self, target: Target, seller: tuple[str, str] | None) -> None:
        self._target = target
        self._sellers = (seller,) if seller else DEMO_SELLERS
        self._patience = PATIENCE
        self._account: tuple[str, str] | None = None
        self._token = ""

    async def begin(self) -> None:
        """Sign in: the storm may have outlasted an older token. Raises LedgerShut where nobody is let in."""
        for account in self._sellers:
            try:
                self._token = (await self._target.sign_in(*account)).token
            except NoShop as error:
                reason = str(error)
            else:
                self._account = account
                return
        raise LedgerShut(reason if len(self._sellers) == 1 else f"no --seller was given, and {reason}")

    async def movements(self, product_id: str, after: int) -> list[Mapping[str, Any]]:
        """Return the rows beyond a version, oldest first. Raises LedgerShut where they are not to be seen."""
        rows: list[Mapping[str, Any]] = []
        cursor = ""
        while True:
            page = await self._page(product_id, cursor)
            rows += [row for row in page["items"] if row["version"] > after]
            if not page["next"] or not page["items"] or page["items"][-1]["version"] <= after:
                return sorted(rows, key=lambda row: int(row["version"]))
            cursor = str(page["next"])

    async def _page(self, product_id: str, cursor: str) -> Mapping[str, Any]:
        """Return a page; sign in once more where the token has run out over the reading."""
        for last in (False, True):
            page = await self._target.movements(product_id, self._token, cursor, patience=self._patience)
            self._patience -= page.waited
            if page.status == HTTPStatus.UNAUTHORIZED and not last and self._account:
                try:
                    self._token = (await self._target.sign_in(*self._account)).token
                except NoShop as error:
                    raise LedgerShut(str(error)) from error
                continue
            break
        if page.status != HTTPStatus.OK or not isinstance(page.content, Mapping):
            raise LedgerShut(str(page.status))
        return page.content


async def read_sales(target: Target, outcome: Outcome, seller: tuple[str, str] | None) -> Sales:
    """Return what was sold of the products that this run ordered."""
    found = Sales()
    ordered = sorted({*outcome.tally.units, *outcome.tally.unknown_units} & outcome.before.keys())  # no newer ones
    reader: LedgerReader | None = LedgerReader(target, seller)
    shut: dict[str, None] = {}
    try:
        if ordered and reader:
            await reader.begin()
    except LedgerShut as error:
        shut[str(error)], reader = None, None
    for product_id in ordered:
        rows: Sequence[Mapping[str, Any]] | None = None
        try:
            rows = await reader.movements(product_id, outcome.before[product_id].version) if reader else None
        except (LedgerShut, NoShop) as error:
            shut[str(error)] = None
        _judge(found, product_id, outcome, rows)
    found.notes = [f"the ledger could not be read: {reason}" for reason in shut]
    return found


def _judge(found: Sales, product_id: str, outcome: Outcome, rows: Sequence[Mapping[str, Any]] | None) -> None:
    before, after = outcome.before[product_id], outcome.after.get(product_id)
    if rows is not None:
        found.sales.append(sale_by_ledger(product_id, outcome.tally, rows))
        if has_gap(rows, before.version):
            found.gaps.append(product_id)
    elif after is not None:
        found.sales.append(sale_by_levels(product_id, outcome.tally, before, after))
