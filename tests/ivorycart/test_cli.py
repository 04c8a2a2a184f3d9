"""The operators' command line: what it says, and its exit status."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ivorycart.accounts.profiles import Resealed
from ivorycart.cli import NoShopThere, Operations, build_cli
from ivorycart.order_addresses import ResealedOrders
from ivorycart.users_cli import UserOperations
from models.audit import PROVES, AuditResult, CheckResult, Finding
from models.catalogue import Listing
from models.commands import Adjust, Restock
from models.errors import Conflict, StorageUnavailable
from models.outcomes import StockChanged
from models.stock import Level, Product

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEA_ID = "a" * 24
TEA = Product(TEA_ID, "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)
LISTING = Listing(TEA, Level(5, 2, 1, 0), "", "", (), "SKU-1", published=True, images=(), created_at=None)


class Shop:
    """Everything that the commands work with; keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusal: Exception | None = None
        self.result = AuditResult(NOON, ())
        self.resealed = Resealed("k2", 12, 0), ResealedOrders("k2", 340, 0)
        self.closed = 0
        self.absent = False

    async def get(self, product_id: str) -> Listing | None:
        """Find by id."""
        return LISTING if product_id == TEA_ID else None

    async def by_sku(self, sku: str) -> Listing | None:
        """Find by SKU."""
        looks_like_an_id = replace(LISTING, product=replace(TEA, id="b" * 24))
        return {"SKU-1": LISTING, "f" * 24: looks_like_an_id}.get(sku)

    async def submit(self, command: Any) -> StockChanged:
        """Do stock work."""
        self.asked.append(command)
        if self.refusal:
            raise self.refusal
        return StockChanged(command.product_id, Level(8, 2, 2, 0), None)

    async def seed(self) -> int:
        """Add demo data."""
        return 60

    async def reseal(self) -> tuple[Resealed, ResealedOrders]:
        """Seal anew."""
        if self.refusal:
            raise self.refusal
        return self.resealed

    async def audit(self) -> AuditResult:
        """Check."""
        return self.result

    @asynccontextmanager
    async def open(self, *, existing: bool = False) -> AsyncIterator[Operations]:
        """Open the shop."""
        if existing and self.absent:
            raise NoShopThere("there is no database")
        fakes: Any = self
        try:
            users = UserOperations(reseal=self.reseal, accounts=fakes, administration=fakes, creating=fakes)
            yield Operations(ledger=fakes, products=fakes, seeder=fakes, audit=self.audit, users=users, catalogue=fakes)
        finally:
            self.closed += 1


def run(shop: Shop, *words: str) -> Result:
    """Run a command."""
    result = CliRunner().invoke(build_cli(shop.open), words)
    assert shop.closed <= 1
    return result


@pytest.mark.parametrize("name", [TEA_ID, "SKU-1"])
def test_a_restock_names_the_product_by_id_or_sku(name: str):
    """It says what there is afterwards."""
    shop = Shop()
    result = run(shop, "restock", name, "3", "--reason", "a pallet came")
    assert (result.exit_code, result.stdout) == (0, "Tea: 8 on hand, 2 held, 6 available\n")
    assert shop.asked == [Restock(TEA_ID, 3, "operator", "a pallet came")]
    assert shop.closed == 1


def test_a_sku_that_looks_like_an_id_is_found_as_a_sku():
    """If there is no product with that id."""
    shop = Shop()
    assert run(shop, "restock", "f" * 24, "1").exit_code == 0
    assert shop.asked[0].product_id == "b" * 24


def test_an_adjustment_is_to_what_was_counted():
    """Zero is a count, too."""
    shop = Shop()
    assert run(shop, "adjust", "SKU-1", "0").exit_code == 0
    assert shop.asked == [Adjust(TEA_ID, 0, None, "operator", "counted by operator")]


@pytest.mark.parametrize(
    "words",
    [
        ("restock", "SKU-1", "0"),
        ("restock", "SKU-1", "-3"),
        ("restock", "SKU-1", "many"),
        ("restock", "SKU-1"),
        ("adjust", "SKU-1", "1.5"),
        ("restock", "no such thing", "1"),
        ("restock", "c" * 24, "1"),
        ("fly",),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(words: tuple[str, ...]):
    """Exit status 2, as for any wrong use, and no traceback."""
    shop = Shop()
    result = run(shop, *words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert shop.asked == []


@pytest.mark.parametrize("refusal", [Conflict("units are held"), StorageUnavailable("no database")])
def test_a_refusal_is_one_line_and_exit_status_1(refusal: Any):
    """The shop is closed all the same."""
    shop = Shop()
    shop.refusal = refusal
    result = run(shop, "adjust", "SKU-1", "1")
    assert (result.exit_code, result.stderr) == (1, f"refused ({refusal.code}): {refusal.message}\n")
    assert shop.closed == 1


def test_seeding_says_how_much_it_added():
    """For whoever runs it twice."""
    assert run(Shop(), "seed").stdout == "60 products added\n"


def test_a_clean_audit_ends_well():
    """As a table for people, as JSON for programs."""
    shop = Shop()
    result = run(shop, "audit")
    assert (result.exit_code, "holds" in result.stdout) == (0, True)
    data = run(Shop(), "audit", "--json")
    assert data.exit_code == 0
    assert json.loads(data.stdout) == {"ok": True, "at": "2026-01-01T12:00:00.000Z", "total": 0, "checks": []}


def test_an_audit_of_nothing_says_so():
    """Exit status 2: neither clean nor wrong."""
    shop = Shop()
    shop.absent = True
    result = run(shop, "audit")
    assert (result.exit_code, result.stderr) == (2, "ivorycart: there is no database\n")


def test_sealing_anew_says_for_how_many_and_under_which_key():
    """Exit status 1 where something is left that nobody can open, 2 where there is no shop."""
    shop = Shop()
    result = run(shop, "users", "reseal")
    told = "accounts sealed anew under the key k2: 12\norders sealed anew under the key k2: 340\n"
    assert (result.exit_code, result.stdout) == (0, told)
    for unreadable in ((1, 0), (0, 1), (1, 1)):
        shop = Shop()
        shop.resealed = Resealed("k2", 3, unreadable[0]), ResealedOrders("k2", 4, unreadable[1])
        result = run(shop, "users", "reseal")
        assert (result.exit_code, result.stderr.count("\n")) == (1, sum(unreadable))
    shop = Shop()
    shop.absent = True
    assert run(shop, "users", "reseal").exit_code == 2


def test_without_a_command_the_help_is_shown():
    """With all there is."""
    output = run(Shop()).output
    assert all(word in output for word in ("audit", "seed", "restock", "adjust", "users"))


def test_an_audit_that_found_something_names_it_and_ends_with_1():
    """Both ways; what a terminal would obey is shown, not obeyed."""
    check = next(iter(PROVES))
    finding = Finding(check, "products/1", "is wrong \x1b[2J")
    for words in (("audit",), ("audit", "--json")):
        shop = Shop()
        shop.result = AuditResult(NOON, (CheckResult(check, {"products": 5}, (finding,), 3),))
        result = run(shop, *words)
        assert result.exit_code == 1
        assert "products/1" in result.stdout
        assert "\x1b[2J" not in result.stdout
