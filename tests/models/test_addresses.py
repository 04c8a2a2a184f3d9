"""Addresses: what each country asks for, and one spelling for what is kept."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.addresses import AddressBook, AddressEntry, checked, checked_phone, phone_of
from models.countries import CITY_STATES, COUNTRIES, POSTAL_SHAPES, needs_postal_code, postal_code_of
from models.errors import Invalid
from models.order import Address

BATH = AddressEntry(id="a", name="Anna", line1="1 High Street", city="Bath", postal_code="BA1 1AA", country="GB")

GOOD = {
    "AD": "AD500", "AE": "", "AR": "C1425CLA", "AT": "1010", "AU": "2000", "BE": "1000", "BG": "1000",
    "BR": "01310-100", "CA": "K1A 0B1", "CH": "8001", "CL": "834 0457", "CN": "100000", "CO": "110111",
    "CY": "1010", "CZ": "110 00", "DE": "01067", "DK": "1050", "EE": "10111", "ES": "28001", "FI": "00100",
    "FR": "75001", "GB": "SW1A 1AA", "GR": "104 31", "HK": "", "HR": "10000", "HU": "1051", "ID": "10110",
    "IE": "D02 AF30", "IL": "9414219", "IN": "110001", "IS": "101", "IT": "00118", "JP": "100-0001", "KR": "03051",
    "LT": "LT-01100", "LU": "1009", "LV": "LV-1010", "MT": "VLT 1117", "MX": "06000", "MY": "50000",
    "NL": "1012 AB", "NO": "0010", "NZ": "6011", "PH": "1000", "PL": "00-001", "PR": "00901", "PT": "1000-001",
    "QA": "", "RO": "010011", "RS": "11000", "RU": "101000", "SA": "11564", "SE": "111 22", "SG": "018956",
    "SI": "1000", "SK": "811 01", "TH": "10100", "TR": "06010", "TW": "100", "UA": "01001", "US": "20500-0005",
    "VN": "100000", "ZA": "0001",
}  # fmt: skip

BAD = {
    "US": ["2050", "205000", "ABCDE", "20500-005", "\u0662\u0660\u0665\u0660\u0660", ""],
    "CA": ["K1A 0BB", "11A 0B1", "K1A", ""],
    "GB": ["SW1A", "SW1A 1A", "1SW 1AA", "SW1A 1AAA", ""],
    "DE": ["1067", "D-10115", "010678", ""],
    "FR": ["7500", "750011", ""],
    "NL": ["1012", "1012 A", "AB 1012", ""],
    "IT": ["0118", ""],
    "ES": ["2800", ""],
    "JP": ["100-001", "1000", ""],
    "IE": ["D02", "02D AF30"],
    "HK": ["#", "x" * 17],
}


def refused(entry: AddressEntry) -> dict[str, str]:
    """Return which fields of an address are wrong, and why."""
    with pytest.raises(Invalid) as caught:
        checked(entry)
    return {each["pointer"]: each["detail"] for each in caught.value.details["errors"]}


@pytest.mark.parametrize(("country", "code"), GOOD.items())
def test_a_countrys_own_codes_are_kept_as_they_are(country: str, code: str):
    """As its postal service writes them."""
    assert checked(replace(BATH, country=country, postal_code=code)).postal_code == code


@pytest.mark.parametrize(("country", "code"), [(country, code) for country, codes in BAD.items() for code in codes])
def test_what_is_no_code_of_the_country_is_refused_at_its_field(country: str, code: str):
    """The reason names the country and, where it is known, what a code looks like."""
    problems = refused(replace(BATH, country=country, postal_code=code))
    assert list(problems) == ["/postal_code"]
    assert country in problems["/postal_code"]


@given(st.sampled_from(sorted(GOOD)), st.data())
def test_spaces_hyphens_and_case_do_not_matter(country: str, data: st.DataObject):
    """However somebody types it, one spelling is kept."""
    signs = [each for each in GOOD[country] if each not in " -"]
    between = [data.draw(st.sampled_from(["", " ", "-", "\u2013"])) for _ in signs]
    typed = "".join(sign + gap for sign, gap in zip(signs, between, strict=True)).rstrip(" -\u2013")
    assert postal_code_of(country, typed.lower()) == (GOOD[country] or None)


@given(st.sampled_from(sorted(COUNTRIES)), st.text(max_size=20))
def test_what_is_kept_is_accepted_again_and_stays(country: str, text: str):
    """Whatever is typed: an address that was read can be written back."""
    code = postal_code_of(country, text)
    if code is not None:
        assert postal_code_of(country, code) == code
        assert code.isascii()
        assert len(code) <= 16


def test_wide_digits_of_japanese_keyboards_are_digits():
    """They mean the same."""
    assert postal_code_of("JP", "\uff11\uff10\uff10\uff0d\uff10\uff10\uff10\uff11") == "100-0001"


def test_the_table_of_shapes_names_countries():
    """Each once; at least the forty most common ones of the trade are among them."""
    assert len(COUNTRIES) == 249
    assert not (POSTAL_SHAPES.keys() | CITY_STATES) - COUNTRIES
    assert len(POSTAL_SHAPES) >= 40
    assert POSTAL_SHAPES.keys() >= GOOD.keys() - {"AE", "HK", "QA"}


@given(st.sampled_from(sorted(COUNTRIES - POSTAL_SHAPES.keys())))
def test_a_country_without_a_known_shape_takes_an_address_with_or_without_a_code(country: str):
    """Leniently: the world has more systems than this table."""
    assert not needs_postal_code(country)
    assert checked(replace(BATH, country=country, postal_code="")).postal_code == ""
    assert checked(replace(BATH, country=country, postal_code=" ab 12-3 ")).postal_code == "AB 12-3"


@pytest.mark.parametrize("country", ["", "ZZ", "XK", "UK", "gb", "GBR", "EU", "AA"])
def test_a_country_is_one_of_iso_3166(country: str):
    """And nothing else is judged before."""
    assert list(refused(replace(BATH, country=country, name=""))) == ["/country"]


def test_all_that_is_missing_is_said_at_once():
    """A form shows it in one go; spaces are nothing."""
    empty = replace(BATH, name=" ", line1="", city="\u00a0", postal_code=" ", phone="123")
    assert list(refused(empty)) == ["/name", "/line1", "/city", "/postal_code", "/phone"]


def test_a_city_state_needs_no_city():
    """The country says it."""
    assert checked(replace(BATH, country="SG", city="", postal_code="018956")).city == ""


def test_what_is_kept_is_trimmed():
    """Texts of any script are kept otherwise as they came."""
    entry = replace(BATH, label=" Zuhause ", name=" Zoë 👩‍👩‍👧 ", line1=" شارع 1 ", line2="\t", region=" Somerset ")
    kept = checked(entry)
    assert (kept.label, kept.name, kept.line1, kept.line2) == ("Zuhause", "Zoë 👩‍👩‍👧", "شارع 1", "")
    assert kept.region == "Somerset"
    assert checked(kept) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("+49 30 1234567", "+49301234567"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("+44.20.7946.0018", "+442079460018"),
        ("\uff0b81 3-1234-5678", "+81312345678"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_phone_number_is_kept_in_one_spelling(typed: str, kept: str):
    """That of E.164; none is none."""
    assert phone_of(typed) == kept
    assert checked_phone(typed) == kept


@pytest.mark.parametrize(
    "typed", ["030 1234567", "+0301234567", "+123456", "+1234567890123456", "+49 30 CALL", "++49301", "+"]
)
def test_what_cannot_be_dialled_from_anywhere_is_refused(typed: str):
    """No country's code, too short, too long, or no digits."""
    with pytest.raises(Invalid) as caught:
        checked_phone(typed)
    assert caught.value.details["errors"][0]["pointer"] == "/phone"


@given(st.text(max_size=30))
def test_a_kept_phone_number_is_accepted_again_and_stays(text: str):
    """Whatever is typed."""
    kept = phone_of(text)
    assert kept is None or phone_of(kept) == kept


def test_an_order_gets_what_a_parcel_needs():
    """The region, too; the label and the phone number are nobody's business there."""
    entry = replace(BATH, label="Home", region="Somerset", phone="+442079460018")
    assert entry.for_order() == Address("Anna", "1 High Street", "", "Bath", "BA1 1AA", "GB", "Somerset")


def test_a_book_finds_its_entries():
    """And nobody else's."""
    book: Any = AddressBook(entries=(BATH, replace(BATH, id="b")))
    assert (book.entry("b").id, book.entry("c")) == ("b", None)
