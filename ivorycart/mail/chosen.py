"""Which mail server the settings name, if any."""

from ivorycart.mail.port import Mailer
from ivorycart.mail.smtp import SmtpMailer
from ivorycart.mail.smtp_settings import SmtpSettings
from ivorycart.settings import Settings


def mailer_of(settings: Settings) -> Mailer | None:
    """Return the mail server of the settings, if there is one."""
    if settings.smtp_url:
        return SmtpMailer(SmtpSettings.from_url(settings.smtp_url))
    if settings.email_user and settings.email_pass:
        return SmtpMailer(SmtpSettings.from_account(settings.email_user, settings.email_pass))
    return None
