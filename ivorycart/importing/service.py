"""What sellers do with imports, and admins with anyone's: send a file in, see what it would do, have it done."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivorycart.importing.book import ImportBook, LineFilter
from ivorycart.importing.receiving import Receiving
from ivorycart.selling import Editor
from models.account import Account
from models.errors import Conflict, Invalid, NotFound
from models.imports import FileFormat, Import, ImportLine


class Accounts(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Importing:
    """Imports, for those who send them in."""

    book: ImportBook
    receiving: Receiving
    accounts: Accounts

    async def send_in(
        self,
        chunks: AsyncIterator[bytes],
        editor: Editor,
        *,
        seller_id: str | None = None,
        file_format: FileFormat,
        dry_run: bool,
    ) -> Import:
        """Take a file in for oneself, or, as an admin, for a seller; it is worked on after that."""
        whose = await self.whose(seller_id, editor)
        return await self.receiving.receive(
            chunks, seller_id=whose, actor=editor.actor, file_format=file_format, dry_run=dry_run
        )

    async def whose(self, seller_id: str | None, editor: Editor) -> str:
        """Return whose products are meant; NotFound where they are not this editor's to change."""
        if seller_id is None or seller_id == editor.user_id:
            return editor.user_id
        account = await self.accounts.get(seller_id) if editor.is_admin else None
        if account is None or account.deleted_at is not None:
            raise NotFound("there is no such seller, or they are not yours to change", seller_id=seller_id)
        if account.role not in {"seller", "admin"}:
            raise Invalid("this account does not sell", seller_id=seller_id)
        return seller_id

    async def get(self, import_id: str, editor: Editor) -> Import:
        """Return an import that this editor may see."""
        job = await self.book.get(import_id)
        if job is None or editor.own not in {None, job.seller_id}:
            raise NotFound("there is no such import, or it is not yours")
        return job

    async def page(self, editor: Editor, *, limit: int, after: str | None) -> Sequence[Import]:
        """Return one's own imports, newest first; an admin sees all."""
        return await self.book.page(editor.own, limit=limit, after=after)

    async def lines(
        self, import_id: str, editor: Editor, only: LineFilter | None, *, limit: int, after: int
    ) -> Sequence[ImportLine]:
        """Return line by line what it would do, or did."""
        await self.get(import_id, editor)
        return await self.book.lines(import_id, only, limit=limit, after=after)

    async def apply(self, import_id: str, editor: Editor) -> Import:
        """Have done what a dry run said; what has changed since is looked at anew."""
        job = await self.get(import_id, editor)
        if not await self.book.apply(job):
            raise Conflict("only an import whose dry run is ready can be applied", state=job.state)
        return await self.get(import_id, editor)

    async def cancel(self, import_id: str, editor: Editor) -> Import:
        """Have it stop; what was done stays done."""
        job = await self.get(import_id, editor)
        if not await self.book.cancel(job):
            raise Conflict("this import is over", state=job.state)
        return await self.get(import_id, editor)
