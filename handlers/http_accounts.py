"""Accounts and notifications over HTTP, and what a page needs to know of the shop."""

from dataclasses import asdict
from typing import Any

from aiohttp import web

from handlers import shapes
from handlers.payloads.account import (
    ActivateBody,
    ChangeEmailBody,
    ChangePasswordBody,
    EmailBody,
    LoginAnswer,
    LoginBody,
    LogoutBody,
    RegisterAnswer,
    RegisterBody,
    ResetBody,
    SentAnswer,
    SessionList,
    ShopAnswer,
    UserAnswer,
)
from handlers.refresh_cookie import forget_refresh_token, hand_out_refresh_token, refresh_token_of
from handlers.routing import Call, Routes, answered
from ivorycart.accounts.sessions import SignedIn
from models.errors import NotAuthenticated
from models.roles import Permission

SENT = {"status": "sent"}  # whether or not there was anybody to send it to

account_routes = Routes()


@account_routes.add("GET", "/api/shop", needs=Permission.LOOK, answer=ShopAnswer)
async def shop_facts(call: Call) -> Any:
    """Return what a page needs to know of this shop."""
    return asdict(call.shop.facts)


@account_routes.add(
    "POST",
    "/api/auth/register",
    needs=Permission.SIGN_IN,
    answer=RegisterAnswer,
    body=RegisterBody,
    status=201,
    refusals=("rate_limited",),
)
async def register(call: Call) -> Any:
    """Make a buyer's account; a known address gets the same answer, and its owner a mail."""
    body = call.body
    await call.shop.accounts.registering.register(
        email=body.email, password=body.password, name=body.name, visitor=call.visitor
    )
    return {"email": body.email, "status": "registered"}


@account_routes.add(
    "POST",
    "/api/auth/activate",
    needs=Permission.SIGN_IN,
    answer=UserAnswer,
    body=ActivateBody,
    refusals=("invalid_token", "rate_limited"),
)
async def activate(call: Call) -> Any:
    """Prove an address by the token that was sent there; from then on its account can sign in."""
    account = await call.shop.accounts.registering.activate(token=call.body.token, visitor=call.visitor)
    return shapes.user(account)


@account_routes.add(
    "POST",
    "/api/auth/resend-activation",
    needs=Permission.SIGN_IN,
    answer=SentAnswer,
    body=EmailBody,
    status=202,
    refusals=("rate_limited",),
)
async def resend_activation(call: Call) -> Any:
    """Have the activation mail sent again; the answer is the same for every address."""
    await call.shop.accounts.registering.resend(email=call.body.email, visitor=call.visitor)
    return SENT


@account_routes.add(
    "POST",
    "/api/auth/login",
    needs=Permission.SIGN_IN,
    answer=LoginAnswer,
    body=LoginBody,
    refusals=("not_authenticated", "forbidden", "rate_limited"),
)
async def login(call: Call) -> Any:
    """Sign in: an access token of minutes in the answer, a refresh token in a cookie."""
    body, before = call.body, refresh_token_of(call)
    signed_in = await call.shop.accounts.signing_in.login(
        email=body.email, password=body.password, visitor=call.visitor
    )
    if before:
        await call.shop.accounts.sessions.replaced(before)
    return _signed_in(call, signed_in)


@account_routes.add(
    "POST",
    "/api/auth/refresh",
    needs=Permission.SIGN_IN,
    answer=LoginAnswer,
    refusals=("not_authenticated", "forbidden"),
)
async def refresh(call: Call) -> Any:
    """Return the next access token for the cookie's refresh token, and its successor in the cookie."""
    token = refresh_token_of(call)
    if token is None:
        raise NotAuthenticated("sign in first")
    return _signed_in(call, await call.shop.accounts.sessions.refresh(token, call.visitor))


@account_routes.add(
    "POST",
    "/api/auth/logout",
    needs=Permission.SIGN_IN,
    answer=SentAnswer,
    body=LogoutBody,
    refusals=("not_authenticated", "forbidden"),
)
async def logout(call: Call) -> Any:
    """End the session of the bearer token or of the cookie, or all of its user's."""
    token = refresh_token_of(call)
    user_id, session_id = await _session_at_hand(call, token)
    await call.shop.accounts.signing_in.logout(
        user_id=user_id, session_id=session_id, everywhere=call.body.everywhere, visitor=call.visitor
    )
    response = answered({"status": "signed_out"})
    forget_refresh_token(call, response)
    return response


