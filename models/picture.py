"""Pictures as files: what is made of an upload, and what a sweep did."""

from typing import Literal, NamedTuple

Size = Literal["large", "small"]


class Prints(NamedTuple):
    """One picture in both sizes, as WebP."""

    large: bytes
    small: bytes


class Swept(NamedTuple):
    """One batch of a sweep: the last picture that it looked at, None at the end of the walk; how many were removed."""

    last: str | None
    removed: int
