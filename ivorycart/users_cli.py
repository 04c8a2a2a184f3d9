"""``python -m ivorycart users …``: what operators do with accounts.

What the commands work with is given by the composition root, so that this file holds only words and numbers. Nobody
types a password where it could be read: it is asked for twice without echo, or comes by standard input.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivorycart.accounts.administration import AccountDetail, Administration
from ivorycart.accounts.creating import Creating
from ivorycart.accounts.email_address import normalise_email
from ivorycart.accounts.profiles import Resealed
from ivorycart.audit_report import plain
from ivorycart.order_addresses import ResealedOrders
from models.account import Account
from models.administration import OPERATOR, UserQuery, state_of
from models.errors import NotFound
from models.roles import Role

MOST = 100


class AccountLookup(Protocol):
    """Finds accounts."""

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserOperations:
    """What an operator's commands on accounts work with."""

    accounts: AccountLookup
    administration: Administration
    creating: Creating
    reseal: Callable[[], Awaitable[tuple[Resealed, ResealedOrders]]]


class Runner(Protocol):
    """Opens the shop, does the work, closes it; with ``existing`` no shop is made where there is none."""

    def __call__(self, work: Callable[[UserOperations], Awaitable[Any]], *, existing: bool = False) -> Any:
        """Return what the work returned."""


