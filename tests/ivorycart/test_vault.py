"""The vault: what is sealed can be read with its key alone, and keys can be changed."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivorycart.vault import Unreadable, Vault, fresh_keys, keys_of

# The same in every run: parallel runs must agree on the names of the cases.
FIRST, SECOND = (base64.urlsafe_b64encode(sign * 32).decode() for sign in (b"1", b"2"))
VAULT = Vault({"k1": FIRST})


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_is_opened_and_nothing_of_it_shows(text: str):
    """Text of any script and length, the empty one, too."""
    sealed = VAULT.seal(text)
    assert VAULT.open(sealed) == text
    assert sealed.isascii()
    assert len(text) < 3 or text not in sealed


def test_the_same_text_is_never_sealed_alike():
    """Nobody can tell from the database who lives in the same house."""
    assert len({VAULT.seal("1 High Street") for _ in range(100)}) == 100


@given(st.data())
def test_a_text_that_was_tampered_with_is_never_opened(data: st.DataObject):
    """Whichever character is another one, missing or added."""
    sealed = VAULT.seal("1 High Street")
    at = data.draw(st.integers(len("k1:"), len(sealed) - 1))
    sign = data.draw(st.sampled_from("AZaz09-_!\u00e9"))
    head, tail = sealed[:at], sealed[at + 1 :]
    # The last character before the padding has bits that mean nothing: only what is read differently is another text.
    broken = [head, head + tail, head + sign + sealed[at:]]
    if sign != sealed[at] and at < len(sealed) - 4:
        broken.append(head + sign + tail)
    for each in broken:
        with pytest.raises(Unreadable):
            VAULT.open(each)


@pytest.mark.parametrize("text", ["", ":", "k1:", "k1", "k2:abc", "1 High Street", "+491701234567", "k1:é", "K1:\x00"])
def test_what_was_never_sealed_is_told_from_what_was(text: str):
    """Clearly, and without quoting it: it may be what should have been sealed."""
    with pytest.raises(Unreadable, match="ENCRYPTION_KEYS") as refused:
        VAULT.open(text)
    assert "High Street" not in str(refused.value)


def test_a_text_is_opened_by_its_own_key_only():
    """Under the same id in another shop there is another key; the error names the id, so that it can be found."""
    sealed = VAULT.seal("1 High Street")
    with pytest.raises(Unreadable, match="k1"):
        Vault({"k1": SECOND}).open(sealed)
    with pytest.raises(Unreadable, match="k1"):
        Vault({"k2": FIRST}).open(sealed)


def test_the_first_key_seals_and_all_open():
    """So keys are changed one step at a time: add the new one, make it the first, seal anew, drop the old one."""
    old, both, turned = (
        Vault(keys_of(each)) for each in (f"a:{FIRST}", f"a:{FIRST},b:{SECOND}", f"b:{SECOND},a:{FIRST}")
    )
    sealed = old.seal("1 High Street")
    assert (both.open(sealed), turned.open(sealed)) == ("1 High Street", "1 High Street")
    assert both.is_current(sealed)
    assert not turned.is_current(sealed)
    anew = turned.seal(turned.open(sealed))
    assert anew.startswith("b:")
    assert turned.is_current(anew)
    assert Vault(keys_of(f"b:{SECOND}")).open(anew) == "1 High Street"


def test_a_key_whose_id_begins_like_another_is_another():
    """``k1`` is not ``k10``."""
    assert not VAULT.is_current(Vault({"k10": FIRST}).seal("x"))


def test_spaces_and_a_trailing_comma_are_fine():
    """As in other settings that are lists."""
    assert list(keys_of(f" b : {SECOND} , a:{FIRST},")) == ["b", "a"]


def test_fresh_keys_are_in_order_and_never_the_same():
    """One key, to begin with."""
    assert Vault(keys_of(fresh_keys())).key_id == "k1"
    assert fresh_keys() != fresh_keys()
    assert keys_of(fresh_keys()).keys() == {"k1"}


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "k1", "k1:", f":{FIRST}", FIRST, "k1:short", f"k1:{FIRST[:-4]}", f"k1:{FIRST}AAAA", f"k1:{FIRST}:x"),
        *(f"K1:{FIRST}", f"k_1:{FIRST}", f"{'k' * 17}:{FIRST}", f"k1:{FIRST},k1:{SECOND}", f"k1:{'é' * 44}"),
    ],
)
def test_keys_that_are_none_are_refused_and_not_quoted(text: str):
    """The line goes to a log."""
    with pytest.raises(ValueError, match="id:key") as refused:
        keys_of(text)
    assert FIRST[:20] not in str(refused.value)
