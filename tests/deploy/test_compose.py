"""The composition as Compose reads it: who reaches whom, and who may do what."""

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.root import ROOT
from ivorycart.settings import Settings
from tests.deploy.tools import tool

FILES = (ROOT / "docker-compose.yml", ROOT / "deploy" / "development.yml")
OURS = ("app1", "app2")
MEMBERS = ("mongo1", "mongo2", "mongo3")
URL = "https://shop.example"


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
def services() -> dict[str, Any]:
    """Return the services as Compose understood them."""
    read = compose("-f", str(FILES[0]), "config", PUBLIC_URL=URL)
    assert read.returncode == 0, read.stderr
    return dict(yaml.safe_load(read.stdout)["services"])


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
        limits = service["deploy"]["resources"]["limits"]
        assert limits.keys() == {"cpus", "memory"}, name
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
    assert {name for name, networks in of.items() if "back" in networks} == {*MEMBERS, *OURS}
    assert all(of[name] == {"back"} for name in MEMBERS)
    assert not of["nginx"] & (of["mongo1"] | {"out", "watched"})
    inside = {name for name, network in written["networks"].items() if network.get("internal")}
    assert inside == {"front", "back", "watched"}
    ports = {name: service.get("ports", []) for name, service in written["services"].items()}
    assert {name for name, open_ports in ports.items() if open_ports} == {"nginx", "mail", "prometheus", "grafana"}
    assert all(port.startswith("127.0.0.1:") for name in ("mail", "prometheus", "grafana") for port in ports[name])


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
    assert set(one["environment"]) <= known
    assert int(one["environment"]["WORKERS"]) > 1
    assert not set(one["environment"]) & {"JWT_SECRET", "ENCRYPTION_KEYS", "METRICS_TOKEN", "MONGODB_URI"}
    assert set(as_written()["services"]["app1"]["secrets"]) <= set(Settings.model_fields)
    for name in OURS:
        assert read[name]["depends_on"]["mongo-init"]["condition"] == "service_completed_successfully"


def test_what_is_mounted_is_there(tmp_path: Path) -> None:
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
    Settings(_env_file=None, _secrets_dir=tmp_path / "deploy" / "secrets")  # the shop takes them
    for site in ("tls", "plain"):
        for name, service in as_written()["services"].items():
            for volume in service.get("volumes", ()):
                source = re.sub(r"\$\{SITE:-tls\}", site, volume).partition(":")[0]
                assert not source.startswith(".") or (ROOT / source).exists(), (name, source)


def test_secrets_are_in_no_repository_and_no_image() -> None:
    """They are made beside the code."""
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert "deploy" not in (ROOT / ".dockerignore").read_text().replace("!", "").splitlines()