def _email(text: str) -> str:
    try:
        return normalise_email(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _name(text: str) -> str:
    if not 1 <= len(text) <= 200 or not text.isprintable():  # noqa: PLR2004 - as over the wire
        raise typer.BadParameter("must be one line of 1 to 200 characters")
    return text


Email = Annotated[str, typer.Argument(help="The account's address.", parser=_email, metavar="EMAIL")]


def build_users_cli(run: Runner) -> typer.Typer:
    """Return the commands on accounts."""
    cli = typer.Typer(name="users", help="Work on accounts.", no_args_is_help=True, add_completion=False)
    _add_reading(cli, run)
    _add_creating(cli, run)
    _add_changing(cli, run)
    _add_sealing(cli, run)
    return cli


def _add_reading(cli: typer.Typer, run: Runner) -> None:
    @cli.command("list")
    def list_accounts(
        role: Annotated[Role | None, typer.Option(help="Only those of a role.")] = None,
        search: Annotated[str | None, typer.Option(help="How address or name begin, or an id.")] = None,
        limit: Annotated[int, typer.Option(help="How many at the most.", min=1, max=MOST)] = MOST,
    ) -> None:
        """List accounts, newest first."""
        query = UserQuery(role=role, search=search or None, limit=limit)
        found = run(lambda shop: shop.administration.page(query), existing=True)
        Console().print(_table(found))

    @cli.command()
    def show(email: Email) -> None:
        """Show an account, where it is signed in, and its last sign-ins."""

        async def work(shop: UserOperations) -> AccountDetail:
            return await shop.administration.detail((await _find(shop, email)).id)

        Console().print(_detail(run(work, existing=True)))


def _add_creating(cli: typer.Typer, run: Runner) -> None:
    @cli.command()
    def create(
        email: Email,
        role: Annotated[Role, typer.Option(help="What they may do.")],
        name: Annotated[str, typer.Option(help="What the account is called.", parser=_name, metavar="NAME")],
        *,
        password_stdin: Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")] = False,
        invite: Annotated[bool, typer.Option("--invite", help="Have them set it by a mail.")] = False,
    ) -> None:
        """Make an account. Its password is asked for, unless it comes by standard input or is set by mail."""
        if invite and password_stdin:
            raise typer.BadParameter("either --invite or --password-stdin")
        password = None if invite else _password(from_stdin=password_stdin)

        async def work(shop: UserOperations) -> str:
            known: Any = {"email": email, "name": name, "role": role}
            return await (
                shop.creating.invite(**known) if password is None else shop.creating.create(**known, password=password)
            )

        user_id = run(work)
        typer.echo(f"{email}: {role}, {'invited by mail' if invite else 'active'} ({user_id})")


def _add_changing(cli: typer.Typer, run: Runner) -> None:
    def change(email: str, act: Callable[[UserOperations, str], Awaitable[Account]]) -> None:
        async def work(shop: UserOperations) -> Account:
            return await act(shop, (await _find(shop, email)).id)

        account: Account = run(work, existing=True)
        typer.echo(f"{email}: {account.role}, {state_of(account)}")

    @cli.command("role")
    def change_role(email: Email, role: Annotated[Role, typer.Argument(help="What they may do.")]) -> None:
        """Give an account another role; it counts at once."""
        change(email, lambda shop, user_id: shop.administration.change_role(user_id, role, OPERATOR))

    @cli.command()
    def disable(
        email: Email,
        reason: Annotated[str, typer.Option(help="Why; it stands in the audit trail.")] = "disabled by operator",
    ) -> None:
        """Keep somebody out until further notice; they are signed out everywhere at once."""
        change(email, lambda shop, user_id: shop.administration.disable(user_id, reason, OPERATOR))

    @cli.command()
    def enable(email: Email) -> None:
        """Let somebody in again who was kept out."""
        change(email, lambda shop, user_id: shop.administration.enable(user_id, OPERATOR))

    @cli.command()
    def activate(email: Email) -> None:
        """Vouch for the address of an account that waits for its owner to do so.

        It has the password that it was registered with; if it was registered several times, it has none, and its owner
        asks for a link as if the password were forgotten.
        """
        change(email, lambda shop, user_id: shop.administration.activate(user_id, OPERATOR))

    @cli.command()
    def delete(
        email: Email, *, yes: Annotated[bool, typer.Option("--yes", help="It cannot be undone.")] = False
    ) -> None:
        """Delete an account for good; a running server takes away what names its owner."""
        if not yes:
            raise typer.BadParameter("an account that was deleted does not come back: say --yes")
        change(email, lambda shop, user_id: shop.administration.delete(user_id, OPERATOR))


def _add_sealing(cli: typer.Typer, run: Runner) -> None:
    @cli.command()
    def reseal() -> None:
        """Seal phone numbers and addresses anew under the first of ENCRYPTION_KEYS. It can be stopped and run again.

        Those of orders, too; where they are not sealed yet, they are from now on.

        Exit status 1 where something is left that no key opens.
        """
        done: tuple[Resealed, ResealedOrders] = run(lambda shop: shop.reseal(), existing=True)
        accounts, orders = done
        typer.echo(f"accounts sealed anew under the key {accounts.key_id}: {accounts.accounts}")
        typer.echo(f"orders sealed anew under the key {orders.key_id}: {orders.orders}")
        left = {"accounts with something": accounts.unreadable, "orders with an address": orders.unreadable}
        for what, count in left.items():
            if count:
                typer.echo(f"{what} that no key opens: {count}, see the log", err=True)
        if any(left.values()):
            raise typer.Exit(1)


async def _find(shop: UserOperations, email: str) -> Account:
    account = await shop.accounts.by_email(email)
    if account is None:
        raise NotFound(f"there is no account {email}")
    return account


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not _at_terminal():
        typer.echo("ivorycart: there is no terminal to ask for a password: say --password-stdin or --invite", err=True)
        raise typer.Exit(1)
    answer: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Once more")
    return answer


def _at_terminal() -> bool:
    return sys.stdin.isatty()


def _table(accounts: Sequence[Account]) -> Table:
    table = Table("id", "email", "name", "role", "state", "created")
    for account in accounts:
        words = (account.id, account.email, account.name, account.role, state_of(account), _time(account.created_at))
        table.add_row(*(Text(plain(word)) for word in words))
    return table


def _detail(detail: AccountDetail) -> Text:
    account = detail.account
    lines = [
        f"{account.email}  {account.name}",
        f"{account.role}, {state_of(account)}; id {account.id}, made {_time(account.created_at)}",
        f"signed in on {len(detail.sessions)} devices",
        *(f"  {_time(each.last_used_at)}  {each.visitor.address}  {each.visitor.device}" for each in detail.sessions),
        f"last {len(detail.sign_ins)} sign-ins",
    ]
    for entry in detail.sign_ins:
        address = entry.event.visitor.address if entry.event.visitor else ""
        outcome = "let in" if entry.event.ok else f"refused: {entry.event.detail.get('refused', '')}"
        lines.append(f"  {_time(entry.at)}  {address}  {outcome}")
    return Text("\n".join(map(plain, lines)))


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(sep=" ", timespec="seconds").removesuffix("+00:00") if at else "-"
