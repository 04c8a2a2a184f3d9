"""The clerk: works off what was asked for about addresses, after the answers were given.

One leased worker, restartable at any line: tokens and mails have the request's id in their keys, so doing a request
again changes nothing, and it is forgotten last. A registration may be seen before its account is: it waits for it.
"""

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from models.account import Account, AccountRequest, Purpose
from models.letter import Letter

INTERVAL = 1.0  # seconds between looks at the database; a request that the feed tells of wakes the worker
BATCH = 100
# Seconds within which the account of a registration comes, which is written at the same time as the request, or never.
SETTLES = 60.0
# Seconds that a request is left alone: where an address is known there is more to do, and while the answer is on its
# way that would make it later. Woken before, the clerk told known addresses from others three times out of four.
RIPENS = 0.25
HOUR = 3600
SECONDS: Mapping[Purpose, int] = {"activation": 24 * HOUR, "reset": 600, "email_change": HOUR}
KINDS: Mapping[Purpose, str] = {"activation": "activate", "reset": "reset_password", "email_change": "confirm_email"}


class RequestBook(Protocol):
    """Where requests wait, and tokens are granted."""

    async def waiting(self, limit: int, after: str | None = None) -> Sequence[AccountRequest]:
        """Return the oldest requests, or those that follow one of them."""

    async def grant(
        self, request: AccountRequest, purpose: Purpose, user_id: str, seconds: int, data: Mapping[str, Any]
    ) -> None:
        """Make the token of a request good for so many seconds; again changes nothing."""

    async def done(self, request: AccountRequest) -> None:
        """Forget a request."""


class AccountBook(Protocol):
    """Where accounts are read."""

    async def by_email(self, email: str) -> Account | None:
        """Return an account by its address."""

    async def get(self, user_id: str) -> Account | None:
        """Return an account by its id."""


class Outbox(Protocol):
    """Where mails are queued."""

    async def add(self, letter: Letter) -> None:
        """Queue a mail once."""


@dataclass(slots=True, kw_only=True)
class Clerk:
    """Grants tokens and writes mails; ``clock`` gives seconds since 1970, ``ripens`` is in seconds."""

    requests: RequestBook
    accounts: AccountBook
    outbox: Outbox
    clock: Callable[[], float] = time.time
    ripens: float = RIPENS
    _after: str | None = field(default=None, init=False)
    """The last request of the batch before, so that those that must wait do not keep the others waiting."""

    async def step(self) -> bool:
        """Work off a batch of requests, the oldest first; return whether there may be more."""
        waiting = await self.requests.waiting(BATCH, self._after)
        for request in waiting:
            if request.age < self.ripens:
                continue  # it is being answered at this moment
            account = await self.accounts.by_email(request.email)
            if account is None and request.kind == "registration" and request.age < SETTLES:
                continue  # it is added at this moment
            await self._work_off(request, account)
            await self.requests.done(request)
        self._after = waiting[-1].id if len(waiting) == BATCH else None
        return self._after is not None

    async def _work_off(self, request: AccountRequest, account: Account | None) -> None:
        if account is not None and account.barred:
            return
        match request.kind:
            case "registration":
                await self._registered(request, account)
            case "activation":
                if account and not account.activated_at:
                    # Of several registrations nobody knows whose this is: the reader of the mail chooses anew.
                    await self._send(request, "reset", account, kind="activate_anew")
            case "reset":
                if account:
                    await self._send(request, "reset", account)
            case "email_change":
                await self._asked_for_email(request, account)

    async def _registered(self, request: AccountRequest, account: Account | None) -> None:
        if account is None:  # it never came: the process that was to add it died; or it was taken away since
            return
        if not account.activated_at:
            # What was chosen goes with the token: whoever registers somebody else's address cannot choose for them.
            chosen = {name: request.data[name] for name in ("name", "password")}
            await self._send(request, "activation", account, chosen)
        elif account.id != request.data["user_id"]:
            await self._tell_of_account(account.email)

    async def _asked_for_email(self, request: AccountRequest, holder: Account | None) -> None:
        account = await self.accounts.get(request.data["user_id"])
        if holder:
            await self._tell_of_account(holder.email)
        elif account and not account.barred:
            asked = {"email": request.email, "seen": request.data["seen"]}
            await self._send(request, "email_change", account, asked, to=request.email)

    async def _send(
        self,
        request: AccountRequest,
        purpose: Purpose,
        account: Account,
        data: Mapping[str, Any] | None = None,
        *,
        to: str | None = None,
        kind: str | None = None,
    ) -> None:
        await self.requests.grant(request, purpose, account.id, SECONDS[purpose], data or {})
        kind = kind or KINDS[purpose]
        name = str((data or {}).get("name", account.name))
        known = {"purpose": purpose, "request_id": request.id, "name": name, "minutes": SECONDS[purpose] // 60}
        await self.outbox.add(Letter(f"{kind}:{request.id}", kind, to or account.email, known))

    async def _tell_of_account(self, email: str) -> None:
        """Tell the owner of an address that has an account already; nobody gets that twice in an hour."""
        digest = hashlib.sha256(email.encode()).hexdigest()[:32]  # keys are logged, so the email is not in them
        key = f"already_registered:{digest}:{int(self.clock() // HOUR)}"
        await self.outbox.add(Letter(key, "already_registered", email, {}))
