"""What an admin, or an operator, sees and does of others' accounts. Every act is noted, done or refused.

What is done is written whole: the account, the end of its sessions and the line in the audit trail. All processes hear
of it by the change stream; of sessions that end, this one knows at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ivorycart.accounts.trail import Trail
from models.account import Account, AuditEvent, LoginSession
from models.administration import Act, Actor, AuditEntry, AuditQuery, UserQuery, judge, noted
from models.errors import Conflict, Forbidden, NotFound
from models.feed import SessionEnded
from models.roles import Role

SIGN_INS = 20


class Directory(Protocol):
    """Where accounts are found and changed."""

    async def page(self, query: UserQuery) -> Sequence[Account]:
        """Return a page of accounts, newest first."""

    async def change(self, user_id: str, act: Act, judge: Callable[[Account, int], AuditEvent | None]) -> Account:
        """Do what an act does, as judged by the account and the number of other admins; return the account."""


class AccountBook(Protocol):
    """Where accounts are read."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account by its id."""


class SessionBook(Protocol):
    """Where sessions are read."""

    async def of_user(self, user_id: str) -> Sequence[LoginSession]:
        """Return the live sessions of a user, the last used first."""


class ReadableTrail(Trail, Protocol):
    """An audit trail that can be read."""

    async def page(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return a page of events, newest first."""


@dataclass(frozen=True, slots=True)
class AccountDetail:
    """An account, where it is signed in, and the last sign-ins, failed ones included."""

    account: Account
    sessions: Sequence[LoginSession]
    sign_ins: Sequence[AuditEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """The admin's view. ``ended`` hears of the ends of sessions before the change stream brings them."""

    directory: Directory
    accounts: AccountBook
    sessions: SessionBook
    trail: ReadableTrail
    ended: Callable[[SessionEnded], None] | None = None

    async def page(self, query: UserQuery) -> Sequence[Account]:
        """Return a page of accounts, newest first."""
        return await self.directory.page(query)

    async def detail(self, user_id: str) -> AccountDetail:
        """Return what an admin sees of an account; NotFound."""
        account = await self.accounts.get(user_id)
        if account is None:
            raise NotFound("there is no such account")
        sign_ins = AuditQuery(user_id=user_id, kind="login", limit=SIGN_INS)
        return AccountDetail(account, await self.sessions.of_user(user_id), await self.trail.page(sign_ins))

    async def audit_events(self, query: AuditQuery) -> Sequence[AuditEntry]:
        """Return a page of the audit trail, newest first."""
        return await self.trail.page(query)

    async def change_role(self, user_id: str, role: Role, actor: Actor) -> Account:
        """Give an account another role; NotFound, Forbidden for one's own, Conflict for the last admin's."""
        return await self._do(Act(kind="change_role", role=role), user_id, actor)

    async def disable(self, user_id: str, reason: str, actor: Actor) -> Account:
        """Keep somebody out until further notice; refused like a change of role, and where it is so already."""
        return await self._do(Act(kind="disable", reason=reason), user_id, actor)

    async def enable(self, user_id: str, actor: Actor) -> Account:
        """Let somebody in again; NotFound, Conflict for one who is not kept out."""
        return await self._do(Act(kind="enable"), user_id, actor)

    async def activate(self, user_id: str, actor: Actor) -> Account:
        """Vouch for an account's address; NotFound, Conflict for one that is not waiting for that."""
        return await self._do(Act(kind="activate"), user_id, actor)

    async def delete(self, user_id: str, actor: Actor) -> Account:
        """Delete an account for good, refused like disabling; the eraser takes away what is known of its owner."""
        return await self._do(Act(kind="delete"), user_id, actor)

    async def _do(self, act: Act, user_id: str, actor: Actor) -> Account:
        judged: list[Account] = []

        def judgement(account: Account, other_admins: int) -> AuditEvent | None:
            judged.append(account)
            return judge(act, account, actor, other_admins=other_admins)

        # Read before they end. What begins in between, the change stream tells of.
        live = await self.sessions.of_user(user_id) if act.ending and self.ended else ()
        try:
            account = await self.directory.change(user_id, act, judgement)
        except (Conflict, Forbidden) as refusal:
            await self.trail.note(noted(act, judged[-1], actor, refused=refusal.code))
            raise
        if act.ending and self.ended:
            for session in live:
                self.ended(SessionEnded(session.id, user_id, act.ending))
        return account
