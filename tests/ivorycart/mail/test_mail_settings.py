"""How a mail server is named."""

import pytest

from ivorycart.mail.smtp import SmtpSettings


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example", "mail.example", 25, "auto"),
        ("smtp://u:p@mail.example", "mail.example", 587, "always"),
        ("smtp://u:p@mail.example:2525?starttls=auto", "mail.example", 2525, "auto"),
        ("smtps://u:p@mail.example", "mail.example", 465, "implicit"),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, "never"),
        ("smtp://u:p@localhost:1025", "localhost", 1025, "never"),
        ("smtp://[::1]:1025", "::1", 1025, "never"),
        ("smtp://[::1]:1025?starttls=always", "::1", 1025, "always"),
    ],
)
def test_a_url_names_host_port_and_how_it_is_encrypted(url: str, host: str, port: int, tls: str) -> None:
    """A password never crosses a network in the clear unless someone asked for that."""
    settings = SmtpSettings.from_url(url)
    assert (settings.host, settings.port, settings.tls) == (host, port, tls)


def test_user_and_password_may_hold_any_character() -> None:
    """They are percent-encoded in a URL, and hidden when printed."""
    settings = SmtpSettings.from_url("smtp://me%40shop.example:p%2F%3Aw%C3%B6rd@mail.example?verify=no")
    assert (settings.username, settings.password) == ("me@shop.example", "p/:wörd")
    assert not settings.verify
    assert "wörd" not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://u:secret@mail.example",
        "smtp://",
        "smtp://u:secret@mail.example:99999",
        "smtp://u:secret@mail.example:port",
        "smtp://u:secret@[::1",
        "smtp://u:secret/x@mail.example",
        "smtp://:secret@mail.example",
        "smtp://u:secret@mail.example?starttls=maybe",
        "smtps://u:secret@mail.example?starttls=always",
        "smtp://u:secret@mail.example?pool=4",
    ],
)
def test_an_unreadable_url_is_refused_without_telling_the_password(url: str) -> None:
    """The message goes to a log."""
    with pytest.raises(ValueError, match="SMTP_URL") as caught:
        SmtpSettings.from_url(url)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_first_designs_account_means_gmail() -> None:
    """EMAIL_USER and EMAIL_PASS go on working."""
    settings = SmtpSettings.from_account("shop@gmail.com", "app password")
    assert (settings.host, settings.port, settings.tls) == ("smtp.gmail.com", 465, "implicit")
    with pytest.raises(ValueError, match="EMAIL_USER"):
        SmtpSettings.from_account("shop", "x")
