"""The operators' commands on accounts: what they ask for, what they say, and their exit status."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ivorycart.accounts.administration import AccountDetail
from ivorycart.accounts.creating import NO_PASSWORD, Creating
from ivorycart.accounts.passwords import Passwords
from ivorycart.cli import NoShopThere, Operations, build_cli
from ivorycart.users_cli import UserOperations
from models.account import Account, AccountRequest, AuditEvent, LoginSession, Visitor
from models.administration import OPERATOR, AuditEntry, UserQuery
from models.errors import Conflict, Invalid

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
BOB = Account(
    id="b" * 24,
    email="bob@shop.test",
    name="Bob \x1b[2J",
    role="buyer",
    password="$2b$04$hash",
    created_at=NOON,
    activated_at=NOON,
)
PASSWORD = "quiet harbour lamp"


class Shop:
    """What the commands work with; keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.refusal: Exception | None = None
        self.absent = False

    async def by_email(self, email: str) -> Account | None:
        """Find."""
        return BOB if email == BOB.email else None

    async def page(self, query: UserQuery) -> list[Account]:
        """List."""
        self.asked.append(query)
        return [BOB]

    async def detail(self, user_id: str) -> AccountDetail:
        """Show."""
        phone = Visitor("10.0.0.1", "a phone")
        session = LoginSession(
            id="c" * 24, user_id=user_id, visitor=phone, created_at=NOON, last_used_at=NOON, expires_at=NOON
        )
        failed = AuditEvent(kind="login", ok=False, visitor=phone, detail={"refused": "password"})
        return AccountDetail(BOB, [session], [AuditEntry("d" * 24, NOON, failed)])

    def __getattr__(self, name: str) -> Any:
        """Do anything else."""

        async def act(*values: Any, **named: Any) -> Any:
            self.asked.append((name, *values, *named.values()))
            if self.refusal:
                raise self.refusal
            return BOB.id if name in {"create", "invite"} else replace(BOB, disabled_at=NOON)

        return act

    @asynccontextmanager
    async def open(self, *, existing: bool = False) -> AsyncIterator[Operations]:
        """Open the shop."""
        if existing and self.absent:
            raise NoShopThere("there is no database")
        fakes: Any = self
        users = UserOperations(accounts=fakes, administration=fakes, creating=fakes, reseal=fakes)
        yield Operations(ledger=fakes, products=fakes, seeder=fakes, audit=fakes, users=users, catalogue=fakes)


