"""The inbox: what somebody was told, what of it they have not seen, and what they want to be told at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ivorycart.muting import Muting
from models.feed import AccountChanged
from models.identity import OwnerId
from models.notification import Notification, NotificationQuery
from models.telling import Choice, Choices, check_choices, chosen


class InboxBook(Protocol):
    """Where notifications are kept; what somebody has turned off is in none of these answers."""

    async def page(self, owner: OwnerId, query: NotificationQuery) -> Sequence[Notification]:
        """Return a page of what an owner was told, newest first."""

    async def unread(self, owner: OwnerId) -> int:
        """Count what an owner has not seen."""

    async def mark_seen(self, owner: OwnerId, ids: Iterable[str]) -> int:
        """Note that an owner has seen these; return how many are still unseen."""

    async def mark_all_seen(self, owner: OwnerId) -> int:
        """Note that an owner has seen everything; return how many are unseen that came meanwhile."""


class PreferenceBook(Protocol):
    """Where it is kept what accounts have chosen."""

    async def choices(self, user_id: str) -> Choices:
        """Return what somebody has chosen; NotFound."""

    async def choose(self, user_id: str, choices: Choices) -> tuple[Choices, AccountChanged]:
        """Note choices, the others stay; return all of them, and what the account is from now on. NotFound."""


class Page(NamedTuple):
    """A part of what somebody was told, and how much in all they have not seen."""

    items: Sequence[Notification]
    unread: int


@dataclass(frozen=True, slots=True)
class Inbox:
    """Reads and marks notifications, and takes choices."""

    book: InboxBook
    preferences: PreferenceBook
    muting: Muting

    async def page(self, owner: OwnerId, query: NotificationQuery) -> Page:
        """Return a page of what an owner was told, newest first."""
        return Page(await self.book.page(owner, query), await self.book.unread(owner))

    async def read(self, owner: OwnerId, ids: Sequence[str] | None) -> int:
        """Note that an owner has seen these, or with None everything; return how many are still unseen."""
        if ids is None:
            return await self.book.mark_all_seen(owner)
        return await self.book.mark_seen(owner, ids)

    async def choices(self, user_id: str) -> Mapping[str, Choice]:
        """Return what somebody gets of each optional kind; NotFound."""
        return chosen(await self.preferences.choices(user_id))

    async def choose(self, user_id: str, choices: Choices) -> Mapping[str, Choice]:
        """Note choices: here at once, elsewhere as the change stream says so. Invalid, NotFound."""
        check_choices(choices)
        kept, account = await self.preferences.choose(user_id, choices)
        self.muting.changed(account)
        return chosen(kept)
