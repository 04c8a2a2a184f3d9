"""Accounts and notifications over HTTP, and what a page needs to know of the shop."""

from dataclasses import asdict
from typing import Any

from handlers import shapes
from handlers.payloads.account import (
    LoginAnswer,
    LoginBody,
    NotificationList,
    Profile,
    RegisterAnswer,
    RegisterBody,
    ShopAnswer,
)
from handlers.routing import Call, Routes
from models.roles import Permission

account_routes = Routes()


@account_routes.add("GET", "/api/shop", needs=Permission.LOOK, answer=ShopAnswer)
async def shop_facts(call: Call) -> Any:
    """Return what a page needs to know of this shop."""
    return asdict(call.shop.facts)


@account_routes.add(
    "POST", "/api/auth/register", needs=Permission.SIGN_IN, answer=RegisterAnswer, body=RegisterBody, status=201, refusals=("rate_limited",)
)
async def register(call: Call) -> Any:
    """Make a buyer's account; a known address gets the same answer, and its owner a mail."""
    body = call.body
    await call.shop.accounts.register(email=body.email, password=body.password, name=body.name, address=call.address)
    return {"email": body.email, "status": "registered"}


@account_routes.add(
    "POST", "/api/auth/login", needs=Permission.SIGN_IN, answer=LoginAnswer, body=LoginBody, refusals=("not_authenticated", "rate_limited")
)
async def login(call: Call) -> Any:
    """Sign in."""
    signed_in = await call.shop.accounts.login(email=call.body.email, password=call.body.password, address=call.address)
    return {
        "token": signed_in.token,
        "expires_in": signed_in.expires_in,
        "user": shapes.user(signed_in.user),
    }


@account_routes.add("GET", "/api/auth/profile", needs=Permission.OWN_ACCOUNT, answer=Profile)
async def profile(call: Call) -> Any:
    """Return the caller's account."""
    user = await call.shop.accounts.profile(call.me.id)
    return {**shapes.user(user), "created_at": shapes.time(user.get("created_at"))}


@account_routes.add("GET", "/api/notifications", needs=Permission.READ_NOTIFICATIONS, answer=NotificationList, refusals=("not_found",))
async def notifications(call: Call) -> Any:
    """Return what the caller has not seen."""
    unseen = await call.shop.notifications.unseen(call.owner)
    return {"items": [shapes.notification(each) for each in unseen], "next": None}
