"""Colours that go together, and mixing them; a colour is "#rrggbb"."""

from dataclasses import dataclass, replace

WHITE = "#fffdf8"


@dataclass(frozen=True, slots=True)
class Palette:
    """Three tones of the room (`wall`, `form`, `floor`) and four of the things in it."""

    wall: str
    form: str
    floor: str
    main: str
    second: str
    accent: str
    ink: str

    def swapped(self) -> "Palette":
        """Let the second colour lead."""
        return replace(self, main=self.second, second=self.main)


PALETTES = (
    Palette("#f5ecdd", "#ead8bd", "#dfc9a9", "#c4674a", "#3f5d59", "#e6ae4c", "#2b2a28"),
    Palette("#eef0e4", "#d8e0cb", "#c6d1b5", "#5c7d65", "#d58a5c", "#f0d6a0", "#26302b"),
    Palette("#f7e9e2", "#efd1c5", "#e3bcac", "#b65551", "#34566b", "#f0b67c", "#2c2526"),
    Palette("#e9eff2", "#cfdde5", "#b9ccd7", "#2f5d78", "#dd8859", "#f2cf8a", "#1f2a33"),
    Palette("#f6f0dc", "#ecdeb4", "#dfca94", "#cb9530", "#456260", "#b65d3e", "#2b2822"),
    Palette("#f0ecf3", "#ddd4e5", "#cbbfd6", "#6c5787", "#d68a74", "#efc888", "#2a2533"),
    Palette("#f0eee9", "#dedad1", "#ccc6ba", "#43474b", "#c46d49", "#e3b364", "#232426"),
    Palette("#e7f1ed", "#c9e0d8", "#b0d0c5", "#30776a", "#df7d61", "#f3d48e", "#1f2e2a"),
)


def mix(one: str, other: str, share: float) -> str:
    """Return the colour that is `share` (0 to 1) of the way from one to the other."""
    return "#" + "".join(
        f"{round(int(one[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share):02x}"
        for at in (1, 3, 5)
    )
