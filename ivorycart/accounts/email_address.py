"""The one spelling of an email address."""

from email_validator import EmailNotValidError, validate_email


def normalise_email(text: str) -> str:
    """Return the one spelling under which an address is known here; raise ValueError for what is no address."""
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError("must be an email address") from error
    return checked.normalized.lower()
