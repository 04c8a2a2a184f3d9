"""Plots as files."""

from math import nan
from xml.etree import ElementTree as ET

from bench.scale.drawing import Plot, Series, draw

SVG = "{http://www.w3.org/2000/svg}"


def circles(text: str) -> list[tuple[float, float]]:
    """Return where points were drawn, without those of the key."""
    found = ET.fromstring(text).iter(f"{SVG}circle")  # noqa: S314 - our own
    return [(float(each.attrib["cx"]), float(each.attrib["cy"])) for each in found if each.attrib["r"] == "3.5"]


def test_a_plot_is_a_file_that_stands_alone_and_is_readable_in_the_dark() -> None:
    """A code host shows it on its own ground."""
    text = draw(Plot("Cost < 1 & more", "sockets", "µs", [Series("app", [(1, 2), (2, 4)])]))
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.attrib["aria-label"] == "Cost < 1 & more"
    assert "prefers-color-scheme: dark" in text
    assert "href" not in text
    assert root.find(f"{SVG}rect") is not None


def test_more_is_higher_and_further_right() -> None:
    """As everybody reads it."""
    (x1, y1), (x2, y2) = circles(draw(Plot("t", "x", "y", [Series("s", [(1, 2), (2, 4)])])))
    assert x1 < x2
    assert y1 > y2


def test_decades_are_equally_far_apart_on_a_logarithmic_axis() -> None:
    """Of stored orders, say."""
    points = [(1000.0, 1.0), (10_000.0, 1.0), (100_000.0, 1.0)]
    (a, _), (b, _), (c, _) = circles(draw(Plot("t", "x", "y", [Series("s", points)], logarithmic=True)))
    assert abs((b - a) - (c - b)) < 0.2


def test_what_was_not_measured_is_left_out() -> None:
    """Nothing is drawn as nought."""
    assert len(circles(draw(Plot("t", "x", "y", [Series("s", [(1, 2), (2, nan)])])))) == 1
    assert circles(draw(Plot("t", "x", "y", [Series("s", [])]))) == []


def test_what_was_computed_is_dashed() -> None:
    """So that nobody takes it for measured."""
    assert "stroke-dasharray" in draw(Plot("t", "x", "y", [Series("s", [(1, 2), (2, 3)], dashed=True)]))
    assert "stroke-dasharray" not in draw(Plot("t", "x", "y", [Series("s", [(1, 2), (2, 3)])]))
