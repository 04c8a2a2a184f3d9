"""The text index of one process, in memory: which products a search finds, and in which order.

Every word must match somewhere; where it matches best counts. A score is a whole number, the same on every process
whatever else stands in the index: exact matches come before beginnings, those before typos, and among each a name
before a tag, a category, a description. Of more hits than are asked for, a hash of the id says which are left out of
the equally good, so that neither merges of the engine's segments nor the order of writes shows.

Concurrency: one thread writes at a time, any number search; both hold the interpreter for moments only. ``close`` waits
for the engine's own threads. What a search says is built of words alone: nothing of it is ever parsed.
"""

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tantivy import (
    Document,
    FieldType,
    Filter,
    Index,
    Occur,
    Query,
    SchemaBuilder,
    TextAnalyzerBuilder,
    Tokenizer,
)

from ivorycart.finding.words import sku_of, words_of
from models.finding import CategoryCount, Facets, Filters, Findable, category_counts

MOST_HITS = 1000
MOST_WORDS = 24
# Letters from which on a typo is forgiven, and two: in shorter words it would be another word.
TYPO_FROM, TWO_TYPOS_FROM = 4, 8
WEIGHTS = {"name": 10, "tags": 5, "category": 3, "description": 1}
EXACT, BEGINNING, TYPO, TYPO_IN_BEGINNING = 20, 10, 5, 3
SKU = MOST_WORDS * (EXACT + WEIGHTS["name"]) + 1
_HEAP = 15_000_000  # bytes: the least that the engine takes
_SPARE = 64  # hits beyond those asked for, among which equally good ones are cut off
# The engine multiplies a score by log2(2 + weight). With a weight of this and a hash of 32 bits, no hash makes up for
# a point of the score, up to 800 points.
_BASE = 2**37
_SLIP = 0.01  # more than the engine's 32 bits round off, less than what hashes leave of a point
_MOST_PLACES = 65_000
_ID_HALF = 8  # digits of an id's tail; the 16 before it are the head
_WORDS = "words"


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A product that was found; a greater one comes first, and of equally good ones the newer."""

    score: int
    id: str


class TextIndex:
    """Products by their words."""

    def __init__(self) -> None:
        self._schema = _schema()
        self._index = Index(self._schema)
        analyzer = TextAnalyzerBuilder(Tokenizer.whitespace()).filter(Filter.remove_long(4 * 64)).build()
        self._index.register_tokenizer(_WORDS, analyzer)
        self._writer = self._index.writer(heap_size=_HEAP, num_threads=1)
        self._searcher = self._index.searcher()

    def add(self, entries: Iterable[Findable]) -> None:
        """Write products that are not in it; they are found after the next commit."""
        for entry in entries:
            self._writer.add_document(_document(entry))

    def put(self, entries: Iterable[Findable]) -> None:
        """Write products anew, whether or not they are in it."""
        for entry in entries:
            self._writer.delete_documents_by_term("id", entry.id)
            self._writer.add_document(_document(entry))

    def drop(self, ids: Iterable[str]) -> None:
        """Take products out; they are found until the next commit."""
        for each in ids:
            self._writer.delete_documents_by_term("id", each)

    def commit(self) -> None:
        """Let what was written be found."""
        self._writer.commit()
        self._index.reload()
        self._searcher = self._index.searcher()

    def close(self) -> None:
        """End the engine's threads; nothing can be written any more."""
        self._writer.wait_merging_threads()

    @property
    def size(self) -> int:
        """How many products are in it."""
        return self._searcher.num_docs

    def search(self, text: str, filters: Filters) -> list[Hit]:
        """Return the best hits, the best first."""
        query = self._query(text, filters)
        searcher = self._searcher
        found = searcher.search(query, MOST_HITS + _SPARE, count=False, weight_by_field="weight").hits
        if len(found) == MOST_HITS + _SPARE:
            last = found[-1][0]
            found = [each for each in found if each[0] > last] or found
        addresses = [address for _, address in found]
        heads, tails = (searcher.fast_field_values(half, addresses) for half in ("head", "tail"))
        hits = [
            Hit(int(score / math.log2(_BASE) + _SLIP), f"{head:016x}{tail:08x}")
            for (score, _), head, tail in zip(found, heads, tails, strict=True)
        ]
        return sorted(hits, reverse=True)[:MOST_HITS]

    def facets(self, text: str | None, filters: Filters) -> Facets:
        """Count what the filters let through, levels aside."""
        query = self._query(text, filters)
        prices: Any = self._searcher.aggregate(query, {"prices": {"stats": {"field": "price"}}})["prices"]
        low, high = prices["min"], prices["max"]
        return Facets(self._counted(query), None if low is None else round(low), None if high is None else round(high))

    def categories(self) -> Sequence[CategoryCount]:
        """Count what is on show in each category."""
        return self._counted(self._term("places", Filters().place))

    def _counted(self, query: Query) -> list[CategoryCount]:
        terms = {"places": {"terms": {"field": "categories", "size": _MOST_PLACES}}}
        buckets: Any = self._searcher.aggregate(query, terms)["places"]["buckets"]
        return category_counts([(each["key"], each["doc_count"]) for each in buckets])

    def _query(self, text: str | None, filters: Filters) -> Query:
        narrow = [Query.const_score_query(self._term("places", filters.place), 0.0)]
        if filters.is_priced:
            narrow.append(Query.const_score_query(self._priced(filters), 0.0))
        wanted = [] if text is None else [self._wanted(text)]
        return Query.boolean_query([(Occur.Must, each) for each in (*narrow, *wanted)])

    def _wanted(self, text: str) -> Query:
        words = words_of(text)
        last = words[-1] if words else ""
        different = [*dict.fromkeys(words)][:MOST_WORDS]
        by_sku = Query.const_score_query(self._term("sku", sku_of(text)), float(SKU))
        if not different:
            return by_sku
        each_word = [(Occur.Must, self._word(word, unfinished=word == last)) for word in different]
        return Query.disjunction_max_query([Query.boolean_query(each_word), by_sku])

    def _word(self, word: str, *, unfinished: bool) -> Query:
        ways = [(self._term(field, word), EXACT + weight) for field, weight in WEIGHTS.items()]
        if unfinished:
            ways += [(self._beginning(field, word), BEGINNING + weight) for field, weight in WEIGHTS.items()]
        if len(word) >= TYPO_FROM:
            ways.append((self._like(word, 2 if len(word) >= TWO_TYPOS_FROM else 1), TYPO))
        if unfinished and len(word) > TYPO_FROM:
            ways.append((self._like(word, 1, prefix=True), TYPO_IN_BEGINNING))
        return Query.disjunction_max_query([Query.const_score_query(way, float(score)) for way, score in ways])

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, value, index_option="basic")

    def _beginning(self, field: str, word: str) -> Query:
        return Query.fuzzy_term_query(self._schema, field, word, distance=0, prefix=True)

    def _like(self, word: str, edits: int, *, prefix: bool = False) -> Query:
        return Query.fuzzy_term_query(
            self._schema, "name", word, distance=edits, transposition_cost_one=True, prefix=prefix
        )

    def _priced(self, filters: Filters) -> Query:
        return Query.range_query(
            self._schema, "price", FieldType.Unsigned, lower_bound=filters.min_price, upper_bound=filters.max_price
        )


def _schema() -> Any:
    builder = SchemaBuilder()
    for field in WEIGHTS:
        builder.add_text_field(field, tokenizer_name=_WORDS, index_option="basic")
    for field in ("id", "sku", "places"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("categories", tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_unsigned_field("price", indexed=True, fast=True)
    for field in ("head", "tail", "weight"):
        builder.add_unsigned_field(field, fast=True)
    return builder.build()


def _document(entry: Findable) -> Document:
    document = Document()
    for field, text in (
        ("name", entry.name),
        ("description", entry.description),
        ("tags", " ".join(entry.tags)),
        ("category", entry.category),
    ):
        document.add_text(field, " ".join(words_of(text)))
    document.add_text("id", entry.id)
    if entry.sku:
        document.add_text("sku", sku_of(entry.sku))
    for place in entry.places:
        document.add_text("places", place)
    for place in entry.categories:
        document.add_text("categories", place)
    document.add_unsigned("price", entry.price)
    document.add_unsigned("head", int(entry.id[:-_ID_HALF], 16))
    document.add_unsigned("tail", int(entry.id[-_ID_HALF:], 16))
    document.add_unsigned("weight", _BASE + zlib.crc32(entry.id.encode()))
    return document
