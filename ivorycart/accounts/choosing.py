"""What a password may not be: one of those that are tried first.

Length is the wire's business (8 to 128 characters); there are no rules about which characters (NIST SP 800-63B).
"""

from functools import cache
from importlib import import_module
from unicodedata import normalize

from models.errors import Invalid


def choose(password: str, *, email: str, name: str = "") -> None:
    """Raise Invalid for a password that is among the most common ones, or that the account itself gives away."""
    folded = _folded(password)
    known = {_folded(email), _folded(email.partition("@")[0]), _folded(name), "ivorycart"}
    if folded in most_common() or folded in known:
        problem = {"pointer": "/password", "detail": "is one of the passwords that are tried first: choose another"}
        raise Invalid("the request is not valid", errors=[problem])


def _folded(text: str) -> str:
    return normalize("NFKC", text).casefold()


@cache
def most_common() -> frozenset[str]:
    """Return the most common passwords (some thirty thousand), in lower case."""
    lists: dict[str, list[str]] = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS
    return frozenset(lists["passwords"])
