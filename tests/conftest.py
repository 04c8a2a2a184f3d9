"""What tests share: a real MongoDB replica set, one per test process, and a fresh database for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from xdist.scheduler import LoadScopeScheduling

from bench.faults.by_tests import RAN
from bench.shop.running import RunningShop
from mongo.driver import Database, Driver, DriverName
from mongo.embedded import EmbeddedMongo
from tests.databases import Databases
from tests.forked import Forks
from tests.gateway.running import RunningGateway
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import Visitor

# What takes longest begins first, so that no run ends with one process busy and the others idle.
FIRST = ("system/test_power_cuts.py", "bench/test_running.py", "system/test_contract.py", "system/test_crowd.py")
# Whose tests share what takes long to start: each of these files is one process's. Marks of pytest-xdist 3.8, which are
# for that, come to nothing under pytest 9.2: it keeps the ids of tests elsewhere.
TOGETHER = {
    *("mongo/test_stale_reads.py", "system/test_cluster.py", "system/test_checkout.py", "browser/test_accounts.py"),
    *("handlers/test_webhooks.py", "handlers/test_order_lists.py", "ivorycart/payments/test_localstripe.py"),
}
LONGEST_LOG = 6000  # characters of a server's log that are shown beside a failure
FOLDERS = ("system", "deploy", "bench", "mongo", "ivorycart", "browser", "handlers", "models")


@pytest.hookimpl(tryfirst=True)  # before those that are marked so are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in that order; those with the shop of their process come last: it runs no longer than wanted.

    Tests that run with both drivers run with one of them in `make test`, half of them with each.
    """
    items.sort(key=_place)
    for pair in _by_driver(items).values():
        chosen = sorted(pair)[crc32(pair["motor"].nodeid.encode()) % 2] if len(pair) > 1 else None
        for driver, item in pair.items():
            if chosen and driver != chosen:
                item.add_marker(pytest.mark.other_driver)


def _by_driver(items: Iterable[pytest.Item]) -> dict[tuple[Any, ...], dict[str, pytest.Item]]:
    """Return the tests that name a driver, by all else that they are about and by its name."""
    found: dict[tuple[Any, ...], dict[str, pytest.Item]] = {}
    for item in items:
        spec = getattr(item, "callspec", None)
        driver = spec.params.get("driver") if spec else None
        if spec and driver in {"motor", "pymongo"}:
            name = item.nodeid.partition("[")[0]
            rest = tuple(sorted((key, index) for key, index in spec.indices.items() if key != "driver"))
            found.setdefault((name, rest), {})[driver] = item
    return found


class Together(LoadScopeScheduling):  # type: ignore[misc] - pytest-xdist tells no types
    """Hands out tests one by one, but for files whose tests belong together."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].removeprefix("tests/")
        return file if file in TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Hand out the tests."""
    return Together(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show beside a failure what the servers of the test had to say: what fails once in a hundred is not seen twice."""
    report = yield
    if report.failed:
        for log in sorted(_logs(getattr(item, "funcargs", {}))):
            report.sections.append((f"end of {log.name}", log.read_text(errors="replace")[-LONGEST_LOG:]))
    return report


def _logs(given: Mapping[str, Any]) -> set[Path]:
    own = set(given["tmp_path"].rglob("data.log")) if "tmp_path" in given else set()
    return own | ({given["shop"].log} if isinstance(given.get("shop"), RunningShop) else set())


def _place(item: pytest.Item) -> tuple[int, bool, int]:
    file = item.path.relative_to(Path(__file__).parent)
    first = FIRST.index(file.as_posix()) if file.as_posix() in FIRST else len(FIRST)
    return first, "shop" in getattr(item, "fixturenames", ()), FOLDERS.index(file.parts[0])


@pytest.fixture(scope="session")
async def mongo_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Start a replica set of one with test commands on, so that faults can be injected."""
    data_dir: Path = tmp_path_factory.mktemp("mongo")
    # Each test has a database of its own, of some eighty files, which are closed once no snapshot can be of a time
    # before the drop: by default after five minutes, when there are more than a process may have open.
    parameters = {"enableTestCommands": "1", "minSnapshotHistoryWindowInSeconds": "5"}
    mongo = EmbeddedMongo(data_dir=data_dir, extra_parameters=parameters)
    yield await mongo.start()
    await mongo.stop()


@pytest.fixture(params=["motor"])
async def driver(request: pytest.FixtureRequest, mongo_uri: str) -> AsyncIterator[Driver]:
    """Connect; tests of the store ask for both drivers by `parametrize(..., indirect=True)`."""
    name: DriverName = request.param
    driver = Driver(mongo_uri, name)
    yield driver
    await driver.close()


@pytest.fixture(scope="session")
def databases() -> Databases:
    """Keep the database of this test process."""
    return Databases()


@pytest.fixture
async def database(driver: Driver, databases: Databases) -> AsyncIterator[Database]:
    """Hand out a migrated database that nobody else has now."""
    database = await databases.take(driver)
    yield database
    await databases.give_back(database)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Fork servers and operators' commands of this test process from one that has loaded their modules."""
    forks = Forks()
    yield forks
    forks.close()


@pytest.fixture(scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningShop]:
    """Run the whole server with demo data, for tests that leave room for each other."""
    often = dict.fromkeys(("LOGINS_PER_MINUTE", "REGISTRATIONS_PER_MINUTE", "MAILS_PER_HOUR"), "100000")
    settings = {"DEMO": "true", **often}
    running = await RunningShop(tmp_path_factory.mktemp("shop") / "data", settings).start()
    yield running
    assert await running.stop() == 0, running.log.read_text()[-3000:]


@pytest.fixture
async def visitor(shop: RunningShop) -> AsyncIterator[Callable[..., Awaitable[Visitor]]]:
    """Return a function that connects clients, which leave at the end."""
    visitors: list[Visitor] = []

    async def connect(**auth: Any) -> Visitor:
        visitors.append(await Visitor(shop.url, auth).connect())
        return visitors[-1]

    yield connect
    for each in visitors:
        await each.leave()


@pytest.fixture
def ran(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Return a function that notes how many of something a test ran: the fault suite says it in its words."""
    return lambda what, count: record_property(f"{RAN}{what}", count)


@pytest.fixture(scope="session")
async def gateway_process() -> AsyncIterator[RunningGateway]:
    """Run the strict payment gateway in a process of its own."""
    running = await RunningGateway().start()
    yield running
    await running.stop()


@pytest.fixture
async def gateway(gateway_process: RunningGateway) -> RunningGateway:
    """Give the payment gateway as it is before anything was paid."""
    await gateway_process.reset()
    return gateway_process


@pytest.fixture
def mailbox() -> Mailbox:
    """Give an empty mailbox."""
    return Mailbox()


@pytest.fixture
def post_office(mailbox: Mailbox) -> Iterator[PostOffice]:
    """Run an SMTP server in front of the mailbox."""
    office = PostOffice(mailbox)
    office.start()
    yield office
    office.stop(no_assert=True)
