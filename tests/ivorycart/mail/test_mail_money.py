"""Amounts as people read them."""

import pytest

from ivorycart.mail.money import money


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (0, "EUR", "€0.00"),
        (5, "EUR", "€0.05"),
        (123450, "EUR", "€1,234.50"),
        (-250, "GBP", "-£2.50"),
        (1200, "JPY", "¥1,200"),
        (1250, "KWD", "KWD\u00a01.250"),
        (12345, "CLF", "CLF\u00a01.2345"),
        (9900, "CHF", "CHF\u00a099.00"),
        (2**63, "EUR", "€92,233,720,368,547,758.08"),
    ],
)
def test_an_amount_is_written_with_the_decimals_of_its_currency(amount: int, currency: str, written: str) -> None:
    """Minor units are hundredths, wholes, thousandths or ten-thousandths: ISO 4217 says which."""
    assert money(amount, currency) == written


@pytest.mark.parametrize("code", ["eur", "EURO", "", "E1R", "EUR\n"])
def test_what_is_no_currency_code_is_refused(code: str) -> None:
    """An amount in an unknown unit is worse than none."""
    with pytest.raises(ValueError, match="ISO 4217"):
        money(100, code)
