"""Finding: how long lists and searches of a large catalogue take over HTTP.

    python -m bench.finding [--products 100000] [--tries 200] [--write PATH]

The catalogue is made first; then a shop is started on it, on the first core, its database and the client on the second.
The questions take turns, one at a time, so that whatever else the machine does befalls all of them.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import uvloop
from aiohttp import ClientSession
from bson import ObjectId
from rich.console import Console

from bench import page, report
from bench.machine import mongod, processor, today
from bench.shop.books import Books, open_books
from bench.shop.catalogue import SELLERS, SOLD_OUT, categories, fill
from bench.shop.pinned import pinned_shop
from ivorycart.accounts.tokens import Tokens
from ivorycart.finding import cursor
from ivorycart.logs import configure_logs
from models.finding import Filters, Position, Sort
from mongo.driver import Driver
from mongo.embedded import running_uri
from mongo.opening import Place, open_store

PART = "finding"
GOAL = 50.0  # ms, p99
SECRET = "signs the tokens of a benchmark's sellers"  # noqa: S105 - of a database that lives for a minute
HEADS = ("question", "found on the page", "p50 ms", "p99 ms", f"p99 ≤ {GOAL:g} ms")
DATABASE = "ivorycart"
LIST = "/api/products/"
# What each sort's key is called in the database.
KEYS: Mapping[Sort, str | None] = {
    "newest": None,
    "price": "price_now",
    "-price": "price_now",
    "popular": "popularity",
    "name": "name",
}


@dataclass(slots=True)
class Question:
    """One question, who asks it, and how long the answers took in milliseconds."""

    name: str
    path: str
    token: str = ""
    found: int = 0
    times: list[float] = field(default_factory=list)

    def row(self) -> tuple[str, ...]:
        """Return its row of the table."""
        cuts = statistics.quantiles(self.times, n=100)
        met = "yes" if cuts[98] <= GOAL else "**no**"
        return self.name, str(self.found), report.number(cuts[49]), report.number(cuts[98]), met


@dataclass(frozen=True, slots=True)
class Measured:
    """The questions with their times, and how the shop started."""

    questions: list[Question]
    ready: float
    """Seconds until the shop was open."""
    searchable: float
    """Seconds from then until it could search."""
    memory: int
    """Bytes of the server with the index."""


async def measured(count: int, tries: int) -> Measured:
    """Make a catalogue, serve it, and ask everything in turns."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "data"
        data_dir.mkdir()
        async with open_store(Place(uri=None, name=DATABASE, driver="motor", data_dir=data_dir)):
            driver = Driver(str(running_uri(data_dir)), socketTimeoutMS=600_000)  # to make an index takes its time
            await fill(driver.client[DATABASE], count)
            await driver.close()
        started = time.monotonic()
        async with pinned_shop(data_dir, SECRET) as (shop, server):
            ready = time.monotonic() - started
            async with open_books(shop) as books, ClientSession(shop.url) as http:
                searchable = await _first_search(http)
                await server.quiet()
                questions = await _questions(books, count)
                for turn in range(tries + 1):
                    for question in questions:
                        took = await _ask(http, question)
                        if turn:  # the first turn fills caches
                            question.times.append(took)
                return Measured(questions, ready, searchable, server.memory())


async def _first_search(http: ClientSession) -> float:
    started = time.monotonic()
    while True:
        async with http.get(f"{LIST}?q=lamp") as answer:
            if answer.status == 200:
                return time.monotonic() - started


async def _ask(http: ClientSession, question: Question) -> float:
    headers = {"Authorization": f"Bearer {question.token}"} if question.token else {}
    started = time.perf_counter()
    async with http.get(question.path, headers=headers) as answer:
        body = await answer.json()
        took = time.perf_counter() - started
        if answer.status != 200:
            raise RuntimeError(f"{question.path} answered {answer.status}: {body}")
    question.found = len(body["items"])
    return took * 1000


