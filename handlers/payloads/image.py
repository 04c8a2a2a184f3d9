"""Shapes of pictures."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from handlers.payloads.fields import Answer, Id, Request, Text
from handlers.payloads.product import ImageAnswer
from models.catalogue import MAX_ALT, MAX_IMAGES

Alt = Annotated[Text, Field(max_length=MAX_ALT, description="for those who cannot see it")]
Upload = Annotated[bytes, Field(min_length=1), WithJsonSchema({"type": "string", "format": "binary"})]


class ImageForm(Request):
    """A new picture: JPEG, PNG, WebP, GIF or AVIF, of at most 5 MiB and 40 megapixels."""

    image: Upload
    alt: Alt = ""


class AltBody(Request):
    """Words for a picture."""

    alt: Alt


class ImageQuery(Request):
    """Which picture; without it, all of the product."""

    image_id: Id | None = None


class OrderBody(Request):
    """All pictures of a product, in the order in which they are to be shown; the first is the one in lists."""

    order: Annotated[list[Id], Field(max_length=MAX_IMAGES)]


class ImageList(Answer):
    """The pictures of a product, in their order."""

    items: list[ImageAnswer]
    next: None
