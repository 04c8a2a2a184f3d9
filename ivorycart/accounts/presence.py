"""What becomes of open sockets when a session ends or an account changes."""

from dataclasses import dataclass, replace

from ivorycart.accounts.standing import ChangedBook, EndedBook, Standing
from ivorycart.connections import Connection, Connections, Outlet
from ivorycart.muting import Muting
from models.feed import AccountChanged, SessionEnded
from models.identity import owner_of_user

BARRED = "account_closed"


@dataclass(frozen=True, slots=True)
class Presence:
    """Takes a user's name off sockets, or changes what they may do there."""

    standing: Standing
    sessions: EndedBook
    accounts: ChangedBook
    connections: Connections
    outlet: Outlet
    muting: Muting

    async def open(self) -> None:
        """Learn what happened unheard: before this process began to listen, or in a gap of what it heard."""
        await self.muting.open()
        for session in await self.sessions.ended_within(self.standing.seconds):
            await self.ended(session)
        for account in await self.accounts.changed_within(self.standing.seconds):
            await self.changed(account)

    async def ended(self, session: SessionEnded) -> None:
        """Note that a session is over; its sockets act as anonymous from here on."""
        self.standing.ended(session)
        for connection in self._of_user(session.user_id):
            if connection.user and connection.user.session_id == session.session_id:
                await self._sign_out(connection, session.reason)

    async def changed(self, account: AccountChanged) -> None:
        """Note what an account may do, and wants to be told; its sockets may do that from here on, and nothing else."""
        self.standing.changed(account)
        self.muting.changed(account)
        for connection in self._of_user(account.user_id):
            if account.barred:
                await self._sign_out(connection, BARRED)
            else:
                await self._update(connection.sid, account)

    async def _update(self, sid: str, account: AccountChanged) -> None:
        connection = self.connections.get(sid)  # as it is now: it may have signed in as somebody else meanwhile
        if connection is None or connection.user is None or connection.user.id != account.user_id:
            return
        user = replace(connection.user, role=account.role, email=account.email)
        if user != connection.user:
            self.connections.change(sid, user=user)
            await self.outlet.send("account", {"role": account.role, "email": account.email}, to=sid)

    def _of_user(self, user_id: str) -> list[Connection]:
        return list(self.connections.of_owner(owner_of_user(user_id)))

    async def _sign_out(self, connection: Connection, reason: str) -> None:
        self.connections.change(connection.sid, user=None)
        await self.outlet.send("signed_out", {"reason": reason}, to=connection.sid)
