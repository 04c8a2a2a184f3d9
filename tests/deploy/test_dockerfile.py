"""The Dockerfile, by the rules that linters have: nothing floats, nobody is root, no secret is inside."""

import re
from pathlib import PurePath

from bench.root import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = [
    (word.upper(), rest.strip())
    for word, _, rest in (
        line.partition(" ")
        for line in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
        if line.strip()
    )
]
LAST = INSTRUCTIONS[max(i for i, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM") :]
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]


def all_of(word: str, instructions: list[tuple[str, str]] = INSTRUCTIONS) -> list[str]:
    """Return what follows each instruction of a kind."""
    return [rest for name, rest in instructions if name == word]


def test_base_images_are_named_by_their_full_version() -> None:
    """And every stage stands on one of them."""
    arguments = dict(rest.split("=", 1) for rest in all_of("ARG") if rest.endswith("bookworm-slim") or "slim" in rest)
    for image in arguments.values():
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+-[a-z-]+", image), image
    for stage in all_of("FROM"):
        image, _, name = stage.partition(" AS ")
        assert name
        assert image.strip("${}") in arguments, stage


def test_it_is_the_python_that_the_locks_are_for() -> None:
    """Hashes of another one's packages are not in them."""
    made_for = re.search(r"--python-version (\S+)", (ROOT / "requirements.txt").read_text())
    assert made_for
    assert f"python:{made_for[1]}." in TEXT


def test_packages_are_taken_by_their_hashes_alone() -> None:
    """Nothing is looked up while it is built, and no package runs code of its own."""
    installing = [line for line in all_of("RUN") if re.search(r"pip\d? install|npm (ci|install)|apt", line)]
    assert installing
    for line in installing:
        assert "npm install" not in line
        assert "apt" not in line
        assert line.count("pip install") == line.count("--require-hashes") == line.count("--only-binary=:all:")
        assert line.count("npm ci") <= line.count("--ignore-scripts")
    for lock in ("requirements.txt", "requirements-traces.txt"):
        text = (ROOT / lock).read_text()
        pins = re.findall(r"^[a-z0-9-]+(?:\[.*\])?==", text, re.MULTILINE)
        hashed = re.findall(r"^[a-z0-9-]+(?:\[.*\])?==\S+ \\\n    --hash=sha256:\w{64}", text, re.MULTILINE)
        assert pins
        assert len(hashed) == len(pins)


def test_the_traces_stand_on_the_versions_of_the_shop() -> None:
    """One environment has both: a package of both locks has one version."""
    pins = [
        dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))
        for lock in ("requirements.txt", "requirements-traces.txt", "requirements-dev.txt")
    ]
    shop, traces, tests = pins
    assert {name: traces[name] for name in traces.keys() & shop.keys()} == {
        name: shop[name] for name in traces.keys() & shop.keys()
    }
    assert {name: tests[name] for name in traces} == traces


def test_it_runs_as_nobody_special_and_says_how_it_is() -> None:
    """By number, so that an orchestrator can see that it is not root; without a program beside Python."""
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", all_of("USER", LAST)[-1])
    (health,) = all_of("HEALTHCHECK", LAST)
    assert "/readyz" in health
    assert "curl" not in TEXT
    assert all_of("CMD", LAST) == ['["python", "server.py"]']
    assert all_of("STOPSIGNAL", LAST) == ["SIGTERM"]
    assert not all_of("ADD")
    assert all(path.startswith("/") for path in all_of("WORKDIR"))
    assert "sudo" not in TEXT


def test_what_is_copied_is_there_and_let_in() -> None:
    """What the server imports is all there; what is not copied is not sent to whoever builds."""
    copied = set()
    for rest in all_of("COPY"):
        if not rest.startswith("--from="):
            *sources, _target = rest.split()
            copied |= {source.rstrip("/") for source in sources}
    for source in copied:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in IGNORED, source
    assert IGNORED[0] == "*"
    assert {line[1:] for line in IGNORED if line.startswith("!")} == copied
    imported = set(re.findall(r"^from (\w+)", (ROOT / "server.py").read_text(), re.MULTILINE))
    own = {name for name in imported if (ROOT / name).is_dir()}
    assert own <= copied


def test_no_secret_is_inside() -> None:
    """Not by a build argument either: those are in an image's history."""
    given = " ".join(all_of("ARG") + all_of("ENV"))
    assert not re.search(r"SECRET|PASSWORD|TOKEN|_KEY|MONGODB_URI", given)
    assert not [source for source in IGNORED if source.startswith("!") and PurePath(source).name.startswith(".env")]
