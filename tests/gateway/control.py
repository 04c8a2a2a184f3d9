"""How a test asks what happened, and makes things go wrong. It has a port of its own, open also while the other is not.

POST   /control/reset                    begin anew
POST   /control/faults                   {on, kind, times, seconds, saved}: see faults.py
DELETE /control/faults                   all well again; what hangs goes on
POST   /control/down  {down: bool}       refuse connections, and cut those that are open
POST   /control/forget                   forget all idempotency keys, as after a day
POST   /control/payers/{intent}          {agrees: bool}: what the payer does when asked to confirm
GET    /control/charges                  every intent with its counts of authorisations and captures
GET    /control/calls                    every call of the API, oldest first
POST   /control/webhooks                 {url, secret, intent?, times, shuffled, together, age}: send what happened
POST   /control/change/{intent}          {field: value}: what nobody could ask for, such as another amount
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.gateway.api import Gateway
from tests.gateway.faults import Fault
from tests.gateway.sending import send_all

Open = Callable[[bool], Awaitable[None]]


def control(gateway: Gateway, set_open: Open) -> web.Application:
    """Return the application that tests talk to."""
    app = web.Application()
    desk = _Desk(gateway, set_open)
    app.router.add_post("/control/reset", desk.reset)
    app.router.add_post("/control/faults", desk.add_fault)
    app.router.add_delete("/control/faults", desk.clear_faults)
    app.router.add_post("/control/down", desk.down)
    app.router.add_post("/control/forget", desk.forget)
    app.router.add_post("/control/payers/{intent}", desk.play_payer)
    app.router.add_post("/control/change/{intent}", desk.change)
    app.router.add_get("/control/charges", desk.charges)
    app.router.add_get("/control/calls", desk.calls)
    app.router.add_post("/control/webhooks", desk.webhooks)
    return app


class _Desk:
    def __init__(self, gateway: Gateway, set_open: Open) -> None:
        self._gateway = gateway
        self._set_open = set_open

    async def reset(self, _request: web.Request) -> web.Response:
        self._gateway.reset()
        await self._set_open(True)  # noqa: FBT003 - it is the whole question
        return web.json_response({})

    async def add_fault(self, request: web.Request) -> web.Response:
        self._gateway.faults.add(Fault(**await request.json()))
        return web.json_response({})

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self._gateway.faults.clear()
        return web.json_response({})

    async def down(self, request: web.Request) -> web.Response:
        await self._set_open(not (await request.json())["down"])
        return web.json_response({})

    async def forget(self, _request: web.Request) -> web.Response:
        self._gateway.keys.forget()
        return web.json_response({})

    async def play_payer(self, request: web.Request) -> web.Response:
        books = self._gateway.books
        intent = books.play_payer(books.get(request.match_info["intent"]), agrees=(await request.json())["agrees"])
        return web.json_response({"status": intent.status})

    async def change(self, request: web.Request) -> web.Response:
        intent = self._gateway.books.get(request.match_info["intent"])
        for name, value in (await request.json()).items():
            setattr(intent, name, value)
        return web.json_response({})

    async def charges(self, _request: web.Request) -> web.Response:
        return web.json_response(self._gateway.books.summary())

    async def calls(self, _request: web.Request) -> web.Response:
        return web.json_response(self._gateway.calls)

    async def webhooks(self, request: web.Request) -> web.Response:
        asked: dict[str, Any] = {"times": 1, "shuffled": False, "together": False, "age": 0, "intent": None}
        asked |= await request.json()
        intent = asked.pop("intent")
        events = [each for each in self._gateway.books.events if intent in {None, *_about(each)}]
        return web.json_response(await send_all(events, **asked))


def _about(event: dict[str, Any]) -> set[str | None]:
    thing = event["data"]["object"]
    return {thing["id"], thing.get("payment_intent")} - {None}
