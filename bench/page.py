"""The page of figures: prose by hand, and between two marker comments each part that a command writes."""

from argparse import ArgumentParser, Namespace
from pathlib import Path


class BrokenPage(Exception):  # noqa: N818 - it says what is the matter
    """A page has one of a part's markers without the other, or has them twice or the wrong way round."""


def markers(part: str) -> tuple[str, str]:
    """Return the lines that begin and end a part."""
    return f"<!-- {part}: written by its command, changes in here are lost -->", f"<!-- end of {part} -->"


def replaced(page: str, part: str, text: str) -> str:
    """Return a page with a part written anew; one that lacks the part gets it at its end. Raise BrokenPage."""
    begin, end = markers(part)
    fresh = f"{begin}\n\n{text.strip()}\n\n{end}"
    if begin not in page and end not in page:
        return f"{page.rstrip()}\n\n{fresh}\n".lstrip()
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    if (page.count(begin), page.count(end), rest.count(end)) != (1, 1, 1):
        raise BrokenPage(f"there must be one line {begin!r} and after it one {end!r}")
    return before + fresh + after


def kept(path: Path, part: str) -> str:
    """Return what a page has of a part now; nothing where it has none, or there is no page."""
    begin, end = markers(part)
    _, there, rest = _read(path).partition(begin)
    return rest.partition(end)[0].strip() if there else ""


def check(path: Path, part: str) -> None:
    """Raise BrokenPage or OSError where a part could not be written later: before what takes many minutes."""
    replaced(_read(path), part, "")
    if not path.parent.is_dir():
        raise BrokenPage(f"there is no folder {path.parent}")


def arguments(parser: ArgumentParser, part: str) -> Namespace:
    """Read the arguments of a command, to which ``--write`` is added; end it where its page could not be written."""
    parser.add_argument("--write", type=Path, metavar="PATH", help="write its part of this page anew")
    given = parser.parse_args()
    try:
        if given.write:
            check(given.write, part)
    except (BrokenPage, OSError) as error:
        parser.error(str(error))
    return given


def write(path: Path, part: str, text: str) -> None:
    """Write a part anew and leave all else as it is; make the page where there is none."""
    path.write_text(replaced(_read(path), part, text))


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""
