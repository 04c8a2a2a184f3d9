"""A start that cannot be right ends with one line that says which setting and why."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.running_shop import ROOT
from tests.system.conftest import OpenShop

WRONG = [
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
]


async def _fails_to_start(folder: Path, settings: dict[str, str]) -> tuple[int | None, list[str]]:
    """Start a server that must not start; return its exit status and what it said, by lines."""
    environment = {"PATH": os.environ["PATH"], "PORT": "0", "DATA_DIR": str(folder / "data"), **settings}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "server.py"), cwd=folder, env=environment, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert out == b""
    return process.returncode, err.decode().splitlines()


@pytest.mark.parametrize(("settings", "named"), WRONG, ids=lambda each: each if isinstance(each, str) else "")
async def test_a_wrong_setting_is_named_in_one_line(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    """Exit status 1 and a single line, no traceback."""
    status, (line,) = await _fails_to_start(tmp_path, settings)
    assert status == 1
    assert named in line


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
