"""Words: how what sellers write and what buyers type become comparable. Case and accents do not count.

Letters and digits that stand together are a word. In writing without spaces, and among symbols such as emoji, every
character is one. What is left of a text that has no word finds nothing.
"""

import re
import unicodedata
from itertools import islice

from models.folding import folded

LONGEST = 40  # letters; what is longer is cut
MOST_OF_A_TEXT = 2000  # words of one text that count
_PLAIN = re.compile(r"[a-z0-9]+")
# Han, kana, and the scripts of Thailand, Laos, Burma and Cambodia are written without spaces.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}_])\w)+|[^\w\s]")


def words_of(text: str) -> list[str]:
    """Return a text's words, folded."""
    if text.isascii():
        return [word[:LONGEST] for word in islice(_PLAIN.findall(text.lower()), MOST_OF_A_TEXT)]
    found = (match[0] for match in _WORD.finditer(folded(text)))
    return [word[:LONGEST] for word in islice((each for each in found if _counts(each)), MOST_OF_A_TEXT)]


def sku_of(text: str) -> str:
    """Return a stock-keeping unit as it is compared."""
    return " ".join(folded(text).split())


def _counts(word: str) -> bool:
    return word.isalnum() or unicodedata.category(word[0]) in {"So", "Lo", "Mc", "Mn"}
