"""Pictures of the web app for the README and the docs: a demo shop in which something is going on.

python -m bench.screenshots [--to docs/pictures] [--only home,checkout] [--url URL]
"""

import argparse
import asyncio
import io
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from playwright.async_api import Browser, Page, expect

from bench.page_figures import a_shop
from bench.pages.chromium import chromium, window
from bench.pages.lively import Lively, enliven

QUALITY = 82
WIDE, NARROW = (1280, 860), (390, 780)
STILL_COMING = ".skeleton, .card-waiting, [aria-busy=true]"
SETTLES_MS = 1_500  # pictures of products are decoded, charts drawn
# Pictures out of sight are not fetched before somebody goes there; one that does not come is no reason not to take it.
TOGETHER = """() => {
  const inSight = ({ top, left, bottom }) => bottom > 0 && top < innerHeight && left < innerWidth;
  const seen = [...document.images].filter((each) => inSight(each.getBoundingClientRect()));
  const all = Promise.all([document.fonts.ready, ...seen.map((each) => each.decode().catch(() => {}))]).then(() => {});
  return Promise.race([all, new Promise((done) => { setTimeout(done, 8_000); })]);
}"""


class Shot(NamedTuple):
    """One picture: of which page, as whom, how large, in which theme."""

    name: str
    path: str
    role: str = ""
    size: tuple[int, int] = WIDE
    theme: str = "light"
    basket: bool = False
    """Whether who looks is the one with a cart."""


def shots(lively: Lively) -> list[Shot]:
    """Return the pictures to take."""
    return [
        Shot("home", "/"),
        Shot("home-dark", "/", theme="dark"),
        Shot("listing", "/listing", basket=True),
        Shot("listing-dark", "/listing", basket=True, theme="dark"),
        Shot("listing-phone", "/listing", size=NARROW, basket=True),
        Shot("product", f"/product/{lively.product}", basket=True),
        Shot("product-phone", f"/product/{lively.product}", size=NARROW, theme="dark", basket=True),
        Shot("cart-phone", "/order/cart", size=NARROW, basket=True),
        Shot("checkout-phone", "/order/address", role="buyer", size=NARROW),
        Shot("order", f"/orders/{lively.order}", role="buyer"),
        Shot("order-phone", f"/orders/{lively.order}", role="buyer", size=NARROW),
        Shot("seller", "/seller?period=24h", role="seller"),
        Shot("seller-dark", "/seller?period=24h", role="seller", theme="dark"),
        Shot("seller-products", "/seller/products", role="seller"),
        Shot("delivery-phone", "/delivery", role="delivery", size=NARROW),
        Shot("admin", "/admin", role="admin"),
        Shot("admin-dark", "/admin", role="admin", theme="dark"),
    ]


async def take(browser: Browser, url: str, shot: Shot, session: str) -> bytes:
    """Take a picture: what is in sight when all of it has come."""
    width, height = shot.size
    more = {
        "color_scheme": shot.theme,
        "reduced_motion": "reduce",
        "device_scale_factor": 1.5 if shot.size == NARROW else 1,
    }
    who = window(browser, url, role=shot.role, session=session, width=width, height=height, **more)
    async with who as context:
        page = await context.new_page()
        await page.goto(url + shot.path)
        await settled(page)
        return await page.screenshot()


async def settled(page: Page) -> None:
    """Wait until the page is live and whole."""
    await expect(page.locator(".connection")).to_have_attribute("data-state", "live", timeout=60_000)
    await expect(page.locator("main h1")).to_be_visible(timeout=60_000)
    await expect(page.locator(STILL_COMING)).to_have_count(0, timeout=60_000)
    await page.evaluate(TOGETHER)
    await page.wait_for_timeout(SETTLES_MS)


def keep(picture: bytes, path: Path) -> None:
    """Write a picture, small."""
    Image.open(io.BytesIO(picture)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)


async def taken(given: argparse.Namespace) -> None:
    """Take all pictures, and say how large they are."""
    async with a_shop(given.url) as url, chromium() as browser:
        lively = await enliven(url)
        for shot in shots(lively):
            if given.only and shot.name not in given.only.split(","):
                continue
            path = given.to / f"{shot.name}.webp"
            keep(await take(browser, url, shot, lively.session if shot.basket else ""), path)
            print(f"{path} {path.stat().st_size // 1024} KB", flush=True)


def main() -> int:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=Path("docs/pictures"), help="the folder")
    parser.add_argument("--only", help="names of pictures, with commas between them")
    parser.add_argument("--url", help="a shop that is running, with demo data")
    asyncio.run(taken(parser.parse_args()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
