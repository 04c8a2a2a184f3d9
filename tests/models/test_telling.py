"""The catalogue of what people are told: whole, asked by all, and what one may choose of it."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivorycart.mail import compose
from models.errors import Invalid
from models.letter import ACCOUNT_KINDS
from models.telling import KINDS, OPTIONAL, Choice, check_choices, chosen, muted, unmailed

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "ivorycart" / "mail" / "templates"
# Letters whose kind is chosen among several, each of which is written out beside it.
CHOSEN_THERE = {"models.alert", "ivorycart.accounts.clerk", "models.fulfilling"}


def test_every_kind_has_its_mail_and_nothing_else_has_one() -> None:
    """A folder of templates for each kind of the catalogue, and for each that is about an account."""
    folders = {each.name for each in TEMPLATES.iterdir() if each.is_dir()}
    assert folders == {*KINDS, *ACCOUNT_KINDS} == compose.KINDS
    for name in folders:
        assert {each.name for each in (TEMPLATES / name).iterdir()} == {"subject.txt", "body.txt", "body.html"}
        assert all(each.read_text().strip() for each in (TEMPLATES / name).iterdir())


def _kinds_of_letters() -> Iterator[tuple[str, str | None]]:
    """Go through every letter that the program writes: the module, and its kind where that is written there."""
    for path in [*ROOT.glob("models/**/*.py"), *ROOT.glob("ivorycart/**/*.py"), *ROOT.glob("mongo/**/*.py")]:
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Letter":
                yield module, _kind(module, node)


def _kind(module: str, call: ast.Call) -> str | None:
    named = {each.arg: each.value for each in call.keywords}
    value = named.get("kind") or call.args[1]
    if isinstance(value, ast.Constant):
        return str(value.value)
    return getattr(importlib.import_module(module), value.id, None) if isinstance(value, ast.Name) else None


def test_every_letter_in_the_code_is_of_a_known_kind() -> None:
    """Of the catalogue, or about an account."""
    found = list(_kinds_of_letters())
    assert len(found) >= 5
    for module, kind in found:
        assert kind in {*KINDS, *ACCOUNT_KINDS} or (kind is None and module in CHOSEN_THERE), (module, kind)


def test_whoever_has_not_chosen_gets_everything_but_mails_about_holds() -> None:
    """A mail of a minute's use is for who asks for it."""
    assert muted({}) == frozenset()
    assert unmailed({}) == {"hold_expiring"}
    assert chosen({}).keys() == {kind.name for kind in OPTIONAL}


def test_a_choice_counts_for_its_kind_alone() -> None:
    """Shop and mail apart."""
    choices = {"low_stock": Choice(in_app=False), "hold_expiring": Choice(email=True)}
    assert muted(choices) == {"low_stock"}
    assert unmailed(choices) == frozenset()
    assert chosen(choices)["low_stock"] == Choice(in_app=False, email=True)


def test_a_kind_of_an_earlier_version_turns_nothing_off() -> None:
    """Nor does one that may not be turned off, should it stand there."""
    choices = {"carrier_pigeons": Choice(in_app=False, email=False), "order_placed": Choice(in_app=False, email=False)}
    assert muted(choices) == frozenset()
    assert "order_placed" not in unmailed(choices)


@pytest.mark.parametrize("kind", ["order_placed", "payment_failed", "reset_password", "carrier_pigeons"])
def test_what_is_about_money_or_an_account_cannot_be_turned_off(kind: str) -> None:
    """Nor what is not known; the refusal names the place."""
    with pytest.raises(Invalid) as refused:
        check_choices({"low_stock": Choice(), kind: Choice(in_app=False)})
    assert [each["pointer"] for each in refused.value.details["errors"]] == ["/items/1/kind"]
