"""The load's own accounts: signed in before the storm, and again in good time while it lasts.

Concurrency: one event loop; ``keep`` runs beside the storm. Shutdown: cancel it. Who cannot sign in again is tried
again after a pause; ``trouble`` says why, and is a note about the load, never about what the server has lost.
"""

import asyncio
import time
from collections.abc import Callable, Mapping

from ivorycart.load.target import NoShop, Target

RENEWED_AT = 0.5  # of a token's life: the other half is for a server that is slow to let anybody in
PAUSE = 2.0
LONGEST_SLEEP = 3600.0


class SigningIn:
    """Accounts by email and password, and the ``tokens`` they have now, by email."""

    def __init__(self, target: Target, accounts: Mapping[str, str]) -> None:
        self._target = target
        self._accounts = accounts
        self._due: dict[str, float] = {}
        self.tokens: dict[str, str] = {}
        self.trouble = ""

    async def begin(self) -> None:
        """Sign everyone in. Raises NoShop where one cannot."""
        for email in self._accounts:
            await self._sign_in(email)

    async def keep(self, tell: Callable[[dict[str, str]], None]) -> None:
        """Sign in again whoever's token has lived half of its life, until cancelled; ``tell`` gets the new ones."""
        while self._due:
            email = min(self._due, key=self._due.__getitem__)
            wait = self._due[email] - time.monotonic()
            if wait > 0:
                await asyncio.sleep(min(wait, LONGEST_SLEEP))
                continue
            try:
                await self._sign_in(email)
            except NoShop as error:
                self.trouble = str(error)
                self._due[email] = time.monotonic() + PAUSE
            else:
                tell({email: self.tokens[email]})

    async def _sign_in(self, email: str) -> None:
        began = time.monotonic()
        signed = await self._target.sign_in(email, self._accounts[email])
        self.tokens[email] = signed.token
        self._due[email] = began + signed.expires_in * RENEWED_AT
