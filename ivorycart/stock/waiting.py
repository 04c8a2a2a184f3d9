"""What waits to be sent: by product, the latest wins; in the order in which it began to wait.

Each product keeps the time of its *first* change that is not sent yet, however often it changes meanwhile. So the
first in the queue has the oldest of all these times, and whoever has heard all that was taken so far has heard
everything before it.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from models.feed import Cursor

T = TypeVar("T")


class Unsent(NamedTuple, Generic[T]):
    """What is to be said of a product; ``since`` is the time of the first change of it that nobody has heard."""

    product_id: str
    since: Cursor
    latest: T


class Waiting(Generic[T]):
    """A queue in which each product has one place."""

    def __init__(self) -> None:
        self._queue: OrderedDict[str, Unsent[T]] = OrderedDict()

    def __len__(self) -> int:
        """Count the products."""
        return len(self._queue)

    def __contains__(self, product_id: str) -> bool:
        """Whether something of this product waits."""
        return product_id in self._queue

    @property
    def first(self) -> Cursor | None:
        """The oldest time that waits."""
        return next(iter(self._queue.values())).since if self._queue else None

    def put(self, product_id: str, at: Cursor, latest: T) -> None:
        """Have something said of a product; it keeps its place if it waits already."""
        known = self._queue.get(product_id)
        self._queue[product_id] = Unsent(product_id, known.since if known else at, latest)

    def take(self, limit: int) -> list[Unsent[T]]:
        """Take out the first ones, oldest first."""
        return [self._queue.popitem(last=False)[1] for _ in range(min(limit, len(self._queue)))]

    def put_back(self, taken: Iterable[Unsent[T]]) -> None:
        """Put back to their places what could not be sent; what came meanwhile is newer."""
        for each in reversed(list(taken)):
            known = self._queue.get(each.product_id)
            self._queue[each.product_id] = each._replace(latest=known.latest) if known else each
            self._queue.move_to_end(each.product_id, last=False)

    def clear(self) -> None:
        """Drop everything."""
        self._queue.clear()
