"""The cluster's commands: `python -m bench.cluster --help`."""

import asyncio
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from bench.cluster.cluster import Cluster, ClusterError, State
from bench.cluster.mail_catcher import ANSWERS, Manner
from bench.cluster.parts import PARTS, UnknownPart, whole_part
from bench.cluster.plan import Options
from bench.root import ROOT

FOLDER = ROOT / ".data" / "cluster"
PARTS_TOLD = (
    f"Parts: {', '.join(PARTS)}; workers of the app hosts: app1.1, app1.2, app2.1, app2.2 (kill, freeze, thaw)."
)


def parser() -> ArgumentParser:
    """Return the reader of the command line."""
    reader = ArgumentParser(
        prog="python -m bench.cluster",
        description="The production topology as plain processes on this machine.",
        epilog=PARTS_TOLD,
        formatter_class=RawDescriptionHelpFormatter,
    )
    reader.add_argument("--folder", type=Path, default=FOLDER, help="where it is kept (default: .data/cluster)")
    commands = reader.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, meaning: str) -> ArgumentParser:
        return commands.add_parser(name, help=meaning, description=meaning)

    up = command("up", "start whatever of it does not run, and wait until it is ready")
    up.add_argument("--demo", action="store_true", help="with demo data and accounts; asked for when it is first made")
    up.add_argument("--loopback", action="store_true", help="without namespaces, as for those who are not root")
    up.add_argument(
        *("--set", "-s"), action="append", default=[], metavar="NAME=VALUE", help="a setting of the app hosts"
    )
    command("status", "how each part is")
    logs = command("logs", "the log of a part")
    logs.add_argument("part")
    logs.add_argument("-f", "--follow", action="store_true", help="and what is added to it")
    for name, meaning in (
        ("kill", "end a part, or a worker, as a power cut would"),
        ("stop", "end a part in good order"),
        ("start", "start a part again"),
        ("freeze", "have a part stand still (SIGSTOP)"),
        ("thaw", "have a part go on (SIGCONT)"),
    ):
        command(name, meaning).add_argument("part")
    cut = command("cut", "cut a part off from all others, or from some; needs root")
    cut.add_argument("part")
    cut.add_argument("--from", dest="others", nargs="+", default=[], metavar="PART")
    command("heal", "take every cut back")
    clock = command("clock", "restart an app host with a clock that is wrong; 0: right again")
    clock.add_argument("part")
    clock.add_argument("seconds", type=int)
    mail = command("mail", "how many mails came; how mails are answered from now on")
    mail.add_argument("--answer", type=int, choices=list(ANSWERS))
    mail.add_argument("--delay", type=float, metavar="SECONDS")
    down = command("down", "end all of it")
    down.add_argument("--wipe", action="store_true", help="and delete its data")
    return reader


async def run(given: Namespace) -> None:  # noqa: C901 - a line or two per command
    """Do what was asked for. Raises ClusterError, UnknownPart, ValueError."""
    settings = dict(each.partition("=")[::2] for each in vars(given).get("set", ()))
    told = vars(given)
    options = Options(demo=told.get("demo", False), loopback=told.get("loopback", False), settings=settings)
    cluster = Cluster(given.folder, options)
    match given.command:
        case "up":
            await _up(cluster)
        case "status":
            print(table(await cluster.status()))
        case "logs":
            _logs(cluster, whole_part(given.part), follow=given.follow)
        case "kill":
            print(f"killed {given.part}, which was process {await cluster.kill(given.part)}")
        case "stop" | "start":
            await (cluster.stop if given.command == "stop" else cluster.start)(given.part)
        case "freeze" | "thaw":
            (cluster.freeze if given.command == "freeze" else cluster.thaw)(given.part)
        case "cut":
            cluster.cut(given.part, given.others)
        case "heal":
            cluster.heal()
        case "clock":
            await cluster.clock(given.part, given.seconds)
        case "mail":
            _mail(cluster, given)
        case "down":
            await cluster.down(wipe=given.wipe)


async def _up(cluster: Cluster) -> None:
    began = time.monotonic()
    await cluster.up()
    told = f"{cluster.url}  (ready after {time.monotonic() - began:.0f} s)"
    print(f"IvoryCart is open: {told}", table(await cluster.status()), sep="\n\n")
    print(f"\nmails: {cluster.mail.root}    database: {cluster.folder / 'cluster.json'} has the accounts")
    print("next:  python -m bench.cluster status | kill mongo1 | cut app2 | heal | logs nginx -f | down")


def table(states: list[State]) -> str:
    """Return the states as lines with columns."""
    rows = [("part", "pid", "address", "is", "cut off from", "namespace")]
    for each in states:
        state = each.why_not or each.role or "ready"
        rows.append(
            (each.part, str(each.pid or "-"), each.where, state, ", ".join(each.lost) or "-", each.namespace or "-")
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _logs(cluster: Cluster, part: str, *, follow: bool) -> None:
    file = cluster.processes.log(part)
    if not file.exists():
        raise ClusterError(f"{part} has never been started")
    subprocess.run(("tail", "-n", "200", *(("-F",) if follow else ()), str(file)), check=False)


def _mail(cluster: Cluster, given: Namespace) -> None:
    folder, now = cluster.mail, cluster.mail.manner
    if given.answer is not None or given.delay is not None:
        now = Manner(
            now.answer if given.answer is None else given.answer, now.delay if given.delay is None else given.delay
        )
        folder.behave(now)
    counted = ", ".join(f"{answer}: {count}" for answer, count in sorted(folder.answered.items())) or "none yet"
    print(f"mails: {counted}; kept in {folder.root}\nanswered by {now.answer} after {now.delay:g} s")


def main() -> int:
    """Run a command; return the exit status."""
    given = parser().parse_args()
    try:
        asyncio.run(run(given))
    except (ClusterError, UnknownPart, ValueError) as error:
        print(f"cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
