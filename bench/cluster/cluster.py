"""The cluster as an object: for the command line, for tests and for whoever breaks parts of it on purpose."""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from aiohttp import ClientError, ClientSession, ClientTimeout

from bench.cluster import network, replica_set
from bench.cluster.mail_catcher import MailFolder
from bench.cluster.network import Network
from bench.cluster.parts import HOSTS, MAIL, MEMBERS, NGINX, PARTS, WORKERS, part_of, whole_part
from bench.cluster.plan import OPERATOR, Options, Plan, load, save, tag_of
from bench.cluster.processes import Processes
from bench.cluster.programs import MissingProgram, nginx_program, program_of
from mongo.embedded.errors import EmbeddedMongoError
from mongo.embedded.ports import free_port, is_free

READY_WITHIN = 120.0  # seconds: a bound for a busy machine
STOP_PATIENCE = 50.0  # seconds: longer than an app host takes at the most
_POLL_SECONDS = 0.1
_ASK_SECONDS = 2.0
_WORKER = re.compile(r"process\.ready .*?pid=(\d+) process=(\d+)")


class ClusterError(Exception):
    """It cannot be done; the message is for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class State:
    """How a part is. ``why_not``: empty where it is ready."""

    part: str
    pid: int | None
    role: str
    why_not: str
    where: str
    namespace: str
    lost: tuple[str, ...]


class Cluster:
    """The parts in a folder. See the package's docstring for concurrency, shutdown and invariants."""

    def __init__(self, folder: Path, options: Options | None = None, *, tied: bool = False) -> None:
        """Look at a folder; ``options`` are used where a cluster is made in it. ``tied``: it ends with this process."""
        self.folder = folder.absolute()
        self.processes = Processes(self.folder, tied)
        self._options = options or Options()
        self._plan: Plan | None = load(self.folder)

    @property
    def plan(self) -> Plan:
        """What it is to be; ClusterError where there is none yet."""
        if self._plan is None:
            raise ClusterError(f"there is no cluster in {self.folder}: begin with `up`")
        return self._plan

    @property
    def network(self) -> Network | None:
        """Its namespaces; None where all is on the loopback address."""
        plan = self.plan
        return Network(plan.tag, plan.subnet, plan.addresses) if plan.subnet else None

    @property
    def url(self) -> str:
        """Where the shop is open."""
        return self.plan.url

    @property
    def uri(self) -> str:
        """The address of the database, for whoever looks after it."""
        return self.plan.uri(OPERATOR)

    @property
    def mail(self) -> MailFolder:
        """What was mailed, and how mails are answered."""
        return MailFolder(self.folder / MAIL)

    async def up(self) -> None:
        """Start whatever does not run, and return once all of it is ready. Raises ClusterError."""
        try:
            nginx_program()
            self._prepare()
            for part in (*MEMBERS, MAIL):
                self._launch(part)
            async with asyncio.timeout(READY_WITHIN):
                await self._with_the_set()
                for part in (*HOSTS, NGINX):
                    self._launch(part)
                await self.ready(*PARTS)
        except (MissingProgram, EmbeddedMongoError, network.NoNetwork) as error:
            raise ClusterError(str(error)) from error
        except TimeoutError:
            raise ClusterError(f"not ready within {READY_WITHIN:g} s:\n{await self._complaints()}") from None

    async def down(self, *, wipe: bool = False) -> None:
        """End every part and take the network away; the data stays, unless it is to be wiped."""
        for part in PARTS:  # who is frozen hears no request to stop
            self.processes.send(part, signal.SIGCONT)
        for group in ((NGINX,), HOSTS, (MAIL,), MEMBERS):
            await asyncio.gather(*(self._end(part, signal.SIGTERM) for part in group))
        if self._plan and self.network:
            self.network.down()
        if wipe:
            shutil.rmtree(self.folder, ignore_errors=True)
            self._plan = None

    async def start(self, part: str) -> None:
        """Start a part that does not run, and wait until it is ready."""
        self._launch(whole_part(part))
        await self.ready(part)

    async def stop(self, part: str) -> None:
        """End a part in good order."""
        await self._end(whole_part(part), signal.SIGTERM)

    async def kill(self, part: str) -> int:
        """End a part, or a worker, as a power cut would; return the pid that it had. Who is killed is not restarted."""
        name, worker = part_of(part)
        if worker is not None:
            process = self._worker(name, worker)
            process.send_signal(signal.SIGKILL)
            return int(process.pid)
        family = self.processes.family(name)
        if not family:
            raise ClusterError(f"{name} does not run")
        for each in family:  # the parent first: it would replace its workers
            _send(each, signal.SIGKILL)
        await self.processes.ended(family, STOP_PATIENCE)
        return int(family[0].pid)

    def freeze(self, part: str) -> None:
        """Have a part stand still: its connections stay open, and nothing is answered."""
        self._signalled(part, signal.SIGSTOP)

    def thaw(self, part: str) -> None:
        """Have a part go on."""
        self._signalled(part, signal.SIGCONT)

    def cut(self, part: str, others: Iterable[str] = ()) -> None:
        """Cut a part off from others, or from all and from this machine. Only with namespaces: ClusterError."""
        if self.network is None:
            raise ClusterError("cut needs root, for network namespaces: start the cluster as root, or use freeze")
        chosen = [whole_part(other) for other in others]
        if chosen:
            self.network.cut(whole_part(part), [other for other in chosen if other != part])
        else:
            self.network.unplug(whole_part(part))

    def heal(self) -> None:
        """Take every cut back."""
        if self.network is not None:
            self.network.heal()

    async def clock(self, part: str, seconds: int) -> None:
        """Restart an app host with a clock that is wrong by so many seconds; 0: right again."""
        if part not in HOSTS:
            raise ClusterError(f"only {' and '.join(HOSTS)} can be given another clock")
        self._plan = self.plan.with_clock(part, seconds)
        save(self.folder, self._plan)
        await self.stop(part)
        try:
            await self.start(part)
        except MissingProgram as error:
            raise ClusterError(str(error)) from error

    async def primary(self) -> str:
        """Return which member is primary, once there is one that others can reach from here."""
        while True:
            for part, role in (await self.roles()).items():
                if role == "primary":
                    return part
            await asyncio.sleep(_POLL_SECONDS)

    async def roles(self) -> dict[str, str]:
        """Return what each member of the replica set says it is."""
        return await replica_set.roles(self.plan, self._key())

    async def ready(self, *parts: str) -> None:
        """Return once these parts are ready; ClusterError where one of them has ended."""
        while True:
            states = [each for each in await self.status() if each.part in parts]
            for each in states:
                if each.pid is None:
                    raise ClusterError(f"{each.part} has ended:\n{self.last_words(each.part)}")
            if not any(each.why_not for each in states):
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def status(self) -> list[State]:
        """Return how each part is."""
        asked = (*HOSTS, NGINX, MAIL)
        roles, told = await asyncio.gather(self.roles(), asyncio.gather(*map(self._why_not, asked)))
        answers = dict(zip(asked, told, strict=True))
        return [self._state(part, roles.get(part, ""), answers.get(part, "")) for part in PARTS]

    def last_words(self, part: str) -> str:
        """Return the end of a part's log."""
        file = self.processes.log(part)
        return file.read_text(errors="replace")[-2000:] if file.exists() else "(it never said anything)"

    def workers(self, host: str) -> dict[int, int]:
        """Return the pids of an app host's workers by number, as its log told them last."""
        family = {each.pid for each in self.processes.family(host)}
        log = self.processes.log(host)
        told = _WORKER.findall(log.read_text(errors="replace")) if log.exists() else []
        return {number: pid for number, pid in {int(n): int(p) for p, n in told}.items() if pid in family}

    def _state(self, part: str, role: str, why_not: str) -> State:
        process = self.processes.find(part)
        if part in MEMBERS:
            why_not = "" if role in {"primary", "secondary"} else role
        if process is None:
            role, why_not = "", "does not run"
        elif process.status() == psutil.STATUS_STOPPED:
            why_not = "frozen"
        wired, lost = self.network, list[str]()
        if wired:
            lost = ["all"] if wired.unplugged(part) else wired.cuts(part)
        return State(
            part=part,
            pid=process.pid if process else None,
            role=role if part in MEMBERS and not why_not else "",
            why_not=why_not,
            where=self.plan.where(part),
            namespace=wired.namespace(part) if wired else "",
            lost=tuple(lost),
        )

    async def _why_not(self, part: str) -> str:
        """Ask a part whether it is ready; return why it is not, or nothing."""
        if part == MAIL:
            return await _unreachable(self.plan.addresses[part], self.plan.ports[part])
        path = "healthz" if part == NGINX else "readyz"
        try:
            async with ClientSession(timeout=ClientTimeout(total=_ASK_SECONDS)) as http:
                for _ in range(1 if part == NGINX else WORKERS):
                    async with http.get(f"http://{self.plan.where(part)}/{path}") as answer:
                        if answer.status != 200:
                            return f"answers {answer.status}: {_failing(await answer.text())}"
        except (ClientError, OSError, TimeoutError) as error:
            return f"does not answer ({type(error).__name__})"
        missing = WORKERS - len(self.workers(part)) if part in HOSTS else 0
        return f"{missing} of {WORKERS} workers missing" if missing else ""

    def _prepare(self) -> None:
        """Make the folder, the plan and the network, as far as they are missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if self._plan is None:
            self._plan = self._new_plan()
            save(self.folder, self._plan)
        self._key()
        if self.network:
            if not network.possible():
                raise ClusterError("this cluster was made by root, with namespaces: only root can start it again")
            self.network.up()

    def _new_plan(self) -> Plan:
        tag, options = tag_of(self.folder), self._options
        if network.possible() and not options.loopback:
            return Plan.on_network(tag, network.free_subnet(), options)
        return Plan.on_loopback(tag, _free_ports(), options)

    def _key(self) -> str:
        """Return the key by which the members know each other; made at the first call."""
        file = self.folder / "key"
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_hex(64))
        return file.read_text().strip()

    def _launch(self, part: str) -> None:
        if self.processes.find(part) is not None:
            return
        program = program_of(part, self.plan, self.folder)
        entering = self.network.entering(part) if self.network else ()
        self.processes.start(part, (*entering, *program.command), program.environment, program.cwd)

    async def _with_the_set(self) -> None:
        """Wait for the replica set, or for the end of a member."""
        making = asyncio.create_task(replica_set.make_ready(self.plan, self._key()))
        try:
            while not (await asyncio.wait({making}, timeout=_POLL_SECONDS))[0]:
                for part in MEMBERS:
                    if self.processes.find(part) is None:
                        raise ClusterError(f"{part} has ended:\n{self.last_words(part)}")
            await making
        finally:
            making.cancel()

    async def _end(self, part: str, how: signal.Signals) -> None:
        family = self.processes.family(part)
        self.processes.send(part, how, first=True)
        if not await self.processes.ended(family, STOP_PATIENCE):
            for each in family:
                _send(each, signal.SIGKILL)
            await self.processes.ended(family, STOP_PATIENCE)

    def _signalled(self, part: str, number: signal.Signals) -> None:
        name, worker = part_of(part)
        if worker is not None:
            self._worker(name, worker).send_signal(number)
        elif self.processes.find(name) is None:
            raise ClusterError(f"{name} does not run")
        else:
            self.processes.send(name, number)

    def _worker(self, host: str, number: int) -> psutil.Process:
        try:
            return psutil.Process(self.workers(host)[number])
        except (KeyError, psutil.NoSuchProcess):
            raise ClusterError(f"{host} has no worker {number} just now") from None

    async def _complaints(self) -> str:
        return "\n".join(f"{each.part}: {each.why_not}" for each in await self.status() if each.why_not)


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _failing(body: str) -> str:
    """Return the checks that an app host says have failed, or the beginning of what it says instead."""
    try:
        checks = json.loads(body)["checks"]
        return ", ".join(name for name, check in checks.items() if not check["ok"])
    except (ValueError, KeyError, TypeError):
        return " ".join(body.split())[:80]


async def _unreachable(host: str, port: int) -> str:
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as error:
        return f"does not answer ({type(error).__name__})"
    writer.close()
    return ""


def _free_ports() -> dict[str, int]:
    """Return a port of the loopback address for each part; the shop's own is the usual one where that is free."""
    ports: dict[str, int] = {}
    for part in PARTS:
        while (port := free_port()) in ports.values():
            continue
        ports[part] = port
    return ports | ({NGINX: 5000} if is_free(5000) else {})


@asynccontextmanager
async def running_cluster(folder: Path, options: Options | None = None) -> AsyncIterator[Cluster]:
    """Have a cluster in a folder, ready; at the end all of it is gone but the logs and the data."""
    cluster = Cluster(folder, options, tied=True)
    try:
        await cluster.up()
        yield cluster
    finally:
        await cluster.down()
