"""What sellers do with their products, and admins with anyone's: each act is written with who did it and why.

Stock is the ledger's: an edit that names a stock counts it there, as an adjustment of its own. Whether the rest of the
edit can be done is asked before that, so that a refusal of either leaves both as they were.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from ivorycart.ledger import Ledger
from models.account import Account, AuditEvent, Visitor
from models.alert import Notice, Told
from models.catalogue import Listing
from models.commands import Adjust
from models.entry import (
    Entry,
    EntryAct,
    EntryChange,
    add_discount,
    category_of,
    disable,
    edit,
    enable,
    publish,
    put_price,
    remove_discount,
    tags_of,
)
from models.errors import NotFound
from models.identity import OwnerId, owner_of_user
from models.letter import Letter
from models.pricing import Discount, DiscountKind

MAX_PER_CART = 99


class Catalogue(Protocol):
    """Where entries are changed."""

    async def change(
        self,
        product_id: str,
        act: EntryAct,
        rule: Callable[[Entry, datetime], Entry],
        told: Callable[[Entry, str], Told] | None = None,
    ) -> Listing:
        """Do what a rule says, with what ``told`` makes of the changed entry and the change's id."""

    async def check(self, product_id: str, act: EntryAct, rule: Callable[[Entry, datetime], Entry]) -> None:
        """Raise what ``change`` would raise now; write nothing."""

    async def delete(self, product_id: str, act: EntryAct) -> bool:
        """Take a product out of the catalogue; return whether it was kept, out of sight."""

    async def changes(self, product_id: str, *, limit: int, after: str | None) -> Sequence[EntryChange]:
        """Return what was done to an entry, newest first, before an id."""


class Entries(Protocol):
    """Where entries are added and read."""

    async def add(self, entries: Iterable[Mapping[str, Any]], actor: str) -> list[str]:
        """Add entries with their opening stock; return their ids."""

    async def get(self, product_id: str) -> Listing | None:
        """Return an entry."""