def run(shop: Shop, *words: str, answers: str = "") -> Result:
    """Run a command."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(build_cli(shop.open), ("users", *words), input=answers)
    assert "Traceback" not in result.output
    assert PASSWORD not in result.output
    assert "$2b$" not in result.output
    return result


def test_accounts_are_listed_as_they_are_asked_for():
    """A terminal is not told to obey what a name says."""
    shop = Shop()
    result = run(shop, "list", "--role", "buyer", "--search", "bo", "--limit", "5")
    assert result.exit_code == 0
    assert all(word in result.stdout for word in (BOB.id, BOB.email, "active", "2026-01-01 12:00:00", r"Bob \x1b[2J"))
    assert shop.asked == [UserQuery(role="buyer", search="bo", limit=5)]


def test_an_account_is_shown_with_its_devices_and_sign_ins():
    """By its address, however that is spelled."""
    result = run(Shop(), "show", "BOB@Shop.test")
    assert result.exit_code == 0
    assert all(word in result.stdout for word in ("a phone", "10.0.0.1", "refused: password", "buyer, active"))
    assert "\x1b[2J" not in result.stdout


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("role", BOB.email, "seller"), ("change_role", BOB.id, "seller", OPERATOR)),
        (("disable", BOB.email, "--reason", "fraud"), ("disable", BOB.id, "fraud", OPERATOR)),
        (("enable", BOB.email), ("enable", BOB.id, OPERATOR)),
        (("activate", BOB.email), ("activate", BOB.id, OPERATOR)),
        (("delete", BOB.email, "--yes"), ("delete", BOB.id, OPERATOR)),
    ],
)
def test_an_act_is_done_in_the_operators_name(words: tuple[str, ...], expected: tuple[Any, ...]):
    """And says what the account is then."""
    shop = Shop()
    result = run(shop, *words)
    assert (result.exit_code, result.stdout) == (0, "bob@shop.test: buyer, disabled\n")
    assert shop.asked == [expected]


def test_a_refusal_is_one_line_and_exit_status_1():
    """Likewise for an address without an account; no shop at all is 2."""
    shop = Shop()
    shop.refusal = Conflict("this is the last admin")
    result = run(shop, "delete", BOB.email, "--yes")
    assert (result.exit_code, result.stderr) == (1, "refused (conflict): this is the last admin\n")
    result = run(Shop(), "enable", "nobody@shop.test")
    assert (result.exit_code, result.stderr) == (1, "refused (not_found): there is no account nobody@shop.test\n")
    shop.refusal = Invalid("not valid", errors=[{"pointer": "/password", "detail": "is too common"}])
    result = run(shop, "enable", BOB.email)
    assert (result.exit_code, result.stderr) == (1, "refused (validation): not valid: password is too common\n")
    shop.absent = True
    for words in (("list",), ("enable", BOB.email)):
        result = run(shop, *words)
        assert (result.exit_code, result.stderr) == (2, "ivorycart: there is no database\n")


@pytest.mark.parametrize(
    "words",
    [
        ("role", BOB.email, "king"),
        ("role", "bob", "buyer"),
        ("delete", BOB.email),
        ("list", "--limit", "101"),
        ("create", "eve@shop.test", "--role", "admin"),
        ("create", "eve@shop.test", "--name", "Eve"),
        ("create", "eve@shop.test", "--role", "admin", "--name", "a\nb", "--invite"),
        ("create", "eve@shop.test", "--role", "admin", "--name", "Eve", "--invite", "--password-stdin"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_done(words: tuple[str, ...]):
    """Exit status 2; a deletion must be meant."""
    shop = Shop()
    assert run(shop, *words).exit_code == 2
    assert shop.asked == []


EVE = ("create", "eve@shop.test", "--role", "admin", "--name", "Eve")


def test_a_password_comes_by_standard_input_or_from_a_terminal(monkeypatch: pytest.MonkeyPatch):
    """Twice, at a terminal; and never where there is none to ask at."""
    shop = Shop()
    result = run(shop, *EVE, "--password-stdin", answers=f"{PASSWORD}\nmore\n")
    assert (result.exit_code, result.stdout) == (0, f"eve@shop.test: admin, active ({BOB.id})\n")
    assert shop.asked == [("create", "eve@shop.test", "Eve", "admin", PASSWORD)]

    result = run(Shop(), *EVE, answers=f"{PASSWORD}\n{PASSWORD}\n")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)

    monkeypatch.setattr("ivorycart.users_cli._at_terminal", lambda: True)
    shop = Shop()
    assert run(shop, *EVE, answers=f"{PASSWORD}\nsomething else\n{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    assert shop.asked == [("create", "eve@shop.test", "Eve", "admin", PASSWORD)]


def test_an_invited_account_needs_no_password():
    """Its owner sets one."""
    shop = Shop()
    assert run(shop, *EVE, "--invite").stdout == f"eve@shop.test: admin, invited by mail ({BOB.id})\n"
    assert shop.asked == [("invite", "eve@shop.test", "Eve", "admin")]


class Book:
    """Accounts, requests and an audit trail that keep what they get."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    async def add(self, *request: Any, **account: Any) -> str | None:
        """Keep; there is one account at the most."""
        if account and any(isinstance(each, dict) for each in self.kept):
            return None
        self.kept += [*request, account] if account else request
        return "a" * 24

    async def note(self, event: AuditEvent) -> None:
        """Keep."""
        self.kept.append(event)


async def test_a_created_account_has_a_password_that_is_hard_to_guess():
    """It is active, the creation is noted, and there is no second one at its address."""
    book, passwords = Book(), Passwords(cost=4)
    creating = Creating(accounts=book, requests=book, passwords=passwords, trail=book, new_id=lambda: "e" * 24)
    eve: Any = {"email": "eve@shop.test", "name": "Eve", "role": "admin"}
    try:
        for bad in ("short", "password", "eve@shop.test", "x" * 129):
            with pytest.raises(Invalid):
                await creating.create(**eve, password=bad)
        assert book.kept == []
        assert await creating.create(**eve, password=PASSWORD) == "a" * 24
        account, event = book.kept
        assert await passwords.check(PASSWORD, account["password"])
        assert account["activated"]
        assert (event.kind, event.user_id, event.detail["after"]) == ("create", "a" * 24, "admin")
        with pytest.raises(Conflict):
            await creating.invite(**eve)
    finally:
        passwords.close()


async def test_an_invited_account_waits_for_its_mail():
    """Nobody's password opens it."""
    book, passwords = Book(), Passwords(cost=4)
    creating = Creating(accounts=book, requests=book, passwords=passwords, trail=book, new_id=lambda: "e" * 24)
    try:
        await creating.invite(email="eve@shop.test", name="Eve", role="seller")
        account, _, request = book.kept
        assert (account["password"], account["activated"]) == (NO_PASSWORD, False)
        assert request == AccountRequest("e" * 24, "reset", "eve@shop.test")
        for tried in ("", "nobody", PASSWORD):
            assert not await passwords.check(tried, account["password"])
    finally:
        passwords.close()
