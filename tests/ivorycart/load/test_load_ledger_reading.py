"""Oversell is judged by the ledger wherever it can be, and where it cannot the report says why."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from ivorycart.load.judge import BY_LEDGER, BY_LEVELS
from ivorycart.load.ledger_reading import Sales, read_sales
from ivorycart.load.messages import Should
from ivorycart.load.outcome import Outcome
from ivorycart.load.target import Target
from tests.ivorycart.load.shops import FEW, Shop, load, opened

PRODUCT = "a" * 24
ADMIN = ("admin@demo.com", "demo123")


class Ledger:
    """Answers for the ledger of one product, two rows a page, newest first; the next answers may be others."""

    def __init__(self) -> None:
        self.tokens = 0
        self.accounts = [ADMIN]
        self.next: list[web.Response] = []
        self.rows = [
            {"version": version, "change_type": "purchase", "old_stock": 11 - version, "new_stock": 10 - version}
            for version in range(5, 0, -1)
        ]

    async def login(self, request: web.Request) -> web.Response:
        """Let in whom it knows."""
        body = await request.json()
        if (body["email"], body["password"]) not in self.accounts:
            return web.json_response({"code": "not_authenticated"}, status=401)
        self.tokens += 1
        return web.json_response({"token": f"token {self.tokens}", "expires_in": 900, "user": {}})

    async def page(self, request: web.Request) -> web.Response:
        """Show a page to who has the newest token."""
        if self.next:
            return self.next.pop(0)
        if request.headers["Authorization"] != f"Bearer token {self.tokens}":
            return web.json_response({"code": "not_authenticated"}, status=401)
        start = int(request.query.get("after", "0"))
        end = start + 2
        following = str(end) if end < len(self.rows) else None
        return web.json_response({"items": self.rows[start:end], "next": following})


class Bookkeeping(Shop):
    """Has a ledger."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        """Show it."""
        return [
            web.post("/api/auth/login", self._ledger.login),
            web.get("/api/products/{id}/inventory-logs", self._ledger.page),
        ]


@pytest.fixture
def ledger() -> Ledger:
    """Give a ledger by which five units were sold."""
    return Ledger()


@pytest.fixture
def outcome() -> Outcome:
    """Return what a storm saw that ordered five units; somebody restocked in its course."""
    outcome = Outcome(before={PRODUCT: Should(0, 10, 0)}, after={PRODUCT: Should(6, 8, 0)})
    outcome.tally.units[PRODUCT] = 5
    return outcome


@asynccontextmanager
async def target(ledger: Ledger) -> AsyncIterator[Target]:
    """Open a shop with this ledger."""
    async with opened(Bookkeeping(ledger)) as url, Target(url) as open_target:
        yield open_target


async def sales(ledger: Ledger, outcome: Outcome, seller: tuple[str, str] | None = ADMIN) -> Sales:
    """Read what was sold."""
    async with target(ledger) as shop:
        return await read_sales(shop, outcome, seller)


@pytest.mark.parametrize("seller", [ADMIN, None])
async def test_the_ledger_is_read_page_by_page(
    ledger: Ledger, outcome: Outcome, seller: tuple[str, str] | None
) -> None:
    """By the seller who was given, or by the demo's."""
    found = await sales(ledger, outcome, seller)
    assert [(sale.by, sale.gone, sale.oversold) for sale in found.sales] == [(BY_LEDGER, 5, 0)]
    assert (found.gaps, found.notes) == ([], [])


async def test_the_demos_seller_is_asked_where_its_admin_is_not_there(ledger: Ledger, outcome: Outcome) -> None:
    """One of the two opens the ledger of a shop with demo data."""
    ledger.accounts = [("seller@demo.com", "demo123")]
    found = await sales(ledger, outcome, None)
    assert [sale.by for sale in found.sales] == [BY_LEDGER]


async def test_a_busy_ledger_is_waited_for(ledger: Ledger, outcome: Outcome) -> None:
    """As long as it asks for, again and again."""
    again = [web.Response(status=status, headers={"Retry-After": "0"}) for status in (429, 503, 429)]
    ledger.next = again
    found = await sales(ledger, outcome)
    assert [sale.by for sale in found.sales] == [BY_LEDGER]
    assert ledger.next == []


async def test_a_token_that_runs_out_over_the_reading_is_replaced(ledger: Ledger, outcome: Outcome) -> None:
    """Once; a ledger may be long."""
    ledger.next = [web.Response(status=401)]
    found = await sales(ledger, outcome)
    assert [sale.by for sale in found.sales] == [BY_LEDGER]
    assert ledger.tokens == 2


@pytest.mark.parametrize(
    ("status", "headers"), [(429, {"Retry-After": "86400"}), (429, {}), (403, {}), (500, {}), (200, {})]
)
async def test_a_ledger_that_stays_shut_is_named(
    ledger: Ledger, outcome: Outcome, status: int, headers: dict[str, str]
) -> None:
    """Then the levels judge, and the note says what was in the way."""
    ledger.next = [web.Response(status=status, headers=headers, text="[]")]
    found = await sales(ledger, outcome)
    assert [sale.by for sale in found.sales] == [BY_LEVELS]
    assert found.notes == [f"the ledger could not be read: {status}"]


async def test_a_seller_who_cannot_sign_in_any_more_costs_nobody_the_report(ledger: Ledger, outcome: Outcome) -> None:
    """Nor does a shop without the demo's accounts."""
    ledger.accounts = []
    found = await sales(ledger, outcome)
    assert [sale.by for sale in found.sales] == [BY_LEVELS]
    assert [note for note in found.notes if "admin@demo.com cannot sign in there (401 not_authenticated)" in note]
    found = await sales(ledger, outcome, None)
    assert [note for note in found.notes if "no --seller was given" in note]


async def test_where_nothing_was_ordered_nobody_signs_in(ledger: Ledger) -> None:
    """Nothing is judged then."""
    found = await sales(ledger, Outcome(), None)
    assert (found.sales, found.notes, ledger.tokens) == ([], [], 0)


async def test_the_report_says_why_it_was_not_by_the_ledger() -> None:
    """For whoever reads "by levels"."""
    async with opened(Shop()) as url:
        status, out, err = await load(url, *FEW, "--json")
    assert status == 0, err
    report = json.loads(out)
    assert report["oversell"]["judged_by"] == "by levels"
    assert [note for note in report["notes"] if note.startswith("the ledger could not be read: no --seller was given")]
