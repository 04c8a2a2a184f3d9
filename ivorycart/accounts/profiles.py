"""Personal details: name, phone number, and the addresses that goods and bills go to.

Phone numbers, and names and lines of addresses, are sealed here, before they get to where they are stored, and opened
here: what stores them sees neither. Towns, postal codes and countries stay legible, for figures and delivery zones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from ivorycart.vault import Unreadable, Vault
from models.addresses import MOST_ADDRESSES, AddressBook, AddressEntry, checked, checked_phone
from models.errors import Invalid, NotFound
from models.profile import Profile

PAGE = 200

log = structlog.get_logger(__name__)


class ProfileBook(Protocol):
    """Where personal details are kept, sealed; each change is atomic. None: no such account, or no such address."""

    async def get(self, user_id: str) -> Profile | None:
        """Return a profile."""

    async def update(self, user_id: str, *, name: str | None, phone: str | None) -> Profile | None:
        """Change what is not None; an empty phone number removes it."""

    async def book(self, user_id: str) -> AddressBook | None:
        """Return an address book."""

    async def add(
        self, user_id: str, entry: AddressEntry, *, most: int, shipping: bool, billing: bool
    ) -> AddressBook | None:
        """Add an entry; None also where there are as many as may be."""

    async def replace(self, user_id: str, entry: AddressEntry, *, shipping: bool, billing: bool) -> AddressBook | None:
        """Replace the entry of that id."""

    async def remove(self, user_id: str, address_id: str) -> AddressBook | None:
        """Take an entry out."""

    async def not_sealed_by(self, key_id: str, *, after: str | None, limit: int) -> Sequence[str]:
        """Return ids of accounts, in their order, that have something sealed under another key."""

    async def reseal(self, user_id: str, change: Callable[[str], str]) -> bool:
        """Change every sealed text of an account; return whether anything is different now."""


@dataclass(frozen=True, slots=True)
class ListedAddress:
    """An address as it stands in its book."""

    entry: AddressEntry
    default_shipping: bool
    default_billing: bool


@dataclass(frozen=True, slots=True)
class Resealed:
    """How many accounts were sealed anew under a key, and how many have something that no key opens."""

    key_id: str
    accounts: int
    unreadable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """Keeps personal details. ``new_id`` makes ids (24 hex characters).

    Where something cannot be opened, because its key was taken out of the settings, Unreadable is raised: that is for
    the operator to mend, and nothing to be passed over.
    """

    book: ProfileBook
    vault: Vault
    new_id: Callable[[], str]

    async def get(self, user_id: str) -> Profile:
        """Return somebody's profile."""
        return self._opened_profile(await self.book.get(user_id))

    async def update(self, user_id: str, *, name: str | None = None, phone: str | None = None) -> Profile:
        """Change a name and a phone number, where they are given; an empty number removes it."""
        sealed = None if phone is None else self._seal(checked_phone(phone))
        return self._opened_profile(await self.book.update(user_id, name=name, phone=sealed))

    async def addresses(self, user_id: str) -> list[ListedAddress]:
        """Return somebody's addresses, oldest first."""
        book = await self.book.book(user_id)
        if book is None:
            raise NotFound("there is no such account")
        return [self._listed(book, entry) for entry in book.entries]

    async def address(self, user_id: str, address_id: str) -> ListedAddress:
        """Return one of somebody's own addresses."""
        return self._found(await self.book.book(user_id), address_id)

    async def add(
        self, user_id: str, entry: AddressEntry, *, shipping: bool = False, billing: bool = False
    ) -> ListedAddress:
        """Add an address, whatever its id says; the first one is the default for both."""
        new = replace(checked(entry), id=self.new_id())
        book = await self.book.add(user_id, self._sealed(new), most=MOST_ADDRESSES, shipping=shipping, billing=billing)
        if book is None:
            await self.get(user_id)  # or there is no such account
            raise Invalid(f"an account has at most {MOST_ADDRESSES} addresses", max_addresses=MOST_ADDRESSES)
        return self._found(book, new.id)

    async def replace(
        self, user_id: str, entry: AddressEntry, *, shipping: bool = False, billing: bool = False
    ) -> ListedAddress:
        """Replace the address with the entry's id; it can become a default, and stays one until another is."""
        sealed = self._sealed(checked(entry))
        return self._found(await self.book.replace(user_id, sealed, shipping=shipping, billing=billing), entry.id)

    async def remove(self, user_id: str, address_id: str) -> None:
        """Take an address out; where it was a default, the oldest one left is."""
        if await self.book.remove(user_id, address_id) is None:
            raise _no_address()

    async def reseal(self) -> Resealed:
        """Seal under the present key what is sealed under others. It can be stopped, and run again, at any time."""
        accounts, unreadable = 0, 0
        after = None
        while ids := await self.book.not_sealed_by(self.vault.key_id, after=after, limit=PAGE):
            for user_id in ids:
                try:
                    accounts += await self.book.reseal(user_id, self._sealed_anew)
                except Unreadable as error:
                    unreadable += 1
                    log.error("profile.unreadable", user=user_id, reason=str(error))  # noqa: TRY400 - no bug of ours
            after = ids[-1]
        return Resealed(self.vault.key_id, accounts, unreadable)

    def _sealed_anew(self, sealed: str) -> str:
        return sealed if self.vault.is_current(sealed) else self.vault.seal(self.vault.open(sealed))

    def _opened_profile(self, profile: Profile | None) -> Profile:
        if profile is None:
            raise NotFound("there is no such account")
        return replace(profile, phone=self._open(profile.phone))

    def _found(self, book: AddressBook | None, address_id: str) -> ListedAddress:
        entry = book.entry(address_id) if book else None
        if book is None or entry is None:
            raise _no_address()
        return self._listed(book, entry)

    def _listed(self, book: AddressBook, entry: AddressEntry) -> ListedAddress:
        opened = _each_secret(entry, self._open)
        return ListedAddress(opened, book.default_shipping == entry.id, book.default_billing == entry.id)

    def _sealed(self, entry: AddressEntry) -> AddressEntry:
        return _each_secret(entry, self._seal)

    def _seal(self, text: str) -> str:
        return text and self.vault.seal(text)

    def _open(self, sealed: str) -> str:
        return sealed and self.vault.open(sealed)


def _each_secret(entry: AddressEntry, change: Callable[[str], str]) -> AddressEntry:
    return replace(
        entry,
        name=change(entry.name),
        line1=change(entry.line1),
        line2=change(entry.line2),
        phone=change(entry.phone),
    )


def _no_address() -> NotFound:
    return NotFound("there is no such address")
