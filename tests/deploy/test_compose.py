"""The composition as Compose reads it: who reaches whom, and who may do what."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from bench.root import ROOT
from handlers.edge import Edge
from ivorycart.settings import Settings, load_settings
from tests.deploy.tools import tool

FILES = (ROOT / "docker-compose.yml", ROOT / "deploy" / "development.yml")
OURS = ("app1", "app2")
MEMBERS = ("mongo1", "mongo2", "mongo3")
SAMPLER = {"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}  # OpenTelemetry reads these itself
URL = "https://shop.example"
PROMETHEUS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())
# Settings that are nobody else's business.
SECRETIVE = {
    *("mongodb_uri", "jwt_secret", "encryption_keys", "metrics_token", "smtp_url", "email_pass"),
    *("stripe_api_key", "stripe_publishable_key", "stripe_webhook_secret"),
}


def compose(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Compose: Docker's own plugin where it is, or else the one that needs no Docker."""
    own = shutil.which("docker")
    has_plugin = own and subprocess.run([own, "compose", "version"], capture_output=True, check=False).returncode == 0
    command = [own or "docker", "compose"] if has_plugin else [tool("docker-compose")]
    kept = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COMPOSE_DISABLE_ENV_FILE": "1"}
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False
    )


@cache
def services(*arguments: str) -> dict[str, Any]:
    """Return the services as Compose understood them; without arguments those of the shop at URL."""
    given = {} if arguments else {"PUBLIC_URL": URL}
    read = compose("-f", str(FILES[0]), *arguments, "config", **given)
    assert read.returncode == 0, read.stderr
    return dict(yaml.safe_load(read.stdout)["services"])


