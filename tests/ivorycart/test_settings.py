"""Settings: a wrong one stops the start with one line that says which and why."""

import json
from pathlib import Path
from typing import Any

import pytest

from ivorycart.settings import (
    NOT_KNOWN_YET,
    Settings,
    SettingsError,
    describe,
    example,
    handed_over,
    load_settings,
    not_known_yet,
)

SECRET = "s" * 32
KEYS = f"k1:{'a' * 43}="
WEBHOOK_SECRET = f"whsec_{'w' * 32}"
URI = "mongodb://localhost/?replicaSet=rs"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begin in an empty folder and without any setting."""
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, *NOT_KNOWN_YET):
        monkeypatch.delenv(name.upper(), raising=False)


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    """Return why these settings are refused."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    return str(caught.value)


def accepted(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    """Return what these settings come to."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings()


WRONG = {
    "ENCRYPTION_KEYS": ["k1", "k1:short", f"K1:{'a' * 43}=", f"{KEYS},{KEYS}", ","],
    "PORT": ["x", "-1", "65536", "5000.5", "1e3", "0x50"],
    "WORKERS": ["0", "-1", "65", "two", "1.5"],
    "MONGODB_URI": ["localhost:27017", "http://db"],
    "MONGODB_DATABASE": ["a b", "a.b", "$x", "x" * 61],
    "MONGO_DRIVER": ["asyncmongo", "Motor"],
    "HOLD_SECONDS": ["-1", "86401", "ten"],
    "LOW_STOCK_THRESHOLD": ["-1", "nan"],
    "MAX_UNITS_PER_CART": ["0"],
    "CURRENCY": ["eur", "EURO", "€"],
    "DEMO": ["maybe", "2"],
    "METRICS_TOKEN": ["short", "with a space in it, and long"],
    "PUBLIC_URL": ["shop.example", "ftp://shop.example", "https://", "https://[::1", "https://shop.example:x"],
    "ALLOWED_ORIGINS": ["shop.example", "*", "null", "https://a.example, b.example", "https://a.example/path"],
    "JWT_SECRET": ["short", "x" * 31],
    "TOKEN_SECONDS": ["59", "inf"],
    "LOGINS_PER_MINUTE": ["0"],
    "REGISTRATIONS_PER_MINUTE": ["0", "many"],
    "REQUESTS_PER_MINUTE": ["0", "-5", "lots"],
    "ALLOWED_HOSTS": ["https://shop.example", "shop.example:5000", "*", "a b", "shop.example,ok.example/x"],
    "TRUSTED_PROXIES": ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.1:80", "*"],
    "BCRYPT_COST": ["3", "17"],
    "SMTP_URL": ["localhost", "http://mail", "smtp://", "smtp://:secret@mail", "smtp://mail:x", "smtp://mail?tls=1"],
    "MAIL_FROM": ["nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: x@y.example"],
    "GUEST_CHECKOUT": ["perhaps"],
    "SANDBOX_PATIENCE": ["-1", "61", "nan", "inf"],
    "STRIPE_API_KEY": ["hunter2", "pk_test_x", "sk_test_", "sk_test_a b", "SK_TEST_x"],
    "STRIPE_PUBLISHABLE_KEY": ["hunter2", "sk_test_x", "pk_test_", "pk_live_a b", "PK_TEST_x"],
    "STRIPE_WEBHOOK_SECRET": ["hunter2", "whsec_short", "whsec_with a space in it, and long"],
    "STRIPE_API_BASE": [
        *("127.0.0.1:80", "http://stand-in.example", "http://10.0.0.1:80", "ftp://127.0.0.1", "https://"),
        *("https://u:p@stand-in.example", "https://stand-in.example/v1", "https://stand-in.example?x"),
    ],
    "LOG_LEVEL": ["loud"],
    "LOG_JSON": ["x"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_in_one_line_that_names_it(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    """Whoever reads the log knows what to mend."""
    line = refusal(monkeypatch, **{name: value})
    assert line.startswith(f"{name}: ")
    assert "\n" not in line
    assert len(line) > len(name) + 8


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"MONGODB_URI": URI}, "JWT_SECRET"),
        ({"MONGODB_URI": URI, "JWT_SECRET": SECRET}, "ENCRYPTION_KEYS"),
        ({"EMAIL_USER": "a@gmail.com"}, "EMAIL_PASS"),
        ({"EMAIL_PASS": "secret"}, "EMAIL_USER"),
        ({"EMAIL_USER": "a", "EMAIL_PASS": "secret"}, "EMAIL_USER"),
        ({"DEMO": "true", "PUBLIC_URL": "https://shop.example"}, "DEMO"),
        ({"STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET}, "STRIPE_API_KEY"),
        ({"STRIPE_API_BASE": "http://127.0.0.1:1"}, "STRIPE_API_KEY"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_x"}, "STRIPE_API_KEY"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_x", "STRIPE_API_KEY": "sk_live_x"}, "STRIPE_PUBLISHABLE_KEY"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_live_x", "STRIPE_API_KEY": "sk_test_x"}, "STRIPE_PUBLISHABLE_KEY"),
        ({"STRIPE_API_KEY": "sk_live_x", "DEMO": "true"}, "DEMO"),
        ({"STRIPE_API_KEY": "rk_live_x", "STRIPE_API_BASE": "https://stand-in.example"}, "STRIPE_API_BASE"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(monkeypatch: pytest.MonkeyPatch, environment: Any, name: str):
    """The line names what is missing or too much."""
    line = refusal(monkeypatch, **environment)
    assert name in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "environment",
    [
        {"JWT_SECRET": "hunter2"},
        {"ENCRYPTION_KEYS": "k1:hunter2"},
        {"SMTP_URL": "smtp://me:hunter2@mail:x"},
        {"SMTP_URL": "http://me:hunter2@mail"},
        {"EMAIL_USER": "a", "EMAIL_PASS": "hunter2"},
        {"MONGODB_URI": "me:hunter2@db"},
        {"STRIPE_API_KEY": "hunter2"},
        {"STRIPE_API_KEY": "sk_live_hunter2", "DEMO": "true"},
        {"STRIPE_WEBHOOK_SECRET": "whsec_hunter2"},
        {"STRIPE_WEBHOOK_SECRET": "whsec_hunter2hunter2hunter2"},
    ],
)
def test_a_refusal_keeps_secrets_to_itself(monkeypatch: pytest.MonkeyPatch, environment: Any):
    """Neither the line nor what hangs on it quotes them."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_without_any_setting_the_defaults_hold():
    """And they are safe: loopback, no demo accounts, nobody orders without an account."""
    settings = load_settings()
    assert (settings.port, settings.host, settings.hold_seconds) == (5000, "127.0.0.1", 600)
    assert (settings.demo, settings.guest_checkout, settings.mongodb_uri) == (False, False, None)


def test_an_empty_value_means_unset(monkeypatch: pytest.MonkeyPatch):
    """As in a .env file with names and nothing after them."""
    everything = {name.upper(): "" for name in Settings.model_fields}
    assert accepted(monkeypatch, **everything) == Settings.model_construct()


def test_the_environment_file_is_read_and_the_environment_prevails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Names in any case; what is not ours is left alone."""
    (tmp_path / ".env").write_text("PORT=1234\nhold_seconds=60\nSOMEBODY_ELSES=1\nMAIL_FROM='Çay <a@b.example>'\n")
    settings = accepted(monkeypatch, HOLD_SECONDS="30")
    assert (settings.port, settings.hold_seconds, settings.mail_from) == (1234, 30, "Çay <a@b.example>")


def test_an_unreadable_environment_file_is_refused_in_one_line(tmp_path: Path):
    """Saved by an editor in another alphabet."""
    (tmp_path / ".env").write_bytes(b"MAIL_FROM=caf\xe9@shop.example\n")
    with pytest.raises(SettingsError, match=r"^\.env: "):
        load_settings()


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    """Spaces and a trailing comma are fine."""
    settings = accepted(monkeypatch, ALLOWED_ORIGINS=" https://a.example, http://localhost:8080 ,")
    assert settings.allowed_origins == ("https://a.example", "http://localhost:8080")


@pytest.mark.parametrize(
    "environment",
    [
        {"MONGODB_URI": URI, "JWT_SECRET": SECRET, "ENCRYPTION_KEYS": KEYS},
        {"MONGODB_URI": "mongodb+srv://db.example/", "JWT_SECRET": SECRET, "ENCRYPTION_KEYS": f"{KEYS},k2:{'b' * 43}="},
        {"DEMO": "1", "PUBLIC_URL": "http://localhost:5000"},
        {"PUBLIC_URL": "https://shop.example/"},
        {"SMTP_URL": "smtps://me:secret@mail.example"},
        {"EMAIL_USER": "a@gmail.com", "EMAIL_PASS": "secret"},
        {"STRIPE_API_KEY": "sk_live_x", "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET},
        {"STRIPE_API_KEY": "rk_live_x", "STRIPE_PUBLISHABLE_KEY": "pk_live_x"},
        {"STRIPE_API_KEY": "rk_test_x", "STRIPE_API_BASE": "http://localhost:1/", "DEMO": "true"},
        {"STRIPE_API_KEY": "sk_test_live_x", "STRIPE_API_BASE": "http://[::1]:80"},
        {"LOG_LEVEL": "WARNING"},
        {"PORT": "0"},
        {"HOLD_SECONDS": "0"},
        {"TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1,2001:db8::/32"},
        {"ALLOWED_HOSTS": "shop.example, Shop.internal,"},
    ],
)
def test_what_the_documents_show_is_accepted(monkeypatch: pytest.MonkeyPatch, environment: Any):
    """Each form that an operator may copy."""
    accepted(monkeypatch, **environment)


def test_every_setting_is_described():
    """Name, default and meaning, for the help and for .env.example."""
    rows = describe()
    assert [name for name, _, _ in rows] == [name.upper() for name in Settings.model_fields]
    assert all(meaning for _, _, meaning in rows)
    assert ("PORT", "5000") in [row[:2] for row in rows]


def test_the_example_file_is_in_step():
    """After a change of settings write `ivorycart.settings.example()` to .env.example."""
    assert (Path(__file__).parents[2] / ".env.example").read_text() == example()


def test_an_operator_needs_no_secret(monkeypatch: pytest.MonkeyPatch):
    """A command on a database of one's own signs no tokens."""
    monkeypatch.setenv("MONGODB_URI", URI)
    assert load_settings(operating=True).jwt_secret is None


def test_settings_of_later_versions_are_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """From the environment and from .env; unset or empty ones are not mentioned."""
    monkeypatch.setattr("ivorycart.settings.NOT_KNOWN_YET", ("FROM_LATER", "FROM_LATER_TOO"))
    assert not_known_yet() == []
    (tmp_path / ".env").write_text("FROM_LATER_TOO=\n")
    monkeypatch.setenv("FROM_LATER", "x")
    assert not_known_yet() == ["FROM_LATER"]


def test_workers_given_with_the_command_go_before_the_environment(monkeypatch: pytest.MonkeyPatch):
    """They are judged alike, and change nothing else."""
    monkeypatch.setenv("WORKERS", "3")
    monkeypatch.setenv("PORT", "1234")
    assert load_settings().workers == 3
    assert load_settings(workers="2") == load_settings().model_copy(update={"workers": 2})
    with pytest.raises(SettingsError, match=r"^WORKERS: "):
        load_settings(workers="many")


def test_settings_that_are_handed_over_are_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """As plain values, fit for JSON; what is set where they arrive does not matter."""
    given = accepted(
        monkeypatch, JWT_SECRET=SECRET, ALLOWED_ORIGINS="https://a.example", PORT="1", MONGOD="/bin/mongod"
    )
    values = json.loads(json.dumps(given.model_dump(mode="json")))
    monkeypatch.setenv("PORT", "2")
    monkeypatch.setenv("SMTP_URL", "smtp://mail.example")
    (tmp_path / ".env").write_bytes(b"MAIL_FROM=caf\xe9@shop.example\n")
    assert handed_over(values) == given


def secrets_in(folder: Path, **texts: str) -> str:
    """Put secrets into files; return their folder."""
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(f"{text}\n")
    return str(folder)


def test_secrets_may_be_in_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As orchestrators hand them over."""
    folder = secrets_in(tmp_path / "secrets", jwt_secret=SECRET, METRICS_TOKEN="t" * 20, port="7777")
    settings = accepted(monkeypatch, SECRETS_DIR=folder, PORT="7777")
    assert (settings.jwt_secret, settings.metrics_token, settings.port) == (SECRET, "t" * 20, 7777)
    assert "SECRETS_DIR: there is no folder" in refusal(monkeypatch, SECRETS_DIR=str(tmp_path / "none"))


def test_a_variable_that_is_empty_leaves_a_secret_to_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A composition names all variables, set or not. An empty file says nothing either."""
    folder = secrets_in(
        tmp_path / "secrets", stripe_api_key="sk_test_x", smtp_url="smtp://mail.example", metrics_token=""
    )
    (tmp_path / ".env").write_text("SMTP_URL=\n")
    settings = accepted(monkeypatch, SECRETS_DIR=folder, STRIPE_API_KEY="", METRICS_TOKEN="m" * 20)
    assert (settings.stripe_api_key, settings.smtp_url) == ("sk_test_x", "smtp://mail.example")
    assert settings.metrics_token == "m" * 20


def test_a_variable_and_a_file_that_differ_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One of them is forgotten. Neither is quoted."""
    folder = secrets_in(tmp_path / "secrets", stripe_api_key="sk_test_filed", smtp_url="smtp://mail.example")
    line = refusal(monkeypatch, SECRETS_DIR=folder, STRIPE_API_KEY="sk_test_other")
    assert line.startswith("STRIPE_API_KEY: ")
    assert "differ" in line
    assert "sk_test" not in line
    (tmp_path / ".env").write_text("SMTP_URL=smtp://another.example\n")
    assert refusal(monkeypatch, STRIPE_API_KEY="sk_test_filed").startswith("SMTP_URL: ")


def test_a_secret_file_that_is_no_text_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its name, in one line."""
    folder = secrets_in(tmp_path / "secrets")
    (tmp_path / "secrets" / "jwt_secret").write_bytes(b"caf\xe9" * 10)
    line = refusal(monkeypatch, SECRETS_DIR=folder)
    assert line.startswith("JWT_SECRET: ")
    assert "UTF-8" in line


def test_a_wrong_collector_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be noticed only when somebody looks for a trace."""
    assert refusal(monkeypatch, OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318").startswith("OTEL_EXPORTER_OTLP_ENDPOINT:")
