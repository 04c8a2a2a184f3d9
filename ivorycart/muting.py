"""What people do not want to be told in the shop, as one process knows it: asked of no database where they are told.

Memory: one entry for each account that has turned something off. It is read once, and after a gap in what was heard;
each change comes by the change stream, and this process's own at once.
Concurrency: one event loop. Nothing but ``open`` waits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from models.feed import AccountChanged
from models.identity import OwnerId, owner_of_user


class MutedBook(Protocol):
    """Where it is kept what accounts have chosen."""

    async def muted(self) -> Mapping[OwnerId, frozenset[str]]:
        """Return the kinds that are turned off, of everybody who has turned any off."""


@dataclass(slots=True)
class Muting:
    """Knows who has turned off which kinds."""

    book: MutedBook
    _kinds: dict[OwnerId, frozenset[str]] = field(default_factory=dict)

    async def open(self) -> None:
        """Learn what everybody has turned off."""
        self._kinds = dict(await self.book.muted())

    def changed(self, account: AccountChanged) -> None:
        """Note what an account does not want from now on."""
        owner = owner_of_user(account.user_id)
        if account.muted:
            self._kinds[owner] = account.muted
        else:
            self._kinds.pop(owner, None)

    def of(self, owner: OwnerId) -> frozenset[str]:
        """Return the kinds that an owner has turned off."""
        return self._kinds.get(owner, frozenset())
