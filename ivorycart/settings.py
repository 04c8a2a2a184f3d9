"""Settings, from the environment or ``.env``. A wrong one stops the start with a line that says which and why."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ivorycart.client_address import TrustedProxies
from ivorycart.hosts import name_of
from ivorycart.mail.headers import mailbox
from ivorycart.mail.smtp_settings import SmtpSettings, is_loopback
from ivorycart.vault import HOW_TO_MAKE_KEYS, keys_of
from models.policy import Policy

# The protocol names these; what they do comes with later versions. Set today, they have no effect.
NOT_KNOWN_YET: tuple[str, ...] = ()
ENV_FILE = ".env"

Comma = Annotated[tuple[str, ...], NoDecode]


class SettingsError(Exception):
    """A setting is wrong; the message is one line for the operator."""


class Settings(BaseSettings):
    """Everything that can be set. Names are those of the environment, in upper case."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True)

    port: int = Field(5000, ge=0, le=65535, description="TCP port; 0 takes a free one")
    host: str = Field("127.0.0.1", description="address to listen on")
    workers: int = Field(1, ge=1, le=64, description="processes that serve the port; one per core is enough")
    drain_seconds: float = Field(
        0,
        ge=0,
        le=300,
        description="how long a server that was asked to stop serves on, not ready, so that proxies turn",
    )
    mongodb_uri: str | None = Field(None, description="replica set to use; unset: an embedded one")
    mongodb_database: str = Field("ivorycart", pattern=r"^[A-Za-z0-9_-]{1,60}$", description="database name")
    read_from_secondaries: bool = Field(
        False,  # noqa: FBT003 - a field
        description="whether lists for buyers and counts for admins are read of secondaries, where there are any",
    )
    mongod: Path | None = Field(None, description="mongod to embed; unset: the one on the PATH or of the package")
    secrets_dir: Path | None = Field(
        None,
        description="folder with a file for each secret, named after its setting: jwt_secret, mongodb_uri, …; "
        "its variable is empty then, or says the same",
    )
    data_dir: Path = Field(Path(".data"), description="where the embedded database and generated secrets are kept")
    mongo_driver: Literal["motor", "pymongo"] = Field("motor", description="which driver to use")
    hold_seconds: int = Field(600, ge=0, le=86_400, description="how long a cart holds stock; 0 turns holding off")
    offer_seconds: int = Field(
        120, ge=1, le=86_400, description="how long a unit is kept for whoever waited for it and is offered it"
    )
    low_stock_threshold: int = Field(3, ge=0, le=1_000_000, description="default threshold of new products")
    max_units_per_cart: int = Field(500, ge=1, le=1_000_000, description="units that one cart may hold")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="currency of new products")
    shipping: int = Field(0, ge=0, le=10**9, description="what sending an order costs, in minor units")
    free_shipping_from: int | None = Field(
        None, ge=0, le=10**12, description="worth of goods, in minor units, from which sending them is free"
    )
    demo: bool = Field(False, description="demo data and accounts; never in production")  # noqa: FBT003 - a field
    demo_sales: bool = Field(False, description="with DEMO, at first: sales of the last two weeks")  # noqa: FBT003
    public_url: str | None = Field(None, description="address for links in mails; unset: where the server listens")
    allowed_origins: Comma = Field(
        (), description="further web origins whose pages may use the API and open sockets, separated by commas"
    )
    allowed_hosts: Comma = Field(
        (), description="names that the shop is asked for under, beside its addresses, localhost, HOST and PUBLIC_URL's"
    )
    trusted_proxies: Comma = Field(
        (), description="addresses or networks of proxies whose X-Forwarded-* or Forwarded headers are believed"
    )
    jwt_secret: str | None = Field(None, min_length=32, description="signs tokens; unset: generated when embedded")
    encryption_keys: str | None = Field(
        None, description="seals phone numbers and addresses, id:key,id2:key2, the first seals; unset: as JWT_SECRET"
    )
    token_seconds: int = Field(900, ge=60, le=86_400, description="how long an access token is good")
    session_days: int = Field(30, ge=1, le=400, description="how long a sign-in lasts at the most, refreshed")
    session_idle_days: int = Field(14, ge=1, le=400, description="how long a sign-in lasts without being used")
    activation_required: bool | None = Field(
        None, description="whether an address must be proven before signing in; unset: yes, but not with demo data"
    )
    logins_per_minute: int = Field(
        10, ge=1, le=1_000_000, description="sign-ins per account, tenfold per network address"
    )
    registrations_per_minute: int = Field(
        60, ge=1, le=1_000_000, description="new accounts, and places in lines, per network address"
    )
    requests_per_minute: int = Field(
        600, ge=1, le=10_000_000, description="API requests per user or session; anonymous ones tenfold per address"
    )
    mails_per_hour: int = Field(
        5, ge=1, le=1_000_000, description="links that one address may ask for: activation, reset, new address"
    )
    audit_every_hours: int = Field(
        24, ge=0, le=8760, description="how often the shop audits itself in the background; 0: only when it is asked to"
    )
    metrics_token: str | None = Field(
        None,
        pattern=r"^[!-~]{16,200}$",
        description="bearer token for /metrics; unset: only for this machine, unproxied",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        None, description="http://host:4318 of an OpenTelemetry collector; unset: no traces"
    )
    bcrypt_cost: int = Field(12, ge=4, le=16, description="work factor of password hashes")
    smtp_url: str | None = Field(None, description="smtp://user:password@host:587 or smtps://…; unset: no mail")
    mail_from: str = Field("IvoryCart <no-reply@localhost>", description="sender of mails")
    email_user: str | None = Field(None, description="mail account, where SMTP_URL is not set")
    email_pass: str | None = Field(None, description="its password")
    guest_checkout: bool = Field(False, description="whether anonymous carts can be ordered")  # noqa: FBT003 - a field
    stripe_api_key: str | None = Field(
        None,
        pattern=r"^(sk|rk)_(test|live)_[A-Za-z0-9_]{1,250}$",
        description="payments by Stripe; the sandbox is offered without it, and in a DEMO",
    )
    stripe_publishable_key: str | None = Field(
        None,
        pattern=r"^pk_(test|live)_[A-Za-z0-9_]{1,250}$",
        description="what the payment page shows Stripe; unset: no page takes cards for Stripe",
    )
    stripe_webhook_secret: str | None = Field(
        None,
        pattern=r"^whsec_[A-Za-z0-9+/=_-]{16,250}$",
        description="what Stripe signs its webhooks with; unset: none are taken",
    )
    stripe_api_base: str | None = Field(None, description="a stand-in for Stripe's API, for tests; unset: Stripe's own")
    sandbox_patience: float = Field(2.0, ge=0, le=60, description="seconds that the silent test card keeps one waiting")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")
    log_json: bool = Field(False, description="one JSON object per line instead of text")  # noqa: FBT003 - a field

    @field_validator("allowed_origins", "allowed_hosts", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: str | None) -> str | None:
        if value is not None:
            SmtpSettings.from_url(value)
        return value

    @field_validator("stripe_api_base")
    @classmethod
    def _is_stand_in(cls, value: str | None) -> str | None:
        if value is not None and not is_stand_in(value):
            raise ValueError("must be https://host or http://127.0.0.1:port, with nothing after it")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_mailbox(cls, value: str) -> str:
        mailbox(value)
        return value

    @field_validator("public_url")
    @classmethod
    def _is_site(cls, value: str | None) -> str | None:
        if value is not None and not _is_web_address(value):
            raise ValueError("must be an address such as https://shop.example")
        return value

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_collector(cls, value: str | None) -> str | None:
        if value is not None and not _is_web_address(value):
            raise ValueError("must be an address such as http://127.0.0.1:4318")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if not _is_web_address(origin) or urlsplit(origin).path not in {"", "/"}:
                raise ValueError(f"must be origins such as https://shop.example, not {origin!r}")
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if name_of(host) != host.lower():
                raise ValueError(f"must be names such as shop.example, without a port, not {host!r}")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                TrustedProxies([network])
            except ValueError as error:
                raise ValueError(f"must be addresses or networks such as 10.0.0.0/8, not {network!r}") from error
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _are_keys(cls, value: str | None) -> str | None:
        if value is not None:
            keys_of(value)
        return value

    @field_validator("mongodb_uri")
    @classmethod
    def _is_database(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("must start with mongodb:// or mongodb+srv://")
        return value

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any, info: Any) -> Any:
        if value == "" and info.field_name is not None:
            return cls.model_fields[info.field_name].get_default()
        return value

    @property
    def needs_activation(self) -> bool:
        """Whether an address must be proven before its account can sign in."""
        return not self.demo if self.activation_required is None else self.activation_required

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if not self.smtp_url and (self.email_user or self.email_pass):
            if not (self.email_user and self.email_pass):
                raise ValueError("EMAIL_USER and EMAIL_PASS go together: set both or neither")
            SmtpSettings.from_account(self.email_user, self.email_pass)
        if self.demo and self.public_url and not _is_local(self.public_url):
            raise ValueError("DEMO brings accounts with known passwords: not together with a public PUBLIC_URL")
        moves_money = self._moves_money()
        if moves_money and (self.demo or self.stripe_api_base):
            raise ValueError("STRIPE_API_KEY moves real money: not together with DEMO or STRIPE_API_BASE")
        return self

    def _moves_money(self) -> bool:
        """Whether payments are real; ValueError where what is said of Stripe does not go together."""
        if not self.stripe_api_key:
            for name in ("stripe_publishable_key", "stripe_webhook_secret", "stripe_api_base"):
                if getattr(self, name):
                    raise ValueError(f"{name.upper()} goes with STRIPE_API_KEY: set both or neither")
            return False
        live = self.stripe_api_key[3:].startswith("live_")
        if self.stripe_publishable_key and self.stripe_publishable_key.startswith("pk_live_") != live:
            raise ValueError("STRIPE_PUBLISHABLE_KEY is to be of the same mode as STRIPE_API_KEY: test or live")
        return live