class AccountBook(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account."""


@dataclass(frozen=True, slots=True)
class Editor:
    """Who acts upon products: a seller upon their own, an admin upon any."""

    user_id: str
    is_admin: bool = False
    visitor: Visitor | None = None

    @property
    def actor(self) -> OwnerId:
        """How movements and changes name them."""
        return owner_of_user(self.user_id)

    @property
    def own(self) -> str | None:
        """Whose products they may act upon; None is anyone's."""
        return None if self.is_admin else self.user_id

    def act(self, kind: str, reason: str = "") -> EntryAct:
        """Describe an act."""
        return EntryAct(kind=kind, actor=self.actor, reason=reason, seller_id=self.own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is asked to be changed: fields of the entry, and where they are given a price and a counted stock."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    price: int | None = None
    stock: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selling:
    """Acts upon products. ``currency`` and ``threshold`` are what new ones get that name none."""

    catalogue: Catalogue
    entries: Entries
    accounts: AccountBook
    ledger: Ledger
    new_id: Callable[[], str]
    currency: str
    threshold: int

    async def add(self, written: Mapping[str, Any], editor: Editor) -> Listing:
        """Add a product with its opening stock; Conflict where the seller has its SKU already."""
        usual = {
            "currency": self.currency,
            "threshold": self.threshold,
            "max_per_cart": MAX_PER_CART,
            "description": "",
            "published": True,
            "stock": 0,
        }
        entry = {**usual, **written, "seller_id": editor.user_id, "images": []}
        entry["category"] = category_of(entry["category"])
        entry["tags"] = list(tags_of(entry.get("tags", [])))
        (product_id,) = await self.entries.add([entry], editor.actor)
        return await self.get(product_id, editor)

    async def get(self, product_id: str, editor: Editor) -> Listing:
        """Return a product that this editor may act upon."""
        listing = await self.entries.get(product_id)
        if listing is None or editor.own not in {None, listing.product.seller_id}:
            raise NotFound("there is no such product, or it is not yours", product_id=product_id)
        return listing

    async def edit(self, product_id: str, written: Written, editor: Editor, reason: str = "") -> Listing:
        """Change what was written of a product; a price that is named is set, too, and a stock is counted."""

        def rule(entry: Entry, now: datetime) -> Entry:
            edited = edit(entry, written.fields)
            return edited if written.price is None else put_price(edited, written.price, now)

        act = editor.act("edited", reason)
        if written.stock is not None:
            await self.catalogue.check(product_id, act, rule)
            why = reason or "product edited"
            await self.ledger.submit(Adjust(product_id, written.stock, None, editor.actor, why, editor.own))
        return await self.catalogue.change(product_id, act, rule)

    async def price(self, product_id: str, price: int, editor: Editor, reason: str = "") -> Listing:
        """Set the list price."""
        return await self.catalogue.change(
            product_id, editor.act("priced", reason), lambda entry, now: put_price(entry, price, now)
        )

    async def publish(self, product_id: str, editor: Editor, *, published: bool) -> Listing:
        """Put a product on show, or take it off."""
        act = editor.act("published" if published else "unpublished")
        return await self.catalogue.change(product_id, act, lambda entry, _now: publish(entry, published=published))

    async def discount(
        self,
        product_id: str,
        editor: Editor,
        *,
        kind: DiscountKind,
        value: int,
        starts_at: datetime | None,
        ends_at: datetime,
    ) -> Listing:
        """Take something off for a period; without a beginning, from now on by the database's clock."""
        number = self.new_id()

        def rule(entry: Entry, now: datetime) -> Entry:
            return add_discount(entry, Discount(number, kind, value, starts_at or now, ends_at), now)

        return await self.catalogue.change(product_id, editor.act("discounted"), rule)

    async def drop_discount(self, product_id: str, discount_id: str, editor: Editor) -> Listing:
        """Take a discount away."""
        return await self.catalogue.change(
            product_id, editor.act("discount_removed"), lambda entry, _now: remove_discount(entry, discount_id)
        )

    async def delete(self, product_id: str, editor: Editor) -> bool:
        """Take a product out of the catalogue; return whether it was kept, out of sight, for what refers to it."""
        return await self.catalogue.delete(product_id, editor.act("deleted"))

    async def changes(self, product_id: str, editor: Editor, *, limit: int, after: str | None) -> Sequence[EntryChange]:
        """Return who changed what and why, newest first."""
        await self.get(product_id, editor)
        return await self.catalogue.changes(product_id, limit=limit, after=after)

    async def disable(self, product_id: str, reason: str, editor: Editor) -> Listing:
        """Keep a product off the shelves, and tell its seller why."""
        listing = await self.get(product_id, editor)
        seller = await self.accounts.get(listing.product.seller_id)
        email = seller.email if seller and seller.deleted_at is None else None

        def told(entry: Entry, change_id: str) -> Told:
            data = {"product_id": entry.id, "name": entry.name, "reason": reason}
            key = f"product_disabled:{entry.id}:{change_id}"
            letter = Letter(key, "product_disabled", email, data) if email else None
            notice = Notice(key, owner_of_user(entry.seller_id), "product_disabled", data, letter)
            return Told(notice, _moderated("disable_product", entry, editor, reason))

        return await self.catalogue.change(
            product_id, editor.act("disabled", reason), lambda entry, _now: disable(entry, reason), told
        )

    async def enable(self, product_id: str, editor: Editor) -> Listing:
        """Let a product be shown again."""
        return await self.catalogue.change(
            product_id,
            editor.act("enabled"),
            lambda entry, _now: enable(entry),
            lambda entry, _change_id: Told(None, _moderated("enable_product", entry, editor, "")),
        )


def _moderated(kind: str, entry: Entry, editor: Editor, reason: str) -> AuditEvent:
    """Return the line of the audit trail about an admin's act."""
    detail = {"product_id": entry.id, **({"reason": reason} if reason else {})}
    return AuditEvent(
        kind=kind, ok=True, user_id=entry.seller_id, actor_id=editor.user_id, visitor=editor.visitor, detail=detail
    )
