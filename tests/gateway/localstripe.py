"""A stand-in for Stripe that nobody here wrote: localstripe, as a process, and before it what speaks to it as we do.

It is of an API before ours. What it calls otherwise is translated on the way: it takes the payment method of an intent
by an update and not with the confirmation, has no list of allowed types, and tells the amount that was taken by the
charge alone. It knows no idempotency keys, no search and no list since a moment; what needs those is not tested here.
"""

import asyncio
import socket
import sys
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.gateway.running import KEY
from tests.patience import PATIENCE

NOT_KNOWN = {"allowed_payment_method_types[0]"}


@dataclass
class RunningLocalstripe:
    """The process, and the translator; ``url`` is the translator's."""

    url: str = ""
    own_url: str = ""
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    translator: TestServer | None = field(default=None, repr=False)

    async def start(self) -> Self:
        """Start both and wait until they answer."""
        with socket.socket(socket.AF_INET6) as free:
            free.bind(("::", 0))
            port = free.getsockname()[1]
        self.own_url = f"http://127.0.0.1:{port}"
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._translate)
        self.translator = TestServer(app, host="127.0.0.1")
        await self.translator.start_server()
        self.url = str(self.translator.make_url("")).rstrip("/")
        async with asyncio.timeout(PATIENCE):
            while not await self._answers():
                assert self.process.returncode is None, "localstripe ended"
                await asyncio.sleep(0.05)
        return self

    async def stop(self) -> None:
        """End both."""
        assert self.process
        assert self.translator
        await self.translator.close()
        self.process.terminate()
        async with asyncio.timeout(PATIENCE):
            await self.process.wait()

    async def card(self, number: str) -> str:
        """Make a payment method of a test card, as the page does at Stripe."""
        fields = {"number": number, "exp_month": "12", "exp_year": "2040", "cvc": "123"}
        form = {"type": "card", **{f"card[{name}]": value for name, value in fields.items()}}
        _, made = await self._ask("POST", "/v1/payment_methods", form)
        return str(made["id"])

    async def confirms(self, intent_id: str, secret: str, *, agrees: bool) -> None:
        """Do what the payer does when asked to confirm."""
        form = {"client_secret": secret, "success": str(agrees).lower()}
        await self._ask("POST", f"/v1/payment_intents/{intent_id}/_authenticate", form)

    async def _answers(self) -> bool:
        try:
            return (await self._ask("GET", "/v1/refunds", {}))[0] == 200
        except aiohttp.ClientConnectionError:
            return False

    async def _translate(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"].endswith(KEY)
        form = {name: str(value) for name, value in (await request.post()).items() if name not in NOT_KNOWN}
        if request.path.endswith("/confirm"):
            updated = {"payment_method": form.pop("payment_method")}
            status, body = await self._ask("POST", request.path.removesuffix("/confirm"), updated)
            if status != 200:
                return web.json_response(body, status=status)
        status, body = await self._ask(request.method, request.path, form or dict(request.query))
        return web.json_response(_as_now(body), status=status)

    async def _ask(self, method: str, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        with_form: Any = {"params": form} if method == "GET" else {"data": form}
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self.own_url + path, **with_form) as answer,
        ):
            return answer.status, await answer.json()


def _as_now(body: dict[str, Any]) -> dict[str, Any]:
    """Write an intent as the API does now: with the amount that was taken."""
    charge = body.get("latest_charge")
    if body.get("object") != "payment_intent" or not isinstance(charge, dict):
        return body
    return body | {"amount_received": charge["amount"] if charge["captured"] else 0}
