"""What the cluster consists of, by name. Pure."""

MEMBERS = ("mongo1", "mongo2", "mongo3")
HOSTS = ("app1", "app2")
NGINX = "nginx"
MAIL = "mail"
PARTS = (*MEMBERS, MAIL, *HOSTS, NGINX)  # in the order in which they are started
WORKERS = 2  # of each app host


class UnknownPart(ValueError):  # noqa: N818 - it says what is wrong
    """There is no such part; the message names those that there are."""


def part_of(text: str) -> tuple[str, int | None]:
    """Return a part by its name, and the number of the worker where one of an app host's is meant: `app1.2`."""
    name, _, worker = text.partition(".")
    if name in PARTS and not worker:
        return name, None
    if name in HOSTS and worker.isdecimal() and 1 <= int(worker) <= WORKERS:
        return name, int(worker)
    workers = [f"{host}.{number}" for host in HOSTS for number in range(1, WORKERS + 1)]
    raise UnknownPart(f"there is no part {text!r}; there are {', '.join((*PARTS, *workers))}")


def whole_part(text: str) -> str:
    """Return a part by its name; a worker is none that can be started, stopped or cut off by itself."""
    name, worker = part_of(text)
    if worker is not None:
        raise UnknownPart(f"{text} is a worker of {name}, which starts it again by itself: it can only be killed")
    return name
