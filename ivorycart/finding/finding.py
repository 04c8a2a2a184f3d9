"""Finding products: a page of a list, or of what a search finds; categories with their counts, and facets.

Lists come from the database. Words are looked up in the text index of this process, which names at most a thousand
products, the best first; the database then says which of them the filters let through now. So nothing is shown that
was withdrawn a moment ago, and levels are those of the moment.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ivorycart.finding import cursor
from ivorycart.finding.text_index import MOST_WORDS, Hit, TextIndex
from ivorycart.finding.upkeep import Upkeep
from ivorycart.finding.words import words_of
from models.catalogue import Listing
from models.errors import Invalid, StorageUnavailable
from models.finding import CategoryCount, Facets, Filters, Page, Position, Sort

PATIENCE = 2.0  # seconds that a search waits for an index that is being filled
RETRY_AFTER = 2  # seconds
_SPARE = 20  # hits read beyond a page's, for those that the filters stop

T = TypeVar("T")


class Lists(Protocol):
    """Where lists of products are read."""

    async def page(self, filters: Filters, sort: Sort, *, limit: int, after: Position | None) -> Page:
        """Return a page of a list in an order of the database's."""

    async def chosen(self, ids: Sequence[str], filters: Filters) -> Sequence[Listing]:
        """Return those of some products that the filters let through, in the order of the ids."""

    async def sorted(
        self, ids: Sequence[str], filters: Filters, sort: Sort, *, limit: int, after: Position | None
    ) -> Page:
        """Return a page of those of some products that the filters let through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody asks for. Without ``sort`` the best come first where there are ``words``, else the newest."""

    filters: Filters
    words: str | None = None
    sort: Sort | None = None
    limit: int = 50
    after: str | None = None

    @property
    def order(self) -> Sort:
        """How the answer is sorted."""
        return self.sort or ("newest" if self.words is None else "relevance")


@dataclass(frozen=True, slots=True)
class Answer:
    """A page, and the cursor of the next."""

    listings: Sequence[Listing]
    next: str | None


class Finding:
    """Answers what people look for. ``close`` ends its threads."""

    def __init__(self, lists: Lists, upkeep: Upkeep, patience: float = PATIENCE) -> None:
        self.upkeep = upkeep
        self._lists = lists
        self._patience = patience
        self._threads = ThreadPoolExecutor(2, "search")
        self._closed = False

    async def page(self, question: Question) -> Answer:
        """Return a page; Invalid for a cursor of another question, StorageUnavailable while words are not known yet."""
        sort, words, filters = question.order, question.words, question.filters
        if words is None and sort == "relevance":
            problem = {"pointer": "/sort", "detail": "relevance needs words to be relevant to: give q"}
            raise Invalid("the request is not valid", errors=[problem])
        after = cursor.read(question.after, sort=sort, filters=filters, words=words) if question.after else None
        _check_kind(after, sort)
        found = await self._page(question, after)
        place = found.next
        return Answer(found.listings, cursor.write(place, sort=sort, filters=filters, words=words) if place else None)

    async def categories(self) -> Sequence[CategoryCount]:
        """Return every category with something on show, those above it included, in the order of their paths."""
        return await self._ask(TextIndex.categories)

    async def facets(self, question: Question) -> Facets:
        """Return what is among all that a question finds, levels aside."""
        return await self._ask(lambda index: index.facets(question.words, question.filters))

    def close(self) -> None:
        """End the threads; whoever still asks for words is refused."""
        self._closed = True
        self._threads.shutdown(wait=False)

    async def _page(self, question: Question, after: Position | None) -> Page:
        words, filters, sort = question.words, question.filters, question.order
        if words is None:
            return await self._lists.page(filters, sort, limit=question.limit, after=after)
        if len(set(words_of(words))) > MOST_WORDS:
            problem = {"pointer": "/q", "detail": f"must have at most {MOST_WORDS} different words"}
            raise Invalid("the request is not valid", errors=[problem])
        hits = await self._ask(lambda index: index.search(words, filters))
        if sort != "relevance":
            ids = [hit.id for hit in hits]
            return await self._lists.sorted(ids, filters, sort, limit=question.limit, after=after)
        return await self._best(_behind(hits, after), filters, question.limit)

    async def _best(self, hits: Sequence[Hit], filters: Filters, limit: int) -> Page:
        """Return the first hits that the filters let through, reading no more of them than it takes."""
        scores = {hit.id: hit.score for hit in hits}
        found: list[Listing] = []
        first, portion = 0, limit + _SPARE
        while first < len(hits) and len(found) <= limit:
            ids = [hit.id for hit in hits[first : first + portion]]
            found += await self._lists.chosen(ids, filters)
            first, portion = first + portion, 2 * portion
        shown = found[:limit]
        if len(found) <= limit:
            return Page(shown, None)
        last = shown[-1].product.id
        return Page(shown, Position(scores[last], last))

    async def _ask(self, work: Callable[[TextIndex], T]) -> T:
        """Ask the index, in a thread: a search with many words takes some milliseconds."""
        if not self.upkeep.filled.is_set():
            try:
                async with asyncio.timeout(self._patience):
                    await self.upkeep.filled.wait()
            except TimeoutError as error:
                raise StorageUnavailable("the shop is still reading its products", retry_after=RETRY_AFTER) from error
        index = self.upkeep.index
        if index is None or self._closed:
            raise StorageUnavailable("the shop is closing", retry_after=RETRY_AFTER)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, index)


def _behind(hits: Sequence[Hit], after: Position | None) -> Sequence[Hit]:
    if after is None:
        return hits
    last = Hit(int(after.key or 0), after.id)
    return [hit for hit in hits if hit < last]


def _check_kind(after: Position | None, sort: Sort) -> None:
    """Refuse a cursor whose key is none of the sort's, though its checksum is right."""
    if after is None:
        return
    kinds: dict[str, type] = {"newest": type(None), "name": str}
    kind = kinds.get(sort, int)
    if not isinstance(after.key, kind):
        raise Invalid(
            "the request is not valid", errors=[{"pointer": "/after", "detail": "must be a cursor of this sort"}]
        )
