"""Money as people read it: integer minor units and an ISO 4217 code in, text out."""

import re
from types import MappingProxyType

_USUAL_DECIMALS = 2

# Source: ISO 4217, list one ("Current currency & funds code list"), column "Minor unit"; all others have 2.
_DECIMALS = MappingProxyType(
    {
        **dict.fromkeys(
            (
                *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"),
                *("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
            ),
            0,
        ),
        **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
        **dict.fromkeys(("CLF", "UYW"), 4),
    }
)

# Only signs that mean one currency to nearly everyone; the rest keep their code.
_SIGNS = MappingProxyType({"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"})


def decimals(currency: str) -> int:
    """How many decimals a currency is written with; raises ValueError when it is no ISO 4217 code."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError(f"not an ISO 4217 currency code: {currency!r}")
    return _DECIMALS.get(currency, _USUAL_DECIMALS)


def money(amount: int, currency: str) -> str:
    """Write an amount of minor units: 123450 EUR is "€1,234.50", 1200 JPY "¥1,200", 1250 KWD "KWD 1.250"."""
    places = decimals(currency)
    whole, part = divmod(abs(amount), 10**places)
    number = f"{whole:,}.{part:0{places}}" if places else f"{whole:,}"
    sign = "-" if amount < 0 else ""
    # A no-break space keeps the code and its number on one line.
    return f"{sign}{_SIGNS.get(currency, currency + chr(0xA0))}{number}"
