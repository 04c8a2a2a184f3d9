"""Address books: what an address must have in which country, and which one goods and bills go to."""

import re
import unicodedata
from dataclasses import dataclass, replace

from models.countries import CITY_STATES, COUNTRIES, POSTAL_SHAPES, needs_postal_code, postal_code_of
from models.errors import Invalid
from models.order import Address

MOST_ADDRESSES = 20

# E.164: a country's code, which does not begin with zero, and 15 digits at most. The shortest numbers in use have 7.
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[\s().\u2010-\u2015/-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressEntry:
    """An address of somebody's book; ``country`` is an ISO 3166 alpha-2 code. What is not there is empty."""

    id: str
    label: str = ""
    name: str
    line1: str
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str
    phone: str = ""

    def for_order(self) -> Address:
        """Return where an order to this address goes."""
        return Address(
            name=self.name,
            line1=self.line1,
            line2=self.line2,
            city=self.city,
            postal_code=self.postal_code,
            country=self.country,
            region=self.region,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBook:
    """Somebody's addresses, oldest first. While there is one, both defaults are ids of entries; else both are None."""

    entries: tuple[AddressEntry, ...] = ()
    default_shipping: str | None = None
    default_billing: str | None = None

    def entry(self, address_id: str) -> AddressEntry | None:
        """Return the entry with an id."""
        return next((each for each in self.entries if each.id == address_id), None)


def checked(entry: AddressEntry) -> AddressEntry:
    """Return an entry as it is to be kept: trimmed, postal code and phone in one spelling.

    Raise Invalid, naming every field that does not fit its country.
    """
    trimmed = replace(
        entry,
        label=entry.label.strip(),
        name=entry.name.strip(),
        line1=entry.line1.strip(),
        line2=entry.line2.strip(),
        city=entry.city.strip(),
        region=entry.region.strip(),
        postal_code=entry.postal_code.strip(),
        phone=entry.phone.strip(),
    )
    if trimmed.country not in COUNTRIES:  # nothing else can be judged
        raise _invalid({"country": "must be a country of ISO 3166, in two letters"})
    if problems := _missing(trimmed) | _misshapen(trimmed):
        raise _invalid(problems)
    code = trimmed.postal_code and postal_code_of(trimmed.country, trimmed.postal_code)
    return replace(trimmed, postal_code=code or "", phone=phone_of(trimmed.phone) or "")


def checked_phone(text: str) -> str:
    """Return a phone number as it is to be kept, or nothing for nothing; Invalid for what is no number."""
    phone = phone_of(text)
    if phone is None:
        raise _invalid({"phone": _PHONE_RULE})
    return phone


def phone_of(text: str) -> str | None:
    """Return a number in E.164's shape (``+49 (30) 1234-567`` is ``+49301234567``), None for what is none.

    Nothing remains nothing.
    """
    bare = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    return bare if not bare or _PHONE.fullmatch(bare) else None


_PHONE_RULE = "must be a number with its country's code, such as +49 30 1234567"


def _missing(entry: AddressEntry) -> dict[str, str]:
    needed = {"name": entry.name, "line1": entry.line1}
    if entry.country not in CITY_STATES:
        needed["city"] = entry.city
    if needs_postal_code(entry.country):
        needed["postal_code"] = entry.postal_code
    return {field: f"is needed for an address in {entry.country}" for field, value in needed.items() if not value}


def _misshapen(entry: AddressEntry) -> dict[str, str]:
    problems = {}
    if entry.postal_code and postal_code_of(entry.country, entry.postal_code) is None:
        shape = POSTAL_SHAPES.get(entry.country)
        looks = f": {shape.replace('|', ' or ')}, 9 for a digit and A for a letter" if shape else ""
        problems["postal_code"] = f"is no postal code of {entry.country}{looks}"
    if phone_of(entry.phone) is None:
        problems["phone"] = _PHONE_RULE
    return problems


def _invalid(problems: dict[str, str]) -> Invalid:
    errors = [{"pointer": f"/{field}", "detail": detail} for field, detail in problems.items()]
    return Invalid("the request is not valid", errors=errors)
