"""How each part is started: its command and its environment."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.cluster import nginx
from bench.cluster.parts import HOSTS, MAIL, MEMBERS, NGINX
from bench.cluster.plan import SET_NAME, Plan
from bench.root import ROOT
from mongo.embedded.binary import find_mongod

_MONGOD = {
    "diagnosticDataCollectionEnabled": "false",  # its maker's flight recorder: 200 MB of disk
    "transactionLifetimeLimitSeconds": "5",  # what a killed app host leaves behind blocks its products for so long
    "shutdownTimeoutMillisForSignaledShutdown": "1000",
    # Beside half of the election's timeout: how long a member waits for a source that is frozen or cut off before it
    # looks for another. With the default of 5 the new primary has nobody who confirms its writes for ten seconds.
    "oplogNetworkTimeoutBufferSeconds": "1",
}
_FAKETIME = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")


class MissingProgram(Exception):  # noqa: N818 - it says what is the matter
    """A program that a part needs is not installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Program:
    """A command to be run in a folder."""

    command: tuple[str, ...]
    cwd: Path
    environment: Mapping[str, str]


def program_of(part: str, plan: Plan, folder: Path) -> Program:
    """Return how a part is started; its folder is made. Raise MissingProgram."""
    own = folder / part
    own.mkdir(exist_ok=True)
    if part in MEMBERS:
        return Program(_mongod(part, plan, own, folder / "key"), own, {"LC_ALL": "C"})
    if part in HOSTS:
        told = plan.app_settings(part) | {"DATA_DIR": str(own), "PYTHONUNBUFFERED": "1"}
        return Program((sys.executable, str(ROOT / "server.py")), own, told | _wrong_clock(plan.clocks.get(part, 0)))
    if part == MAIL:
        module = (sys.executable, "-m", "bench.cluster.mail_catcher")
        return Program((*module, plan.addresses[MAIL], str(plan.ports[MAIL]), str(own)), ROOT, {})
    return Program((nginx_program(), "-e", "stderr", "-p", str(own), "-c", str(_nginx(plan, own))), own, {})


def nginx_program() -> str:
    """Return where nginx is; raise MissingProgram."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingProgram("the cluster needs nginx: make nginx, or sudo apt-get install nginx-light")
    return found


def _nginx(plan: Plan, own: Path) -> Path:
    return nginx.write(own, plan.where(NGINX), [plan.where(host) for host in HOSTS], plan.subnet)


def _mongod(part: str, plan: Plan, own: Path, key: Path) -> tuple[str, ...]:
    data = own / "db"
    data.mkdir(exist_ok=True)
    parameters = _MONGOD | plan.options.mongod
    return (
        str(find_mongod(None)),
        *("--dbpath", str(data), "--bind_ip", plan.addresses[part], "--port", str(plan.ports[part])),
        *("--replSet", SET_NAME, "--keyFile", str(key), "--networkMessageCompressors", "disabled"),
        *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "990", "--nounixsocket", "--quiet"),
        *(word for item in parameters.items() for word in ("--setParameter", "=".join(item))),
    )


def _wrong_clock(seconds: int) -> dict[str, str]:
    """Return the environment in which a program's clock is wrong by so much; intervals are measured rightly."""
    if not seconds:
        return {}
    found = [str(file) for pattern in _FAKETIME for file in Path("/").glob(pattern.removeprefix("/"))]
    if not found:
        raise MissingProgram("a wrong clock needs libfaketime: sudo apt-get install faketime")
    return {"LD_PRELOAD": found[0], "FAKETIME": f"{seconds:+}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