def _is_local(url: str) -> bool:
    return (urlsplit(url).hostname or "") in {"localhost", "127.0.0.1", "::1"}


def is_stand_in(text: str) -> bool:
    """Whether an API key may be sent to this address: over TLS, or without leaving the machine."""
    if not _is_web_address(text):
        return False
    parts = urlsplit(text)
    alone = text in {f"{parts.scheme}://{parts.netloc}", f"{parts.scheme}://{parts.netloc}/"} and "@" not in text
    return alone and (parts.scheme == "https" or is_loopback(parts.hostname or ""))


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not match
        return False


def policy_of(settings: Settings) -> Policy:
    """Return the shop's limits."""
    return Policy.of_seconds(
        hold=settings.hold_seconds,
        offer=settings.offer_seconds,
        max_units=settings.max_units_per_cart,
        shipping=settings.shipping,
        free_shipping_from=settings.free_shipping_from,
    )


def load_settings(*, operating: bool = False, workers: str | None = None) -> Settings:
    """Read the settings; raise SettingsError naming the first that is wrong.

    With ``operating``, for an operator's command, which signs no tokens: JWT_SECRET is never required, nor are
    ENCRYPTION_KEYS before something is to be opened.
    ``workers``, where it is given, goes before the environment.
    """
    settings = _read() if workers is None else _read(workers=workers)
    if settings.mongodb_uri and not settings.jwt_secret and not operating:
        raise SettingsError("JWT_SECRET: is required together with MONGODB_URI: all processes need the same")
    if not operating:
        require_encryption_keys(settings)
    return settings


