"""The sweep: removes the files of pictures that no product shows.

Pattern: a leased worker that walks over all stored pictures, a batch at each step, and begins anew at the end. Whatever
took a picture from its product (its seller, an operator, an upload that died half-way), the walk finds it: it is marked
as loose, and removed when it has been so for an hour by the database's clock.

Every step may die at any line, be done again, and run twice at once.
"""

from dataclasses import dataclass, field
from typing import Protocol

import structlog

from models.picture import Swept

INTERVAL = 2.0  # seconds between batches: a walk over 100,000 pictures takes 17 minutes
BATCH = 200

log = structlog.get_logger(__name__)


class StorePort(Protocol):
    """Where stored pictures are."""

    async def sweep(self, after: str | None, limit: int) -> Swept:
        """Look at so many pictures after an id: mark those that no product shows, and remove the old ones."""


@dataclass(slots=True)
class PictureSweeper:
    """Walks over the stored pictures; where it is, only it knows, and a new one begins at the start."""

    store: StorePort
    _after: str | None = field(default=None, init=False)

    async def step(self) -> bool:
        """Look at one batch; there is never any hurry."""
        swept = await self.store.sweep(self._after, BATCH)
        self._after = swept.last
        if swept.removed:
            log.info("pictures.removed", count=swept.removed)
        return False