def as_started(secrets: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Settings:
    """Return the settings of a host of the shop as it is started with these secrets."""
    environment = {name: str(value) for name, value in services(*arguments)["app1"]["environment"].items()}
    monkeypatch.chdir(secrets)  # where no .env is
    with monkeypatch.context() as patched:
        for name, value in (environment | {"SECRETS_DIR": str(secrets)}).items():
            patched.setenv(name, value)
        return load_settings()


def as_written() -> dict[str, Any]:
    """Return the composition as it is written, with its variables."""
    return dict(yaml.safe_load(FILES[0].read_text()))


def test_compose_takes_the_files() -> None:
    """The shop's own, and the database for development, which needs nothing set."""
    assert {*OURS, *MEMBERS, "nginx", "mail", "mongo-init"} <= services().keys()
    read = compose("-f", str(FILES[1]), "config", "-q")
    assert read.returncode == 0, read.stderr


def test_without_the_public_address_it_says_what_to_set() -> None:
    """Links in mails would lead to a container."""
    read = compose("-f", str(FILES[0]), "config", "-q")
    assert read.returncode != 0
    assert "such as https://shop.example" in read.stderr


def test_everything_is_contained() -> None:
    """Nobody is root, nobody can write where they run, nobody can become more."""
    for name, service in as_written()["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        # Compose 2 refuses a pids_limit that stands beside limits in `deploy`; 1.29 refuses one among those.
        assert "deploy" not in service, name
        assert service["cpus"] > 0, name
        assert re.fullmatch(r"\d+[MG]", service["mem_limit"]), name
        assert service["pids_limit"] > 0, name
        assert "privileged" not in service, name
        # nginx's and the shop's own images run as nobody special; see the Dockerfile's test
        ours = "ivorycart" in service["image"] or "unprivileged" in service["image"]
        assert ours or not str(service["user"]).startswith("0"), name


def test_images_are_named_by_their_full_version() -> None:
    """A composition that is started again is the one that was tried."""
    for name, service in as_written()["services"].items():
        if "build" not in service:
            tag = service["image"].rpartition(":")[2]
            assert re.fullmatch(r"v?\d+\.\d+\.\d+(-\w+)?", tag), (name, tag)
    member = as_written()["services"]["mongo1"]["image"].rpartition(":")[2]
    assert tuple(map(int, member.split("."))) >= (8, 0, 24)  # the first without a known hole


def test_nginx_does_not_reach_the_database() -> None:
    """Nor does anything but the shop; and what has no need of it has no way out."""
    written = as_written()
    of = {name: set(service.get("networks", ())) for name, service in written["services"].items()}
    assert {name for name, networks in of.items() if "back" in networks} == {*MEMBERS, *OURS, "backup"}
    assert all(of[name] == {"back"} for name in MEMBERS)
    assert not of["nginx"] & (of["mongo1"] | {"out", "watched"})
    inside = {name for name, network in written["networks"].items() if network.get("internal")}
    assert inside == {"front", "back", "watched"}
    ports = {name: service.get("ports", []) for name, service in written["services"].items()}
    here = {"mail", "prometheus", "alertmanager", "grafana"}
    assert {name for name, open_ports in ports.items() if open_ports} == {"nginx", *here}
    assert all(port.startswith("127.0.0.1:") for name in here for port in ports[name])


def test_the_shop_believes_the_proxy_alone() -> None:
    """The address that it trusts is nginx's, and nginx asks where the hosts are."""
    read = services()
    proxy = read["nginx"]["networks"]["front"]["ipv4_address"]
    hosts = {read[name]["networks"]["front"]["ipv4_address"] for name in OURS}
    for name in OURS:
        assert read[name]["environment"]["TRUSTED_PROXIES"] == proxy
    upstreams = read["nginx"]["environment"]["SHOP_UPSTREAMS"]
    named = re.findall(r"server (\S+):5000 max_fails=\d+ fail_timeout=\w+;", upstreams)
    assert set(named) == hosts


def test_the_hosts_of_the_shop_are_alike_and_their_settings_are_known() -> None:
    """A setting that the shop does not know would have no effect; secrets are in files."""
    read = services()
    known = {name.upper() for name in Settings.model_fields}
    one, two = (read[name] for name in OURS)
    assert one["environment"] == two["environment"]
    assert SAMPLER <= set(one["environment"]) <= known | SAMPLER
    assert int(one["environment"]["WORKERS"]) > 1
    assert not set(one["environment"]) & {"JWT_SECRET", "ENCRYPTION_KEYS", "METRICS_TOKEN", "MONGODB_URI"}
    assert set(as_written()["services"]["app1"]["secrets"]) <= set(Settings.model_fields)
    for name in OURS:
        assert read[name]["depends_on"]["mongo-init"]["condition"] == "service_completed_successfully"


def test_what_is_mounted_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker would make an empty folder of it. The secrets are made by their script, once and for all."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", ignore=shutil.ignore_patterns("secrets"))
    for _ in range(2):
        made = subprocess.run([tmp_path / "deploy" / "secrets.sh"], capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        kept = {file.name: file.read_text() for file in (tmp_path / "deploy" / "secrets").iterdir()}
    assert (tmp_path / "deploy" / "secrets").stat().st_mode & 0o077 == 0
    again = {file.name: file.read_text() for file in (tmp_path / "deploy" / "secrets").iterdir()}
    assert again == kept
    for name, secret in as_written()["secrets"].items():
        file = re.sub(r"\$\{\w+:-(.+)\}", r"\1", secret["file"])
        assert (tmp_path / file).is_file(), name
    assert kept["mongo_shop_password"].strip() in kept["mongodb_uri"]
    started = as_started(tmp_path / "deploy" / "secrets", monkeypatch)  # the shop takes them
    assert (started.stripe_api_key, started.smtp_url) == (None, None)
    for site in ("tls", "plain"):
        for name, service in as_written()["services"].items():
            for volume in service.get("volumes", ()):
                source = re.sub(r"\$\{\w+:-(.+?)\}", r"\1", volume.replace("${SITE:-tls}", site)).partition(":")[0]
                assert not source.startswith(".") or (ROOT / source).exists(), (name, source)


def test_secrets_are_in_no_repository_and_no_image() -> None:
    """They are made beside the code."""
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "deploy" not in (ROOT / ".dockerignore").read_text().replace("!", "").splitlines()


def test_secrets_that_others_give_come_in_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the composition sets by itself does not go before them; nor are mails caught where nobody asked for it."""
    shutil.copy(ROOT / "deploy" / "secrets.sh", tmp_path)
    subprocess.run([tmp_path / "secrets.sh"], check=True, capture_output=True)
    secrets = tmp_path / "secrets"
    (secrets / "stripe_api_key").write_text("sk_test_filed\n")
    (secrets / "smtp_url").write_text("smtp://me:pass@mail.example:587\n")
    started = as_started(secrets, monkeypatch)
    assert (started.stripe_api_key, started.smtp_url) == ("sk_test_filed", "smtp://me:pass@mail.example:587")
    handed = set(services()["app1"]["environment"]) & {name.upper() for name in SECRETIVE}
    assert {name.lower() for name in handed} <= set(as_written()["services"]["app1"]["secrets"])


def test_prometheus_asks_under_names_that_the_shop_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under another it would be answered 421, and alerts say that the shop is down."""
    shutil.copy(ROOT / "deploy" / "secrets.sh", tmp_path)
    subprocess.run([tmp_path / "secrets.sh"], check=True, capture_output=True)
    hosts = Edge.of(as_started(tmp_path / "secrets", monkeypatch)).hosts
    jobs = {each["job_name"]: each for each in PROMETHEUS["scrape_configs"]}
    targets = [target for each in jobs["ivorycart"]["static_configs"] for target in each["targets"]]
    assert {target.partition(":")[0] for target in targets} == set(OURS)
    assert all(hosts.knows(target) for target in targets)
    assert hosts.knows("shop.example")
    assert not hosts.knows("evil.example")


def test_prometheus_reaches_whom_it_asks_and_tells() -> None:
    """Both share a network with it, and a name in its file is a service's."""
    written = as_written()["services"]
    told = [each for every in PROMETHEUS["alerting"]["alertmanagers"] for each in every["static_configs"]]
    asked = [each for job in PROMETHEUS["scrape_configs"] for each in job.get("static_configs", ())]
    looked_up = [each for job in PROMETHEUS["scrape_configs"] for each in job.get("dns_sd_configs", ())]
    names = {target.partition(":")[0] for each in told + asked for target in each["targets"]}
    names |= {name for each in looked_up for name in each["names"]}
    assert {*OURS, "alertmanager", "figures"} == names
    for name in names:
        assert set(written[name]["networks"]) & set(written["prometheus"]["networks"]), name


def test_a_host_serves_on_while_it_is_turned_away_from() -> None:
    """And is not killed meanwhile."""
    for name in OURS:
        host = services()[name]
        drain = float(host["environment"]["DRAIN_SECONDS"])
        assert drain >= 2 * 2  # nginx's fail_timeout, twice
        assert host["stop_grace_period"] in {"1m", "1m0s", "60s"}
        assert drain <= 30


def test_members_are_asked_how_they_are_now_and_then() -> None:
    """Each time costs a second of a CPU; nobody is held up by it, as the initiation waits by itself."""
    written = as_written()["services"]
    for name in MEMBERS:
        assert 15 <= int(written[name]["healthcheck"]["interval"].removesuffix("s")) <= 30
        assert written["mongo-init"]["depends_on"][name]["condition"] == "service_started"


def test_compose_takes_what_the_manual_adds_for_ipv6(tmp_path: Path) -> None:
    """It is about a network that there is."""
    manual = (ROOT / "docs" / "deploying.md").read_text()
    (added,) = re.findall(r"^```yaml\n(.*?)^```$", manual, re.MULTILINE | re.DOTALL)
    file = tmp_path / "docker-compose.override.yml"
    file.write_text(added)
    assert yaml.safe_load(added)["networks"].keys() <= as_written()["networks"].keys()
    read = compose("-f", str(FILES[0]), "-f", str(file), "config", PUBLIC_URL=URL)
    assert read.returncode == 0, read.stderr
    assert yaml.safe_load(read.stdout)["networks"]["edge"]["enable_ipv6"] is True


def test_to_try_it_mails_are_caught_and_else_nothing_is() -> None:
    """The catcher is of the trial alone; what is tried has no TLS, and one address says so everywhere."""
    assert as_written()["services"]["mail"]["profiles"] == ["trial"]
    trial = services("--env-file", "deploy/trial.env", "--profile", "trial")
    shop = trial["app1"]["environment"]
    assert shop["SMTP_URL"].startswith("smtp://mail:1025")
    assert set(trial["mail"]["networks"]) & set(trial["app1"]["networks"])
    assert shop["PUBLIC_URL"] == trial["nginx"]["environment"]["SHOP_URL"]
    assert f":{urlsplit(shop['PUBLIC_URL']).port}" == f":{published(trial['nginx'])}"
    assert any("site-plain" in str(volume) for volume in trial["nginx"]["volumes"])
    assert "mail" not in str(services()["app1"]["environment"]["SMTP_URL"])


def published(service: dict[str, Any]) -> str:
    """Return the first port of the machine that leads to a service, however Compose writes it."""
    first = service["ports"][0]
    return str(first["published"]) if isinstance(first, dict) else str(first).split(":")[-2]


def test_a_backup_is_followed_beside_the_shop_and_told_of() -> None:
    """It writes where its image lets it, and into the file that Prometheus has read."""
    written = as_written()["services"]
    backup, figures = written["backup"], written["figures"]
    assert backup["profiles"] == figures["profiles"] == ["backup"]
    assert backup["restart"] == "unless-stopped"
    assert "depends_on" not in backup
    assert backup["command"][:5] == ["python", "-m", "ivorycart", "backup", "follow"]
    folder, textfile = Path(backup["command"][5]), Path(backup["command"][7])
    mounted = {Path(volume.rpartition(":")[2]): volume.rpartition(":")[0] for volume in backup["volumes"]}
    assert set(mounted) == {folder, textfile.parent}
    (read,) = figures["volumes"]
    assert read == f"{mounted[textfile.parent]}:{textfile.parent}:ro"
    assert f"--collector.textfile.directory={textfile.parent}" in figures["command"]
    assert textfile.suffix == ".prom"  # its collector reads no other
    dockerfile = (ROOT / "Dockerfile").read_text()
    for path in mounted:
        assert re.search(rf"install -d -o shop -g shop -m 07[05][05] {path}\b", dockerfile)
    assert set(backup["secrets"]) == {"mongodb_uri"}


def test_commands_in_the_manuals_are_about_services_and_profiles_that_there_are() -> None:
    """They are copied at night."""
    written = as_written()["services"]
    profiles = {profile for service in written.values() for profile in service.get("profiles", ())}
    commands = [
        command
        for page in ("README.md", *(f"docs/{name}.md" for name in ("deploying", "operations", "backups")))
        for command in re.findall(r"docker compose ([^`#\n]*)", (ROOT / page).read_text())
    ]
    found = set()
    for command in commands:
        assert set(re.findall(r"--profile (\w+)", command)) <= profiles, command
        for file in re.findall(r"(?:--env-file|-f) (\S+)", command):
            assert (ROOT / file).is_file(), command
        verb = re.search(r"\b(up|exec|run|stop|start|restart|logs|rm)\b(.*)", command)
        words = re.split(r"\s+", verb[2].strip()) if verb else []
        named = [word for word in words if not word.startswith("-")]
        if verb and verb[1] in {"exec", "run"}:
            named = named[:1]
        for name in filter(None, named):
            found.add(name)
            assert name in written, command
    assert found >= {"app1", "app2", "mongo1", "mongo-init", "backup", "nginx"}