def require_encryption_keys(settings: Settings) -> None:
    """Raise SettingsError where keys are neither set nor can be kept beside an embedded database."""
    if settings.mongodb_uri and not settings.encryption_keys:
        raise SettingsError(f"ENCRYPTION_KEYS: is required together with MONGODB_URI; {HOW_TO_MAKE_KEYS}")


def handed_over(values: dict[str, Any]) -> Settings:
    """Return the settings that another process read, from its ``model_dump(mode="json")``, whatever is set here."""
    return Settings(_env_file=None, **values)


def not_known_yet() -> list[str]:
    """Return the names that are set and belong to a later version of the program."""
    given = {name.upper(): value for name, value in {**dotenv_values(ENV_FILE), **os.environ}.items()}
    return [name for name in NOT_KNOWN_YET if given.get(name)]


def _read(**given: Any) -> Settings:
    try:
        return Settings(**_from_files() | given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "settings"
        reason = first["msg"].removeprefix("Value error, ").removeprefix(f"{name}: ").removeprefix(f"{name} ")
        raise SettingsError(f"{name}: {reason}") from None  # the cause quotes what was given, secrets and all
    except UnicodeDecodeError as error:
        raise SettingsError(f".env: is not UTF-8 text ({error.reason})") from error


def _from_files() -> dict[str, str]:
    """Return the settings that are in files of SECRETS_DIR; one that is empty says nothing.

    Raise SettingsError where a variable says otherwise: one of the two is forgotten, and nobody knows which.
    """
    variables = _variables()
    folder = variables.get("secrets_dir")
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise SettingsError(f"SECRETS_DIR: there is no folder {folder}")
    files = {file.name.lower(): file for file in Path(folder).iterdir() if file.is_file()}
    found = {name: _text_of(files[name]) for name in Settings.model_fields if name in files}
    for name, text in found.items():
        if text and variables.get(name, text) != text:
            raise SettingsError(f"{name.upper()}: the variable and the file {files[name]} differ: keep one of them")
    return {name: text for name, text in found.items() if text}


def _variables() -> dict[str, str]:
    """Return what is set and not empty, by lower-case names; the environment goes before ``.env``."""
    given = {name.lower(): value for name, value in {**dotenv_values(ENV_FILE), **os.environ}.items()}
    return {name: value for name, value in given.items() if value}


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{file.name.upper()}: {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{file.name.upper()}: {file} is not UTF-8 text") from None  # the cause quotes it


def describe() -> list[tuple[str, str, str]]:
    """Return name, default and meaning of every setting."""
    rows = []
    for name, field in Settings.model_fields.items():
        default = field.get_default()
        shown = "" if default is None else ",".join(default) if isinstance(default, tuple) else str(default)
        rows.append((name.upper(), shown, field.description or ""))
    return rows


def example() -> str:
    """Return the text of ``.env.example``."""
    header = "# Settings of IvoryCart, each with its default. Copy to .env and change what you need.\n"
    return header + "".join(f"\n# {meaning}\n#{name}={default}\n" for name, default, meaning in describe())
