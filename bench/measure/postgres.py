"""PostgreSQL's hot row: the same order as one transaction of SQL, 32 clients, a cluster of its own for the run.

Its processes may use every core, as may pgbench: it is what a user would pick instead, so nothing is held back.
"""

import asyncio
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from bench.extent import Extent
from bench.figures import Figures, waits
from bench.measure.peers import Missing
from bench.processes import Failed

CLIENTS, THREADS = 32, 2
PROGRAMS = ("initdb", "pg_ctl", "pgbench", "psql")
LOG_NAME = re.compile(r"waits\.\d+(\.\d+)?")

TABLES = """
CREATE TABLE products (id int PRIMARY KEY, stock int NOT NULL CHECK (stock >= 0), version int NOT NULL);
CREATE TABLE carts (id bigint PRIMARY KEY, revision int NOT NULL, lines jsonb NOT NULL);
CREATE TABLE orders (id bigserial PRIMARY KEY, owner bigint NOT NULL, product_list jsonb NOT NULL, total int NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ON orders (owner, placed_at);
CREATE TABLE inventory_logs (product_id int, version int, old_stock int, new_stock int, cause bigint,
    at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (product_id, version));
CREATE TABLE emails (id bigserial PRIMARY KEY, order_id bigint NOT NULL, state text NOT NULL DEFAULT 'pending');
INSERT INTO products VALUES (1, 2000000000, 0);
INSERT INTO carts SELECT n, 0, '[{"product": 1, "quantity": 1}]' FROM generate_series(1, 100000) n;
"""
ORDER = r"""\set owner random(1, 100000)
BEGIN;
UPDATE products SET stock = stock - 1, version = version + 1 WHERE id = 1 AND stock >= 1
    RETURNING version AS version, stock AS stock \gset
INSERT INTO orders (owner, product_list, total) VALUES (:owner, '[{"product": 1, "quantity": 1, "price": 500}]', 500)
    RETURNING id AS order_id \gset
INSERT INTO inventory_logs VALUES (1, :version, :stock + 1, :stock, :order_id);
UPDATE carts SET lines = '[]', revision = revision + 1 WHERE id = :owner;
INSERT INTO emails (order_id) VALUES (:order_id);
COMMIT;
"""


async def hot_row(extent: Extent) -> Figures:
    """Return orders per second and their waits; raise Missing where PostgreSQL is not installed."""
    programs = {name: _program(name) for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as given:
        folder, user = Path(given), _ordinary_user()
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        cluster = _Cluster(folder, user, programs)
        await cluster.start()
        try:
            return await cluster.order(extent.pg_seconds)
        finally:
            await cluster.stop()


class _Cluster:
    """A cluster in a folder, reached by a socket in that folder alone."""

    def __init__(self, folder: Path, user: str | None, programs: dict[str, str]) -> None:
        self._folder = folder
        self._data = str(folder / "data")
        self._user = user
        self._programs = programs

    async def start(self) -> None:
        await self._run("initdb", "-D", self._data, "-U", "bench", "-A", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{self._folder}' -c shared_buffers=256MB"
        log = str(self._folder / "log")
        await self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, "start")
        await self._run("psql", *self._where, "-q", "-v", "ON_ERROR_STOP=1", "-c", TABLES)

    async def order(self, seconds: int) -> Figures:
        script = self._folder / "order.sql"
        script.write_text(ORDER)
        script.chmod(0o644)
        load = ("-n", "-c", str(CLIENTS), "-j", str(THREADS), "-T", str(seconds))
        log = ("-l", "--log-prefix", "waits")
        said = await self._run("pgbench", *load, *log, "-f", str(script), *self._where)
        rate = re.search(r"^tps = ([0-9.]+)", said, re.MULTILINE)
        assert rate, said
        return {"per_s": float(rate[1]), **waits(self._waits())}

    async def stop(self) -> None:
        with suppress(Failed):
            await self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    @property
    def _where(self) -> tuple[str, ...]:
        return ("-h", str(self._folder), "-U", "bench", "postgres")

    def _waits(self) -> list[float]:
        """Return each transaction's seconds: the third column of pgbench's log is microseconds."""
        logs = [path for path in self._folder.iterdir() if LOG_NAME.fullmatch(path.name)]
        return [int(line.split()[2]) / 1e6 for path in logs for line in path.read_text().splitlines()]

    async def _run(self, name: str, *arguments: str) -> str:
        """Run a program to its end, as the ordinary user; in a thread, since uvloop starts none as another user."""
        with (self._folder / "said").open("w+") as said:
            done = await asyncio.to_thread(
                subprocess.run,
                (self._programs[name], *arguments),
                cwd=self._folder,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=said,  # a file, since the server that pg_ctl starts keeps it open
                stderr=subprocess.STDOUT,
                check=False,
            )
            said.seek(0)
            text = said.read()
        if done.returncode:
            raise Failed(f"{name} ended with {done.returncode}: {text[-500:]}")
        return text


def _program(name: str) -> str:
    """Return where a program is; Debian keeps a server's programs off the PATH."""
    found = shutil.which(name)
    if found:
        return found
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not installed:
        raise Missing("not installed")
    return str(installed[-1])


def _ordinary_user() -> str | None:
    """Return whom PostgreSQL may run as: it refuses the administrator."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise Missing("PostgreSQL does not run as root, and there is no other user here")
