"""Shapes of profiles and address books."""

from typing import Annotated

from pydantic import Field

from handlers.payloads.account import UserAnswer
from handlers.payloads.fields import Answer, Country, Id, OneLine, Request, Time

Phone = Annotated[OneLine, Field(max_length=40, description="with its country's code, such as +49 30 1234567")]


class ProfileBody(Request):
    """What is to be different; what is not there stays. A phone number of null, or empty, removes it."""

    name: Annotated[OneLine, Field(min_length=1, max_length=200)] | None = None
    phone: Phone | None = None


class ProfileAnswer(UserAnswer):
    """One's own account. The defaults are ids of addresses."""

    phone: str | None
    created_at: Time | None
    activated_at: Time | None
    default_shipping: Id | None
    default_billing: Id | None


class AddressBody(Request):
    """An address; what it must have depends on its country. A default of false changes nothing."""

    label: Annotated[OneLine, Field(max_length=50)] = ""
    name: Annotated[OneLine, Field(min_length=1, max_length=200)]
    line1: Annotated[OneLine, Field(min_length=1, max_length=200)]
    line2: Annotated[OneLine, Field(max_length=200)] = ""
    city: Annotated[OneLine, Field(max_length=100, description="needed but in city states")] = ""
    region: Annotated[OneLine, Field(max_length=100)] = ""
    postal_code: Annotated[OneLine, Field(max_length=20, description="needed where the country has them")] = ""
    country: Country
    phone: Phone | None = None
    default_shipping: bool = False
    default_billing: bool = False


class AddressAnswer(Answer):
    """An address of one's book; its id can be ordered with."""

    id: Id
    label: str
    name: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str | None
    default_shipping: bool
    default_billing: bool


class AddressList(Answer):
    """All addresses of one's book, oldest first."""

    items: list[AddressAnswer]
    next: None
