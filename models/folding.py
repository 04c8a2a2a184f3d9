"""Text as it is compared: neither case nor accents count, and compatible forms (ligatures, full-width) are the same."""

import unicodedata

# Letters that no decomposition takes apart.
_FOLDED = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ħ": "h", "\u0131": "i"}
)


def folded(text: str) -> str:
    """Take off case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).translate(_FOLDED)
