"""The outbox for admins: what became of mails, and sending one again. Every act is noted, done or refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from ivorycart.accounts.trail import Trail
from ivorycart.overview.ports import EmailBook
from models.account import AuditEvent
from models.administration import Actor
from models.errors import Conflict
from models.outbox import EmailEntry, EmailQuery, judge_resend, resent


@dataclass(frozen=True, slots=True)
class Outbox:
    """Lists mails and puts them back into the queue."""

    book: EmailBook
    trail: Trail

    async def page(self, query: EmailQuery) -> Sequence[EmailEntry]:
        """Return a page of mails, newest first."""
        return await self.book.page(query)

    async def resend(self, mail_id: str, actor: Actor) -> EmailEntry:
        """Have a mail sent again that was sent, given up or set aside; NotFound, Conflict for any other.

        It goes out under its old Message-ID: whoever has it already may see it once.
        """
        judged: list[EmailEntry] = []

        def judgement(entry: EmailEntry, link_is_good: bool) -> AuditEvent:  # noqa: FBT001 - the port's signature
            judged.append(entry)
            judge_resend(entry, link_is_good=link_is_good)
            return resent(entry, actor)

        try:
            return await self.book.resend(mail_id, judgement)
        except Conflict as refusal:
            await self.trail.note(resent(judged[-1], actor, refused=refusal.code))
            raise
