"""The pictures of products over HTTP: sellers' work on them, and the files."""

from collections.abc import Sequence
from typing import Any

from aiohttp import hdrs, web

from handlers import shapes
from handlers.http_selling import REFUSALS, editor_of
from handlers.payloads.image import AltBody, ImageForm, ImageList, ImageQuery, OrderBody
from handlers.payloads.product import ImageAnswer
from handlers.routing import Call, Routes
from handlers.uploading import read_form
from models.catalogue import Image
from models.picture import Size
from models.roles import Permission

IMAGES = "/api/products/{product_id}/images"
ONE = f"{IMAGES}/{{image_id}}"
WRITES = Permission.MANAGE_PRODUCTS
FILES = ("image/webp", "image/svg+xml")

image_routes = Routes()


@image_routes.add(
    "POST",
    IMAGES,
    needs=WRITES,
    answer=ImageAnswer,
    form=ImageForm,
    status=201,
    refusals=(*REFUSALS, "rate_limited"),
)
async def add_image(call: Call) -> Any:
    """Add a picture to one of the caller's products, as the last one; the first is the one in lists."""
    product_id, gallery = call.id("product_id"), call.shop.gallery
    await gallery.expect(product_id, editor_of(call))
    with gallery.place(call.me.id):
        form = await read_form(call.request, ImageForm)
        editor = editor_of(call.asked_again(WRITES))
        return shapes.image(await gallery.add(product_id, editor, form.image, form.alt))


@image_routes.add("PUT", IMAGES, needs=WRITES, answer=ImageList, body=OrderBody, refusals=REFUSALS)
async def arrange_images(call: Call) -> Any:
    """Bring the pictures of one of the caller's products into an order, which names each of them once."""
    return _list(await call.shop.gallery.arrange(call.id("product_id"), editor_of(call), call.body.order))


@image_routes.add("DELETE", IMAGES, needs=WRITES, answer=ImageList, query=ImageQuery, refusals=REFUSALS)
async def remove_images(call: Call) -> Any:
    """Take all pictures from one of the caller's products, or the one that is named; return those left."""
    product_id, gallery, image_id = call.id("product_id"), call.shop.gallery, call.query.image_id
    if image_id is None:
        return _list(await gallery.clear(product_id, editor_of(call)))
    return _list(await gallery.take_down(product_id, editor_of(call), image_id))


@image_routes.add("PUT", ONE, needs=WRITES, answer=ImageAnswer, body=AltBody, refusals=REFUSALS)
async def describe_image(call: Call) -> Any:
    """Change the alternative text of a picture."""
    gallery, image_id = call.shop.gallery, call.id("image_id")
    return shapes.image(await gallery.describe(call.id("product_id"), editor_of(call), image_id, call.body.alt))


@image_routes.add("DELETE", ONE, needs=WRITES, answer=ImageList, refusals=REFUSALS)
async def remove_image(call: Call) -> Any:
    """Take a picture from one of the caller's products; return those left."""
    return _list(await call.shop.gallery.take_down(call.id("product_id"), editor_of(call), call.id("image_id")))


@image_routes.add("GET", "/images/{image_id}", needs=Permission.LOOK, answer=None, files=FILES, tagged=True)
async def get_image(call: Call) -> Any:
    """Return a picture, at most 1,600 pixels on the longer side; it never changes, so it may be kept for ever."""
    return await _file(call, "large")


@image_routes.add("GET", "/images/{image_id}/small", needs=Permission.LOOK, answer=None, files=FILES, tagged=True)
async def get_small_image(call: Call) -> Any:
    """Return a picture for thumbnails, at most 400 pixels on the longer side; it may be kept for ever."""
    return await _file(call, "small")


async def _file(call: Call, size: Size) -> web.Response:
    image_id = call.id("image_id")
    picture = await call.shop.gallery.get(image_id, size)  # also for whoever has it: one that is gone is not to be kept
    tag = image_id if size == "large" else f"{image_id}-{size}"
    headers = {hdrs.CACHE_CONTROL: "public, max-age=31536000, immutable", hdrs.ETAG: f'"{tag}"'}
    if any(known.value in {tag, "*"} for known in call.request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_DISPOSITION] = "inline"
    return web.Response(body=picture.content, content_type=picture.content_type, headers=headers)


def _list(images: Sequence[Image]) -> dict[str, Any]:
    return {"items": [shapes.image(each) for each in images], "next": None}