@account_routes.add(
    "POST",
    "/api/auth/forgot-password",
    needs=Permission.SIGN_IN,
    answer=SentAnswer,
    body=EmailBody,
    status=202,
    refusals=("rate_limited",),
)
async def forgot_password(call: Call) -> Any:
    """Have a mail sent by which a new password can be set; the answer is the same for every address."""
    await call.shop.accounts.recovering.forgot(email=call.body.email, visitor=call.visitor)
    return SENT


@account_routes.add(
    "POST",
    "/api/auth/reset-password",
    needs=Permission.SIGN_IN,
    answer=SentAnswer,
    body=ResetBody,
    refusals=("invalid_token", "rate_limited"),
)
async def reset_password(call: Call) -> Any:
    """Set a new password by the token that was sent; all sessions end."""
    body = call.body
    await call.shop.accounts.recovering.reset(token=body.token, password=body.password, visitor=call.visitor)
    return {"status": "changed"}


@account_routes.add(
    "POST",
    "/api/auth/change-password",
    needs=Permission.OWN_ACCOUNT,
    answer=SentAnswer,
    body=ChangePasswordBody,
    refusals=("not_found", "rate_limited"),
)
async def change_password(call: Call) -> Any:
    """Set a new password, given the present one; all other sessions end."""
    body = call.body
    await call.shop.accounts.recovering.change(
        user_id=call.me.id,
        session_id=call.me.session_id,
        current=body.current_password,
        password=body.password,
        visitor=call.visitor,
    )
    return {"status": "changed"}


@account_routes.add(
    "POST",
    "/api/auth/change-email",
    needs=Permission.OWN_ACCOUNT,
    answer=SentAnswer,
    body=ChangeEmailBody,
    status=202,
    refusals=("not_found", "rate_limited"),
)
async def change_email(call: Call) -> Any:
    """Ask the new address for its consent, given the password; the account has it once that came."""
    body = call.body
    await call.shop.accounts.recovering.begin_email_change(
        user_id=call.me.id, email=body.email, password=body.password, visitor=call.visitor
    )
    return SENT


@account_routes.add(
    "POST",
    "/api/auth/confirm-email",
    needs=Permission.SIGN_IN,
    answer=UserAnswer,
    body=ActivateBody,
    refusals=("invalid_token", "conflict", "rate_limited"),
)
async def confirm_email(call: Call) -> Any:
    """Take the new address by the token that was sent there; the old one is told."""
    account = await call.shop.accounts.recovering.confirm_email_change(token=call.body.token, visitor=call.visitor)
    return shapes.user(account)


@account_routes.add("GET", "/api/auth/sessions", needs=Permission.OWN_ACCOUNT, answer=SessionList)
async def sessions(call: Call) -> Any:
    """Return where the caller is signed in, the last used first."""
    found = await call.shop.accounts.sessions.of_user(call.me.id)
    return {"items": [shapes.login_session(each, current=call.me.session_id) for each in found], "next": None}


@account_routes.add(
    "DELETE",
    "/api/auth/sessions/{session_id}",
    needs=Permission.OWN_ACCOUNT,
    answer=SentAnswer,
    refusals=("not_found",),
)
async def end_session(call: Call) -> Any:
    """Sign the caller out on one device."""
    await call.shop.accounts.signing_in.logout(
        user_id=call.me.id, session_id=call.id("session_id"), everywhere=False, visitor=call.visitor
    )
    return {"status": "signed_out"}


async def _session_at_hand(call: Call, token: str | None) -> tuple[str, str]:
    """Return the user and the session that the request is about: the bearer token's, or else the cookie's."""
    if call.user:
        return call.user.id, call.user.session_id
    session = await call.shop.accounts.sessions.of_refresh_token(token) if token else None
    if session is None:
        raise NotAuthenticated("sign in first")
    return session.user_id, session.id


def _signed_in(call: Call, signed_in: SignedIn) -> web.Response:
    response = answered(
        {
            "token": signed_in.token,
            "expires_in": signed_in.expires_in,
            "user": shapes.user(signed_in.account),
        }
    )
    hand_out_refresh_token(call, response, signed_in.refresh_token)
    return response