async def _questions(books: Books, count: int) -> list[Question]:
    top, leaf = categories()[0].split("/")[0], categories()[0]
    asked: dict[str, dict[str, str]] = {f"sort={sort}": {"sort": sort} for sort in KEYS}
    asked |= {
        f"category={leaf}": {"category": leaf},
        f"category={top}&sort=price": {"category": top, "sort": "price"},
        "seller_id (the largest)": {"seller_id": str(SELLERS[0])},
        "seller_id, category, sort=name": {"seller_id": str(SELLERS[0]), "category": top, "sort": "name"},
        "min_price, max_price (wide)": {"min_price": "1000", "max_price": "5000"},
        "min_price, max_price (narrow), newest": {"min_price": "60000", "max_price": "70000"},
        "min_price, max_price (narrow), sort=name": {"min_price": "60000", "max_price": "70000", "sort": "name"},
        "min_price, max_price, sort=price": {"min_price": "1000", "max_price": "5000", "sort": "price"},
        "min_price (rare), sort=popular": {"min_price": "100000", "sort": "popular"},
        "in_stock=true": {"in_stock": "true"},
        "in_stock=true, sort=popular": {"in_stock": "true", "sort": "popular"},
        "in_stock=true where 1 in 100 is": {"in_stock": "true", "category": SOLD_OUT},
        "in_stock=false": {"in_stock": "false"},
        "category, prices, in_stock, sort=-price": {
            "category": top,
            "min_price": "1000",
            "max_price": "9000",
            "in_stock": "true",
            "sort": "-price",
        },
        "q=lamp (common)": {"q": "lamp"},
        "q=ivory lamp": {"q": "ivory lamp"},
        "q=la (beginning)": {"q": "la"},
        "q=l (beginning)": {"q": "l"},
        "q=lapm (typo)": {"q": "lapm"},
        "q=haedphnoes (two typos)": {"q": "haedphnoes"},
        "q=SKU-000042": {"q": "SKU-000042"},
        "q=xyzzy (nothing)": {"q": "xyzzy"},
        "q=lamp, sort=price": {"q": "lamp", "sort": "price"},
        "q=lamp, sort=name": {"q": "lamp", "sort": "name"},
        "q=lamp, category, prices, in_stock": {
            "q": "lamp",
            "category": top,
            "min_price": "1000",
            "max_price": "9000",
            "in_stock": "true",
        },
        "q=lamp, facets": {"q": "lamp", "facets": "true"},
        "facets": {"facets": "true"},
    }
    questions = [Question(name, f"{LIST}?{urlencode(query)}") for name, query in asked.items()]
    questions += [await _deep(books, sort, count) for sort in KEYS]
    questions.append(Question("limit=100", f"{LIST}?limit=100"))
    questions.append(Question("categories", f"{LIST}categories"))
    return questions + _managed()


def _managed() -> list[Question]:
    seller, admin = _token("seller", str(SELLERS[0])), _token("admin", str(ObjectId()))
    mine, every = f"{LIST}my-products", "/api/admin/products"
    return [
        Question("my-products", mine, seller),
        Question("my-products?q=lamp", f"{mine}?q=lamp", seller),
        Question("my-products?state=low", f"{mine}?state=low", seller),
        Question("admin/products", every, admin),
        Question("admin/products?q=lamp", f"{every}?q=lamp", admin),
        Question("admin/products?state=disabled", f"{every}?state=disabled", admin),
        Question("admin/products?state=out", f"{every}?state=out", admin),
    ]


async def _deep(books: Books, sort: Sort, count: int) -> Question:
    """Ask for a page in the middle of the whole list."""
    key = KEYS[sort]
    rows = (
        await books["products"].find({"shelves": "all"}).sort(key or "_id", 1).skip(count // 2).limit(1).to_list(None)
    )
    place = Position(rows[0][key] if key else None, str(rows[0]["_id"]))
    after = cursor.write(place, sort=sort, filters=Filters(), words=None)
    return Question(f"sort={sort}, in the middle", f"{LIST}?{urlencode({'sort': sort, 'after': after})}")


def _token(role: str, user_id: str) -> str:
    tokens = Tokens(SECRET, seconds=36_000)
    return tokens.issue(user_id=user_id, session_id=str(ObjectId()), email="a@example.com", name="Ada", role=role)


def main() -> int:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=100_000)
    parser.add_argument("--tries", type=int, default=200, help="times that each question is asked")
    given = page.arguments(parser, PART)
    configure_logs("warning", as_json=False)
    done = uvloop.run(measured(given.products, given.tries))
    rows = [question.row() for question in done.questions]
    Console(width=140).print(report.table(f"{given.products:,} products", HEADS, rows, numbers_from=1))
    how = (
        f"{given.products:,} products; each question {given.tries} times, in turns, one at a time. The shop was open "
        f"after {done.ready:.1f} s and could search {done.searchable:.1f} s later; its memory is "
        f"{done.memory / 2**20:.0f} MiB. "
        f"{processor()}, MongoDB {mongod()}; {today()}."
    )
    print(how)
    if given.write:
        page.write(given.write, PART, "\n\n".join((report.markdown_table(HEADS, rows), how)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
