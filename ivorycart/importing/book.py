"""Where imports are kept, as those who take them in and work on them see it."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from models.entry import Entry
from models.imports import FileFormat, Fresh, Import, ImportLine, Plan, Row, Settled, StockDue
from models.stock import Level

Rule = Callable[[Row, tuple[Entry, Level] | None, Fresh, str], Plan]
LineFilter = Literal["errors", "changes"]


class ImportBook(Protocol):
    """Imports and their lines. What a method that takes an Import writes, it writes only if that is still of its state.

    Where it is not (another worker was faster, somebody cancelled), nothing is written and False is returned.
    """

    async def begin(self, *, seller_id: str, actor: str, file_format: FileFormat, dry_run: bool) -> Import:
        """Note that a file is coming in; Conflict where the seller has another one that is worked on."""

    async def stage(self, job: Import, rows: Sequence[Row]) -> bool:
        """Keep rows. A SKU that the file had before makes its row an error."""

    async def received(self, job: Import) -> Import | None:
        """Note that all rows are kept: now it is the workers' business. None where it is not coming in any more."""

    async def fail(self, job: Import, reason: str) -> bool:
        """Give an import up."""

    async def get(self, import_id: str) -> Import | None:
        """Return an import."""

    async def page(self, seller_id: str | None, *, limit: int, after: str | None) -> Sequence[Import]:
        """Return a seller's imports, or all, newest first."""

    async def lines(self, import_id: str, only: LineFilter | None, *, limit: int, after: int) -> Sequence[ImportLine]:
        """Return lines after a line, in order."""

    async def apply(self, job: Import) -> bool:
        """Have what was checked carried out; Conflict where the seller has another one that is worked on."""

    async def cancel(self, job: Import) -> bool:
        """Have it stop: at once, or, where it is carried out, after what has begun."""

    async def due(self) -> Import | None:
        """Return the import that waits longest for a worker."""

    async def give_up_silent(self, seconds: int) -> None:
        """Fail those of which nothing was heard for so long while they came in."""

    async def put_off(self, job: Import) -> None:
        """Let others go first after a failure; after many of them, give it up."""

    async def check(self, job: Import, rule: Rule, fresh: Fresh, limit: int) -> bool:
        """Say of the next lines what they would do."""

    async def carry_out(self, job: Import, rule: Rule, fresh: Fresh, limit: int) -> bool:
        """Do what the next lines ask for, all in one transaction, with what the ledger still has to count."""

    async def stock_due(self, job: Import, limit: int) -> Sequence[StockDue]:
        """Return counts that the ledger has not done yet."""

    async def counted(self, due: StockDue, cause: str) -> tuple[int, int, int] | int | None:
        """Return the movement that a count has made (stock before, after, version), else the level's version now.

        None where there is no such product.
        """

    async def settle(self, job: Import, settled: Sequence[Settled]) -> None:
        """Note what the ledger said."""

    async def finish(self, job: Import) -> bool:
        """Note that nothing is left to do."""
