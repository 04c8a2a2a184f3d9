"""Pictures over a running shop: a seller's whole work on them, and what is tried with them."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from aiohttp import ClientSession, FormData
from bson import ObjectId

from bench.shop.books import Books, open_books
from bench.shop.running import RunningShop
from ivorycart.demo.catalogue import PRODUCTS
from tests.accounts import person
from tests.handlers.doors import bearer, send, serves_on
from tests.patience import PATIENCE
from tests.picture_files import BLUE, GREEN, RED, alike, claiming, file, opened, pixel, plain, png
from tests.visitor import sign_in

SOMEBODY = "quiet harbour lamp"
FORM = "multipart/form-data; boundary=cut"
BEGUN = 50  # bytes that are sent of an upload which is only begun
POLYGLOT = b"<script>alert(document.domain)</script>"
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 4


@dataclass
class Shelf:
    """A product of the demo seller's, seen by whoever has the token."""

    url: str
    token: str
    product_id: str
    books: Books

    @property
    def images(self) -> str:
        """Where its pictures are."""
        return f"/api/products/{self.product_id}/images"

    async def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Send a request as the seller, or with another's token; return the answer."""
        return await send(self.url, method, path, body, **bearer(self.token if token is None else token))

    async def upload(self, *pictures: bytes, token: str | None = None, **texts: str) -> tuple[int, Any]:
        """Upload pictures with texts in one form; return status and answer."""
        form = FormData(default_to_multipart=True)
        for content in pictures:
            form.add_field("image", io.BytesIO(content), filename="../../x.png", content_type="text/html")
        for name, text in texts.items():
            form.add_field(name, text)
        headers = bearer(token or self.token) if token != "" else {}
        async with ClientSession() as http, http.post(self.url + self.images, data=form, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def shown(self) -> list[dict[str, Any]]:
        """Return the product's pictures as anybody sees them."""
        answer = await send(self.url, "GET", f"/api/products/{self.product_id}")
        images: list[dict[str, Any]] = answer.body["images"]
        return images

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
        """Fetch a file; return status, headers and content."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with ClientSession() as http, http.request(method, self.url + path, headers=given) as answer:
            return answer.status, answer.headers, await answer.read()


@pytest.fixture
async def shelf(shop: RunningShop) -> AsyncIterator[Shelf]:
    """Put up a product of the seller's; it goes at the end, and nothing took the process by surprise meanwhile."""
    async with open_books(shop) as books, serves_on(shop):
        seller: Any = await books["users"].find_one({"email": "seller@demo.com"})
        product_id = await books.add_product(seller_id=str(seller["_id"]))
        yield Shelf(shop.url, await sign_in(shop.url, "seller@demo.com"), product_id, books)
        await books["products"].delete_one({"_id": ObjectId(product_id)})
        await books["inventory_logs"].delete_many({"product_id": ObjectId(product_id)})


async def test_an_upload_is_shown_to_everybody_in_two_sizes(shelf: Shelf) -> None:
    """As WebP, whatever was sent, to be kept for ever, and as nothing but a picture."""
    status, image = await shelf.upload(png((2000, 1000)), alt="Tea <b>& more</b> 🍵")
    assert status == 201
    image_id = image["id"]
    paths = {"url": f"/images/{image_id}", "small": f"/images/{image_id}/small"}
    assert image == {"id": image_id, **paths, "alt": "Tea <b>& more</b> 🍵"}
    assert await shelf.shown() == [image]
    for path, size in ((image["url"], (1600, 800)), (image["small"], (400, 200))):
        status, headers, content = await shelf.get(path)
        made = opened(content)
        assert (status, made.format, made.size) == (200, "WEBP", size)
        assert alike(pixel(content, 5, 5), RED)
        assert headers["Content-Type"] == "image/webp"
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Disposition"] == "inline"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        status, _, nothing = await shelf.get(path, If_None_Match=headers["ETag"])
        assert (status, nothing) == (304, b"")
        status, head, nothing = await shelf.get(path, "HEAD")
        assert (status, nothing, head["Content-Length"], head["ETag"]) == (200, b"", str(len(content)), headers["ETag"])
    assert (await shelf.get(image["small"]))[1]["ETag"] != (await shelf.get(image["url"]))[1]["ETag"]


async def test_whoever_has_a_picture_need_not_get_it_again_while_it_is_there(shelf: Shelf) -> None:
    """By its tag, or by any; one that never was is not "unchanged"."""
    _, image = await shelf.upload(png())
    for path in (image["url"], image["small"]):
        tag = (await shelf.get(path))[1]["ETag"]
        for known in (tag, f'"other", {tag}', "*", f"W/{tag}"):
            assert (await shelf.get(path, If_None_Match=known))[0] == 304
        assert (await shelf.get(path, If_None_Match='"other"'))[0] == 200
    nobodys = ObjectId()
    for path in (f"/images/{nobodys}", f"/images/{nobodys}/small"):
        for known in (f'"{nobodys}"', f'"{nobodys}-small"', "*"):
            assert (await shelf.get(path, If_None_Match=known))[0] == 404


async def test_pictures_are_deleted_where_they_are_added(shelf: Shelf) -> None:
    """One that is named, or all; each act is in the product's history, with who did it."""
    pictures = [(await shelf.upload(png()))[1] for _ in range(3)]
    answer = await shelf.ask("DELETE", f"{shelf.images}?image_id={pictures[1]['id']}")
    assert (answer.status, answer.body) == (200, {"items": [pictures[0], pictures[2]], "next": None})
    assert (await shelf.ask("DELETE", f"{shelf.images}?image_id={pictures[1]['id']}")).is_problem(404, "not_found")
    assert (await shelf.ask("DELETE", f"{shelf.images}?image_id=x")).is_problem(422, "validation")
    assert (await shelf.ask("DELETE", f"{shelf.images}?picture=x")).is_problem(422, "validation")
    for _ in range(2):
        answer = await shelf.ask("DELETE", shelf.images)
        assert (answer.status, answer.body, await shelf.shown()) == (200, {"items": [], "next": None}, [])
    assert (await shelf.ask("DELETE", f"/api/products/{ObjectId()}/images")).is_problem(404, "not_found")
    history = (await shelf.ask("GET", f"/api/products/{shelf.product_id}/changes")).body["items"]
    assert [each["kind"] for each in history] == ["pictures_removed", "picture_removed", *["picture_added"] * 3]
    (change,) = history[1]["changed"]
    assert (change["field"], [each["id"] for each in change["before"]]) == ("images", [each["id"] for each in pictures])
    assert {each["by"]["kind"] for each in history} == {"user"}


async def test_open_browsers_see_every_change(shelf: Shelf, visitor: Any) -> None:
    """A picture more, other words, another order, a picture less: each as a `product` event, with all pictures."""
    watching = await visitor()

    async def told(images: list[Any]) -> None:
        event = await watching.hear(
            "product", lambda each: each["product"]["id"] == shelf.product_id and each["product"]["images"] == images
        )
        assert event["change"] == "updated"

    _, first = await shelf.upload(png())
    await told([first])
    _, second = await shelf.upload(png(colour=BLUE), alt="blue")
    await told([first, second])
    answer = await shelf.ask("PUT", f"{shelf.images}/{first['id']}", {"alt": "red"})
    first = first | {"alt": "red"}
    assert (answer.status, answer.body) == (200, first)
    await told([first, second])
    answer = await shelf.ask("PUT", shelf.images, {"order": [second["id"], first["id"]]})
    assert (answer.status, answer.body) == (200, {"items": [second, first], "next": None})
    await told([second, first])
    answer = await shelf.ask("DELETE", f"{shelf.images}/{second['id']}")
    assert (answer.status, answer.body) == (200, {"items": [first], "next": None})
    await told([first])
    assert (await shelf.get(second["url"]))[0] == 200  # a page that shows it still does
    assert (await shelf.ask("DELETE", f"{shelf.images}/{second['id']}")).is_problem(404, "not_found")


async def test_a_cart_shows_the_first_picture(shelf: Shelf, visitor: Any) -> None:
    """In its small size; also where it was put there after the line."""
    buyer = await visitor()
    line = {"product_id": shelf.product_id, "quantity": 1}
    assert (await buyer.ask("cart:set", line))["cart"]["lines"][0]["image"] is None
    _, image = await shelf.upload(png())
    await buyer.hear("product", lambda each: each["product"].get("images") == [image])
    assert (await buyer.ask("cart:get"))["cart"]["lines"][0]["image"] == image["small"]
    assert (await buyer.ask("cart:clear"))["ok"]


async def test_what_the_program_drew_itself_is_served_as_it_is(shelf: Shelf) -> None:
    """The demo's pictures are SVG, sharp in every size."""
    products = (await send(shelf.url, "GET", "/api/products/?limit=100&category=home/lighting")).body["items"]
    listed = next(each for each in products if each["sku"] in {demo.sku for demo in PRODUCTS})["images"][0]
    assert listed["id"]
    for path in (listed["url"], listed["small"]):
        status, headers, content = await shelf.get(path)
        assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
        assert content.startswith(b"<svg")


async def test_pictures_are_their_sellers_business(shelf: Shelf) -> None:
    """To another seller the product is not there, others may not, nobody is asked to sign in; an admin may all."""
    _, image = await shelf.upload(png())
    emails = ("studio.nord@demo.com", "buyer@demo.com", "delivery@demo.com")
    tokens = {email: await sign_in(shelf.url, email) for email in emails}
    for email, refusal in zip(emails, [(404, "not_found"), (403, "forbidden"), (403, "forbidden")], strict=True):
        status, answer = await shelf.upload(png(), token=tokens[email])
        assert (status, answer["code"]) == refusal
        order: Any = {"order": [image["id"]]}
        for method, path, body in (
            *(("PUT", shelf.images, order), ("DELETE", f"{shelf.images}/{image['id']}", None)),
            *(("DELETE", shelf.images, None), ("DELETE", f"{shelf.images}?image_id={image['id']}", None)),
            ("PUT", f"{shelf.images}/{image['id']}", {"alt": "mine"}),
        ):
            assert (await shelf.ask(method, path, body, tokens[email])).is_problem(*refusal)
    assert (await shelf.upload(png(), token=""))[0] == 401
    assert await shelf.shown() == [image]
    admin = await sign_in(shelf.url, "admin@demo.com")
    status, second = await shelf.upload(png(), token=admin)
    assert status == 201
    assert (await shelf.ask("DELETE", f"{shelf.images}/{image['id']}", None, admin)).body["items"] == [second]


HOSTILE: dict[str, tuple[bytes, int, str]] = {
    "zero bytes": (b"", 422, "validation"),
    "text": (b"hello", 415, "unsupported_type"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 415, "unsupported_type"),
    "HTML before a picture": (POLYGLOT + png(), 415, "unsupported_type"),
    "HTML behind a picture": (png() + POLYGLOT, 415, "unsupported_type"),
    "HTML in its comment": (file(plain(), "JPEG", comment=POLYGLOT), 415, "unsupported_type"),
    "a TIFF": (file(plain(), "TIFF"), 415, "unsupported_type"),
    "a bomb": (claiming(20_000, 20_000), 413, "too_large"),
    "half a JPEG": (file(plain(size=(900, 900)), "JPEG")[:-900], 422, "validation"),
    "half a PNG": (png((900, 900))[:-900], 422, "validation"),
    "a header alone": (b"\x89PNG\r\n\x1a\n", 422, "validation"),
    "a byte too much": (bytes(5 * 1024 * 1024 + 1), 413, "too_large"),
}


@pytest.mark.parametrize(("content", "status", "code"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_what_is_no_fit_picture_is_refused(shelf: Shelf, content: bytes, status: int, code: str) -> None:
    """And nothing of it is kept."""
    before = await shelf.books["images"].count_documents({})
    got, answer = await shelf.upload(content)
    assert (got, answer["code"], answer["status"]) == (status, code, status)
    assert await shelf.shown() == []
    assert await shelf.books["images"].count_documents({}) == before


async def test_of_a_picture_with_something_harmless_behind_it_only_the_picture_is_left(shelf: Shelf) -> None:
    """As phones make them."""
    for content in (file(plain(colour=GREEN), "JPEG") + FILM, png(colour=GREEN) + FILM):
        status, image = await shelf.upload(content)
        assert status == 201
        for path in (image["url"], image["small"]):
            _, headers, served = await shelf.get(path)
            assert headers["Content-Type"] == "image/webp"
            assert FILM not in served
            assert alike(pixel(served, 5, 5), GREEN)


async def test_forms_that_are_none_are_refused(shelf: Shelf) -> None:
    """Two files, a thousand parts, an unknown field, JSON instead."""
    for upload, refusal in (
        (shelf.upload(png(), png()), (422, "validation")),
        (shelf.upload(*[b"x"] * 1000), (413, "too_large")),
        (shelf.upload(png(), price="1"), (422, "validation")),
        (shelf.upload(png(), alt="x" * 301), (422, "validation")),
        (shelf.upload(png(), alt="a\0b"), (422, "validation")),
        (shelf.upload(alt="no picture"), (422, "validation")),
    ):
        status, answer = await upload
        assert (status, answer["code"]) == refusal
    assert (await shelf.ask("POST", shelf.images, {"image": "x"})).is_problem(415, "unsupported_type")
    assert await shelf.shown() == []


async def test_a_product_has_at_most_twelve_pictures(shelf: Shelf) -> None:
    """The thirteenth is a conflict."""
    ids = [ObjectId() for _ in range(12)]
    images = [{"_id": each, "url": f"/images/{each}", "alt": ""} for each in ids]
    await shelf.books.change_product(shelf.product_id, {"$set": {"images": images}})
    status, answer = await shelf.upload(png())
    assert (status, answer["code"]) == (409, "conflict")


async def test_the_files_of_a_picture_that_was_taken_down_go_an_hour_later(shelf: Shelf) -> None:
    """By the worker of the server that runs; here its hour has passed."""
    _, image = await shelf.upload(png())
    _, stays = await shelf.upload(png())
    assert (await shelf.ask("DELETE", f"{shelf.images}/{image['id']}")).status == 200
    ids = {"_id": {"$in": [ObjectId(each["id"]) for each in (image, stays)]}}
    an_hour_ago: Any = {"$subtract": ["$$NOW", 3_600_001]}
    await shelf.books["images"].update_many(ids, [{"$set": {"loose_since": an_hour_ago}}])
    await _until(lambda: shelf.get(image["url"]), 404)
    assert (await shelf.get(image["small"]))[0] == 404
    assert (await shelf.get(stays["url"]))[0] == 200


async def test_nobody_uploads_more_than_four_at_once(shelf: Shelf) -> None:
    """Whoever leaves uploads unfinished keeps only themself out, and is told when to come again."""
    async with AsyncExitStack() as stack:
        begun = [await _begin_upload(shelf, shelf.token, _form(png())) for _ in range(5)]
        for _, writer in begun:
            stack.callback(writer.close)
        first_lines = [asyncio.ensure_future(reader.readline()) for reader, _ in begun]
        (refused,), waiting = await asyncio.wait(first_lines, return_when=asyncio.FIRST_COMPLETED)
        assert b" 429 " in refused.result()
        assert len(waiting) == 4
        for each in waiting:
            stack.callback(each.cancel)
        answer = await send(shelf.url, "POST", shelf.images, _form(png()), **bearer(shelf.token), Content_Type=FORM)
        assert answer.is_problem(429, "rate_limited")
        assert int(answer.headers["Retry-After"]) >= 1
        admin = await sign_in(shelf.url, "admin@demo.com")
        assert (await shelf.upload(png(), token=admin))[0] == 201
    await _until(lambda: shelf.upload(png()), 201)


async def test_words_and_orders_that_do_not_fit_are_refused(shelf: Shelf) -> None:
    """Each with what is the matter."""
    _, image = await shelf.upload(png())
    one, other = f"{shelf.images}/{image['id']}", str(ObjectId())
    for alt in ("x" * 301, "a\0b", None, 1, "\ud800"):
        assert (await shelf.ask("PUT", one, {"alt": alt})).is_problem(422, "validation")
    assert (await shelf.ask("PUT", f"{shelf.images}/{other}", {"alt": ""})).is_problem(404, "not_found")
    for order in (["x"], [other] * 13, None, "x"):
        assert (await shelf.ask("PUT", shelf.images, {"order": order})).is_problem(422, "validation")
    for order in ([], [other], [image["id"], other], [image["id"]] * 2):
        assert (await shelf.ask("PUT", shelf.images, {"order": order})).is_problem(409, "conflict")
    unknown = f"/api/products/{other}/images"
    assert (await shelf.ask("PUT", unknown, {"order": []})).is_problem(404, "not_found")
    assert (await shelf.ask("PUT", f"{shelf.images}/x", {"alt": ""})).is_problem(422, "validation")


async def test_whoever_is_no_seller_any_more_when_the_picture_is_whole_has_not_uploaded_it(
    shop: RunningShop, shelf: Shelf
) -> None:
    """A body can take its time: the role is asked for again behind it."""
    async with AsyncExitStack() as stack:
        admin, ada = [await stack.enter_async_context(person(shop.url)) for _ in range(2)]
        admin.token = await sign_in(shop.url, "admin@demo.com")
        email = f"{uuid4().hex}@example.org"
        await ada.ask("POST", "/api/auth/register", {"email": email, "password": SOMEBODY, "name": "Ada"})
        assert await ada.login(email, SOMEBODY) == 200
        _, profile = await ada.ask("GET", "/api/auth/profile")
        role = f"/api/admin/users/{profile['id']}/role"
        assert (await admin.ask("PUT", role, {"role": "seller"}))[0] == 200
        logs = f"/api/products/{shelf.product_id}/inventory-logs"
        await shelf.books.change_product(shelf.product_id, {"$set": {"seller_id": ObjectId(profile["id"])}})
        await _until(lambda: ada.ask("GET", logs), 200)
        body = _form(png())
        reader, writer = await _begin_upload(shelf, ada.token, body)
        assert (await admin.ask("PUT", role, {"role": "buyer"}))[0] == 200
        await _until(lambda: ada.ask("GET", logs), 403)
        writer.write(body[BEGUN:])
        assert b" 403 " in await reader.readline()
        writer.close()
    assert await shelf.shown() == []


async def _begin_upload(shelf: Shelf, token: str, body: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(shelf.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST {shelf.images} HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {token}\r\n"
    head += f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body[:BEGUN])
    await writer.drain()
    return reader, writer


def _form(content: bytes) -> bytes:
    head = b'--cut\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
    return head + content + b"\r\n--cut--\r\n"


async def _until(asked: Any, status: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await asked())[0] != status:
            await asyncio.sleep(0.05)
