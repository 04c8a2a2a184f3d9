"""Which promises were kept: nothing lost, nothing gone back, nothing sold twice. Pure.

Lost: a client that, after quiet, knows less of a product than a new client is told at once; or that is not there.
Regressed: a version went back within a connection, without a snapshot in between. Contradicted: a version came again
with another level. Oversold: a level that cannot be
(held < 0 or held > stock), or more units in acknowledged orders than left the shelves.

By levels alone a restock in the middle of the run hides sales: then acknowledged orders may look like too many. The
ledger (a seller's login) tells each movement, and is believed before the levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ivorycart.load.messages import Compared, Should
from ivorycart.load.tally import Tally

BY_LEVELS = "levels"
BY_LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Sale:
    """One product: units of acknowledged orders, units that left by the books, and units of unknown outcome."""

    product_id: str
    acknowledged: int
    gone: int
    unknown: int
    by: str

    @property
    def oversold(self) -> int:
        """How many units were promised and never left the shelf."""
        return max(0, self.acknowledged - self.gone)

    @property
    def unexplained(self) -> int:
        """How many units left that no order of this run explains: somebody else was shopping, or sold from."""
        return max(0, self.gone - self.acknowledged - self.unknown)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; ``failures`` are lines for people, none if all is well."""

    failures: tuple[str, ...]
    sales: tuple[Sale, ...]
    gaps: tuple[str, ...] = field(default=())  # products whose ledger lacks a version

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        return not self.failures

    @property
    def oversold(self) -> int:
        """How many units were sold twice."""
        return sum(sale.oversold for sale in self.sales)


def sale_by_levels(product_id: str, tally: Tally, before: Should, after: Should) -> Sale:
    """Judge a product by how far its stock fell."""
    gone = max(0, before.stock - after.stock)
    return Sale(product_id, tally.units[product_id], gone, tally.unknown_units[product_id], BY_LEVELS)


def sale_by_ledger(product_id: str, tally: Tally, rows: Sequence[Mapping[str, Any]]) -> Sale:
    """Judge a product by the purchases in its ledger."""
    gone = sum(row["old_stock"] - row["new_stock"] for row in rows if row["change_type"] == "purchase")
    return Sale(product_id, tally.units[product_id], gone, tally.unknown_units[product_id], BY_LEDGER)


def has_gap(rows: Sequence[Mapping[str, Any]], before: int) -> bool:
    """Whether versions after a given one do not follow each other."""
    return [row["version"] for row in rows] != list(range(before + 1, before + 1 + len(rows)))


def judge(tally: Tally, compared: Compared, sales: Sequence[Sale], gaps: Sequence[str] = (), gone: str = "") -> Verdict:
    """Return the verdict on a run; ``gone`` says why the server could not be asked in the end."""
    failures = [f"lost: the server has gone: {gone}"] if gone else []
    if compared.lost:
        failures.append(f"lost: {compared.lost} levels are missing at {compared.lost_clients} clients")
    if compared.away:
        failures.append(f"lost: {compared.away} clients are not connected in the end")
    if regressed := tally.faults["regressed"]:
        clients = tally.faulty_clients["regressed"]
        failures.append(f"regressed: a version went back {regressed} times, at {clients} clients")
    if contradicted := tally.faults["contradicted"]:
        clients = tally.faulty_clients["contradicted"]
        failures.append(f"contradicted: another level by the same version {contradicted} times, at {clients} clients")
    if impossible := tally.faults["impossible"]:
        failures.append(f"oversold: levels with held < 0 or held > stock were heard {impossible} times")
    failures += [
        f"oversold: product {sale.product_id}: {sale.acknowledged} units in acknowledged orders, {sale.gone} left the "
        f"shelf (by {sale.by})"
        for sale in sales
        if sale.oversold
    ]
    failures += [f"ledger: product {product_id} lacks a version" for product_id in gaps]
    return Verdict(tuple(failures), tuple(sales), tuple(gaps))
