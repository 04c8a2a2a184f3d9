"""``python -m ivorycart users …``: what operators do with accounts.

What the commands work with is given by the composition root, so that this file holds only words and numbers.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import typer

from ivorycart.accounts.profiles import Resealed


@dataclass(frozen=True, slots=True, kw_only=True)
class UserOperations:
    """What an operator's commands on accounts work with."""

    reseal: Callable[[], Awaitable[Resealed]]


class Runner(Protocol):
    """Opens the shop, does the work, closes it; with ``existing`` no shop is made where there is none."""

    def __call__(self, work: Callable[[UserOperations], Awaitable[Any]], *, existing: bool = False) -> Any:
        """Return what the work returned."""


def build_users_cli(run: Runner) -> typer.Typer:
    """Return the commands on accounts."""
    users = typer.Typer(name="users", help="Work on accounts.", no_args_is_help=True, add_completion=False)

    @users.callback()
    def _group() -> None:
        """Work on accounts."""  # with a callback a single command, too, is called by its name

    @users.command()
    def reseal() -> None:
        """Seal phone numbers and addresses anew under the first of ENCRYPTION_KEYS. It can be stopped and run again.

        Exit status 1 where something is left that no key opens.
        """
        done: Resealed = run(lambda operations: operations.reseal(), existing=True)
        typer.echo(f"accounts sealed anew under the key {done.key_id}: {done.accounts}")
        if done.unreadable:
            typer.echo(f"accounts with something that no key opens: {done.unreadable}, see the log", err=True)
            raise typer.Exit(1)

    return users
