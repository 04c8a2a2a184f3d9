"""Shapes of accounts, notifications, and of what a socket hears first."""

from typing import Annotated

from pydantic import Field

from handlers.payloads.fields import Answer, Email, Id, OneLine, Request, SessionToken, Text, Time

Password = Annotated[Text, Field(min_length=8, max_length=128)]


class RegisterBody(Request):
    """A new buyer."""

    email: Email
    password: Password
    name: Annotated[OneLine, Field(min_length=1, max_length=200)]


class RegisterAnswer(Answer):
    """The same for a known and an unknown address: who owns it hears by mail."""

    email: str
    status: str


class LoginBody(Request):
    """Sign in."""

    email: Email
    password: Annotated[Text, Field(min_length=1, max_length=128)]


Token = Annotated[Text, Field(min_length=1, max_length=256, description="as it came by mail")]


class ActivateBody(Request):
    """A token that came by mail."""

    token: Token


class EmailBody(Request):
    """An address."""

    email: Email


class ResetBody(Request):
    """A new password, and the token that came by mail."""

    token: Token
    password: Password


class ChangePasswordBody(Request):
    """A new password, and the present one."""

    current_password: Annotated[Text, Field(min_length=1, max_length=128)]
    password: Password


class ChangeEmailBody(Request):
    """A new address, and the password."""

    email: Email
    password: Annotated[Text, Field(min_length=1, max_length=128)]


class LogoutBody(Request):
    """Which sessions end: this one, or all."""

    everywhere: bool = False


class SentAnswer(Answer):
    """It was taken up; the same for everyone who asks."""

    status: str


class UserAnswer(Answer):
    """An account."""

    id: Id
    email: str
    name: str
    role: str


class LoginAnswer(Answer):
    """A token, and for how many seconds it is good."""

    token: str
    expires_in: int
    user: UserAnswer


class SessionItem(Answer):
    """Where an account is signed in; ``current`` is the session of this request."""

    id: Id
    device: str
    address: str
    created_at: Time
    last_used_at: Time
    expires_at: Time
    current: bool


class SessionList(Answer):
    """Live sessions, the last used first."""

    items: list[SessionItem]
    next: None


class ConnectAuth(Request):
    """What a socket may say of itself when it connects."""

    session: SessionToken | None = None
    token: Annotated[str, Field(max_length=4096)] | None = None
    since: Annotated[str, Field(max_length=64)] | None = None
    watch: Annotated[list[Id], Field(max_length=1000)] | None = None


class AuthEvent(Request):
    """A token, after signing in on an open socket."""

    token: Annotated[str, Field(max_length=4096)]


class Welcome(Answer):
    """What a socket hears first. ``resumed`` says whether what was missed follows, or a snapshot."""

    session: str
    user: UserAnswer | None
    server_time: Time
    hold_seconds: int
    low_stock_threshold: int
    cursor: str
    resumed: bool


class ShopAnswer(Answer):
    """What a page needs to know of this shop."""

    demo: bool
    currency: str
    hold_seconds: int
    low_stock_threshold: int
    guest_checkout: bool
    activation_required: bool
    unpaid_orders: bool
    shipping: Annotated[int, Field(description="what sending an order costs, in minor units")]
    free_shipping_from: Annotated[
        int | None, Field(description="worth of goods, in minor units, from which that is free")
    ]
    stripe_publishable_key: Annotated[
        str | None, Field(description="what a page shows Stripe when it takes a card; null: none does")
    ]
    mails: Annotated[bool, Field(description="whether mails are sent: without a mail server none are")]


class ErrorBody(Answer):
    """Why something was refused; ``code`` is stable."""

    code: str
    message: str
    details: dict[str, object]


class Goodbye(Answer):
    """The server stops; come back after so many milliseconds."""

    retry_ms: int


class SignedOut(Answer):
    """This socket acts as anonymous from here on: its session ended, or its account was closed."""

    reason: str


class AccountNews(Answer):
    """What the socket's user may do, or their address, has changed."""

    role: str
    email: str
