"""Field types that requests share: strict, bounded, and each with one meaning everywhere."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from ivorycart.accounts.email_address import normalise_email

MAX_INT32 = 2**31 - 1


class Request(BaseModel):
    """Base of all that clients send: unknown fields are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """Base of all that is sent to clients."""

    model_config = ConfigDict(extra="forbid")


def _clean(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must be text without NUL and lone surrogates")
    return text


def _one_line(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):  # noqa: PLR2004 - ASCII controls
        raise ValueError("must be one line without control characters")
    return text


Text = Annotated[str, AfterValidator(_clean)]
OneLine = Annotated[str, AfterValidator(_clean), AfterValidator(_one_line)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_one_line), AfterValidator(normalise_email)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="24 hexadecimal digits")]
Quantity = Annotated[int, Field(ge=0, le=MAX_INT32)]
Amount = Annotated[int, Field(ge=0, le=2**53 - 1, description="integer minor units")]
OrderKey = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_clean)]
SessionToken = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{20,64}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166 alpha-2")]
Time = Annotated[str, Field(description="RFC 3339, UTC, with milliseconds")]

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: object) -> datetime:
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("must be a time such as 2026-01-31T12:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("must be a time that exists") from error


Moment = Annotated[datetime, BeforeValidator(_moment), Field(description="RFC 3339")]
