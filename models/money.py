"""How many digits a currency has after the point (ISO 4217): all have two, but these."""

import re

_NONE = frozenset(
    (
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    )
)
_THREE = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
_DECIMAL = re.compile(r"(\d{1,13})(?:[.,](\d{1,4}))?", re.ASCII)


def digits_of(currency: str) -> int:
    """Return how many digits of a price are minor units."""
    return 0 if currency in _NONE else 3 if currency in _THREE else 2


def exact_units(text: str, currency: str) -> int:
    """Return a price that is written with all its decimals (12.50) in minor units; ValueError, in words, otherwise.

    With fewer decimals it might as well be minor units that a spreadsheet has made a fraction of.
    """
    found, digits = _DECIMAL.fullmatch(text), digits_of(currency)
    if not found or not digits or len(found[2] or "") != digits:
        raise ValueError(f"{currency} has {digits} digits after the point: write all of them, or minor units alone")
    return int(found[1] + found[2])


def minor_units(text: str, currency: str) -> int:
    """Return a price such as 12.50 or 12,5 in minor units; ValueError, in words, where it is none."""
    found = _DECIMAL.fullmatch(text)
    if not found:
        raise ValueError("must be a price such as 12.50")
    digits, whole, fraction = digits_of(currency), found[1], (found[2] or "").rstrip("0")
    if len(fraction) > digits:
        raise ValueError(f"{currency} has {digits} digits after the point")
    return int(whole + fraction.ljust(digits, "0"))
