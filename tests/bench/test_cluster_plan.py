"""The cluster's pure parts: names, addresses, nginx's configuration, how mails are answered."""

import stat
from pathlib import Path

import pytest

from bench.cluster import nginx
from bench.cluster.mail_catcher import MailFolder, Manner
from bench.cluster.parts import PARTS, UnknownPart, part_of, whole_part
from bench.cluster.plan import Options, Plan, load, save, tag_of
from bench.cluster.processes import Processes


def a_plan(**options: object) -> Plan:
    """Return a plan on a network."""
    return Plan.on_network("abcde", "10.213.7", Options(**options))


def test_parts_and_workers_are_told_apart():
    """A worker is named by its host and a number; nothing else is a part."""
    assert part_of("mongo1") == ("mongo1", None)
    assert part_of("app2.1") == ("app2", 1)
    for wrong in ("mongo4", "mongo1.1", "app1.3", "app1.0", "app1.x", ""):
        with pytest.raises(UnknownPart, match="mongo1, mongo2"):
            part_of(wrong)
    with pytest.raises(UnknownPart, match="only be killed"):
        whole_part("app1.1")


def test_a_plan_is_kept_and_closed_to_others(tmp_path: Path):
    """It has the secrets; read again it is the same."""
    plan = a_plan(demo=True, settings={"SHIPPING": "5"}).with_clock("app1", -300)
    save(tmp_path, plan)
    assert load(tmp_path) == plan
    assert stat.S_IMODE((tmp_path / "cluster.json").stat().st_mode) == 0o600
    assert load(tmp_path / "elsewhere") is None


def test_every_part_has_an_address_of_its_own():
    """On a network by address, on the loopback by port; the app hosts know all members and ask for the majority."""
    plan = a_plan()
    assert len(set(plan.addresses.values())) == len(PARTS)
    loopback = Plan.on_loopback("abcde", {part: 20_000 + number for number, part in enumerate(PARTS)}, Options())
    assert len({loopback.where(part) for part in PARTS}) == len(PARTS)
    uri = plan.app_settings("app1")["MONGODB_URI"]
    assert uri.count(":27017") == 3
    assert "w=majority" in uri
    assert {plan.app_settings(host)["JWT_SECRET"] for host in ("app1", "app2")} == {plan.jwt_secret}
    assert plan.app_settings("app1")["TRUSTED_PROXIES"] == plan.addresses["nginx"]


def test_demo_data_come_only_when_asked_for():
    """And never together with a public address."""
    assert "DEMO" not in a_plan().app_settings("app1")
    told = a_plan(demo=True).app_settings("app1")
    assert (told["DEMO"], "PUBLIC_URL" in told) == ("true", False)


def test_folders_have_networks_of_their_own(tmp_path: Path):
    """What tells them apart is short enough for a network device's name of 15 characters."""
    assert tag_of(tmp_path) != tag_of(tmp_path / "other")
    assert max(len(f"iv{tag_of(tmp_path)}-{part}") for part in PARTS) <= 15


def test_nginx_has_the_deployments_own_configuration(tmp_path: Path):
    """Its limits and times are the deployed file; only the load of the cluster's own network is not counted."""
    main = nginx.write(tmp_path / "nginx", "10.213.7.16:8080", ["10.213.7.14:5000", "10.213.7.15:5000"], "10.213.7")
    text = main.read_text()
    assert f"include {nginx.SITE};" in text
    assert text.count("server 10.213.7.1") == 2
    deployed, own = nginx.ZONES.read_text().splitlines(), (tmp_path / "nginx" / "zones.conf").read_text().splitlines()
    assert [line.strip() for line in own if line not in deployed] == ["10.213.7.0/24 1;"]
    assert nginx.zones("") == nginx.ZONES.read_text()


def test_mails_are_kept_and_counted(tmp_path: Path):
    """How they are answered can be changed at any time; what makes no sense is refused."""
    folder = MailFolder(tmp_path / "mail")
    folder.behave(Manner(451, 2.0))
    assert MailFolder(tmp_path / "mail").manner == Manner(451, 2.0)
    folder.keep(b"one")
    folder.keep(b"two")
    folder.count(250)
    assert [each.read_bytes() for each in folder.mails] == [b"one", b"two"]
    assert folder.answered == {"250": 1}
    for wrong in ({"answer": 200}, {"delay": -1.0}, {"delay": 1e9}):
        with pytest.raises(ValueError, match="within"):
            Manner(**wrong)


def test_a_pid_that_went_to_another_process_is_not_the_part(tmp_path: Path):
    """It is known by when it began, too: nothing of somebody else's is ever signalled."""
    processes = Processes(tmp_path)
    processes.start("mail", ("sleep", "60"), {}, tmp_path)
    found = processes.find("mail")
    record = tmp_path / "pids" / "mail.json"
    record.write_text(record.read_text().replace('"born": ', '"born": 1'))
    assert processes.find("mail") is None
    found.kill()
    found.wait(10)
