"""Products' pictures as shoppers see them."""

import io
import re
from typing import Any

import pytest
from aiohttp import ClientSession, FormData
from playwright.async_api import expect

from tests.handlers.doors import bearer, send
from tests.picture_files import BLUE, png
from tests.visitor import sign_in

from .conftest import OpenWindow

pytestmark = pytest.mark.browser


async def test_a_card_shows_the_small_picture_and_another_where_one_could_not_be_loaded(
    shop: Any, window: OpenWindow
) -> None:
    """A drawing stands in for one that fails; one that comes in its place is tried anew, in the cart, too."""
    seller = bearer(await sign_in(shop.url, "seller@demo.com"))
    fields = {"name": "Picture frame", "price": 900, "category": "a", "stock": 5}
    product = (await send(shop.url, "POST", "/api/products/", fields, **seller)).body["id"]
    path = f"/api/products/{product}/images"

    async def upload(**colour: Any) -> Any:
        form = FormData({"image": io.BytesIO(png((900, 900), **colour))}, default_to_multipart=True)
        async with ClientSession() as http, http.post(shop.url + path, data=form, headers=seller) as answer:
            assert answer.status == 201
            return await answer.json()

    first, page = await upload(), await window(f"{shop.url}/listing", refusals=True)
    picture = page.locator(f'.card[data-product="{product}"] img')
    await expect(picture).to_have_attribute("src", first["small"])
    await expect(picture).to_have_attribute("srcset", f"{first['small']} 1x, {first['url']} 2x")
    broken = await upload(colour=BLUE)
    await page.route(f"**{broken['small']}", lambda route: route.abort())
    await send(shop.url, "DELETE", f"{path}?image_id={first['id']}", **seller)
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_attribute("src", re.compile("^/static/pictures/"))
    third = await upload()
    await send(shop.url, "PUT", path, {"order": [third["id"], broken["id"]]}, **seller)
    await expect(picture).to_have_attribute("src", third["small"])
    await page.locator(f'.card[data-product="{product}"] .stepper button').last.click()
    await expect(page.locator(f'.line[data-product="{product}"] img')).to_have_attribute("src", third["small"])
    await page.locator('.cart [aria-label="Empty the cart"]').click()
    await expect(page.locator(".cart-empty")).to_be_visible()
    await send(shop.url, "DELETE", f"/api/products/{product}", **seller)
