"""The pictures of products: what a seller may do with them.

An upload is stored first and hung up after that, in one guarded write; what is stored and never hung up is swept away
(``sweeping``). Taken down, a picture is gone from its product at once, and its files stay for a while, for the pages
that still show it.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ivorycart.pictures.laboratory import Laboratory
from ivorycart.selling import Editor
from models.catalogue import MAX_IMAGES, Image
from models.entry import EntryAct
from models.errors import Conflict, NotFound
from models.picture import Prints, Size


class Picture(Protocol):
    """A stored picture."""

    @property
    def content(self) -> bytes:
        """Its bytes."""

    @property
    def content_type(self) -> str:
        """What kind of picture it is."""


class PictureStore(Protocol):
    """Where the files of pictures are."""

    async def get(self, image_id: str, size: Size = "large") -> Picture | None:
        """Return a picture; the large one where there is no small one."""

    async def keep(self, prints: Prints) -> str:
        """Store a picture in both sizes, hung up nowhere yet; return its id."""


class GalleryBook(Protocol):
    """Where products say which pictures they have. An act that changes something leaves a line."""

    async def images(self, product_id: str, seller_id: str | None) -> Sequence[Image] | None:
        """Return a product's pictures; None where there is no such product."""

    async def hang(self, product_id: str, act: EntryAct, image_id: str, alt: str) -> Image | None:
        """Add a stored picture as the last one; None if the product, a free place or the files are not there."""

    async def describe(self, product_id: str, act: EntryAct, image_id: str, alt: str) -> Image | None:
        """Change a picture's alternative text; None where there is no such picture."""

    async def arrange(self, product_id: str, act: EntryAct, order: Sequence[str]) -> Sequence[Image] | None:
        """Bring a product's pictures into an order; None unless it names each of them once."""

    async def take_down(self, product_id: str, act: EntryAct, image_id: str) -> Sequence[Image] | None:
        """Remove a picture from its product; return those left; None where there is no such picture."""

    async def clear(self, product_id: str, act: EntryAct) -> Sequence[Image] | None:
        """Remove all pictures of a product; None where there is no such product."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures on show and off it. A seller may act upon their own products' only, an admin upon all."""

    store: PictureStore
    book: GalleryBook
    laboratory: Laboratory

    async def get(self, image_id: str, size: Size = "large") -> Picture:
        """Return a stored picture; raise NotFound."""
        picture = await self.store.get(image_id, size)
        if picture is None:
            raise NotFound("there is no such picture")
        return picture

    def place(self, account: str) -> AbstractContextManager[None]:
        """Take a place for an upload, before any of it is read; raise RateLimited where there is none."""
        return self.laboratory.place(account)

    async def expect(self, product_id: str, editor: Editor) -> None:
        """Raise NotFound or Conflict where an upload would be in vain."""
        hanging = await self.book.images(product_id, editor.own)
        if hanging is None:
            raise NotFound("there is no such product, or it is not yours", product_id=product_id)
        if len(hanging) >= MAX_IMAGES:
            raise Conflict(f"a product has at most {MAX_IMAGES} pictures")

    async def add(self, product_id: str, editor: Editor, content: bytes, alt: str) -> Image:
        """Make an upload anew, store it and hang it up as the last one; return it. Raises what ``develop`` does."""
        image_id = await self.store.keep(await self.laboratory.develop(content))
        image = await self.book.hang(product_id, editor.act("picture_added"), image_id, alt)
        if image is None:
            await self.expect(product_id, editor)  # says what is the matter, if it is one of these
            raise Conflict("the product or its pictures changed meanwhile: try again")
        return image

    async def describe(self, product_id: str, editor: Editor, image_id: str, alt: str) -> Image:
        """Change a picture's alternative text; return the picture."""
        image = await self.book.describe(product_id, editor.act("picture_described"), image_id, alt)
        if image is None:
            raise NotFound("there is no such picture, or it is not yours", product_id=product_id, image_id=image_id)
        return image

    async def arrange(self, product_id: str, editor: Editor, order: Sequence[str]) -> Sequence[Image]:
        """Bring a product's pictures into an order, which names each of them once; return them."""
        arranged = await self.book.arrange(product_id, editor.act("pictures_arranged"), order)
        if arranged is not None:
            return arranged
        if await self.book.images(product_id, editor.own) is None:
            raise NotFound("there is no such product, or it is not yours", product_id=product_id)
        raise Conflict("the order names other pictures than the product has: look at them again")

    async def take_down(self, product_id: str, editor: Editor, image_id: str) -> Sequence[Image]:
        """Remove a picture from its product; return those left. Its files stay for an hour."""
        left = await self.book.take_down(product_id, editor.act("picture_removed"), image_id)
        if left is None:
            raise NotFound("there is no such picture, or it is not yours", product_id=product_id, image_id=image_id)
        return left

    async def clear(self, product_id: str, editor: Editor) -> Sequence[Image]:
        """Remove all pictures from a product. Their files stay for an hour."""
        left = await self.book.clear(product_id, editor.act("pictures_removed"))
        if left is None:
            raise NotFound("there is no such product, or it is not yours", product_id=product_id)
        return left
