"""What somebody does in a window to buy: filling the cart, and going through the checkout."""

from playwright.async_api import Locator, Page, expect

from tests.browser.person import Person

ACCEPTED, DECLINED = "4242 4242 4242 4242", "4000 0000 0000 0002"
PUT = """async ([product, quantity]) => {
    const headers = {"Content-Type": "application/json", "X-Cart-Session": localStorage.getItem("ivorycart.session")};
    const body = JSON.stringify({quantity});
    return (await fetch(`/api/cart/items/${product}`, {method: "PUT", headers, body})).status;
}"""


def line(page: Page, product: str) -> Locator:
    """Find a product's line in the cart."""
    return page.locator(f'.line[data-product="{product}"]')


async def put(page: Page, product: str, quantity: int = 1) -> int:
    """Put something into the anonymous cart of a window's browser, wherever it is; return the answer's status."""
    status: int = await page.evaluate(PUT, [product, quantity])
    return status


async def heading(page: Page, text: str) -> None:
    """See which page it is."""
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)


async def to_checkout(page: Page) -> None:
    """Go on from the cart's page."""
    await page.get_by_role("button", name="Checkout", exact=True).click()
    await heading(page, "Where to?")


async def enter(page: Page, person: Person) -> None:
    """Sign in within the step."""
    await page.get_by_role("heading", name="Sign in to order").wait_for()
    await page.locator('main input[name="email"]').fill(person.email)
    await page.locator('main input[name="password"]').fill(person.password)
    await page.locator('main button[type="submit"]').first.click()


async def to_payment(page: Page) -> None:
    """Give the demo's address."""
    await page.get_by_role("button", name="Use the demo address").click()
    await page.get_by_role("button", name="On to payment").click()
    await heading(page, "Payment")


async def to_summary(page: Page, card: str = ACCEPTED) -> None:
    """Give a card."""
    await page.get_by_label("Card number").fill(card)
    await page.get_by_role("button", name="On to the summary").click()
    await heading(page, "Look it over")


async def pay(page: Page, amount: str) -> None:
    """Press the button that says how much it is."""
    await page.get_by_role("button", name=f"Pay €{amount}").click()


async def submitted(page: Page) -> str:
    """See that it is ordered; return the order's id."""
    await heading(page, "Ordered. Thank you.")
    return await page.locator("[data-order]").get_attribute("data-order") or ""


async def buys(page: Page, amount: str) -> str:
    """Go from the first step to the end as a demo's shopper may; return the order's id."""
    await to_payment(page)
    await to_summary(page)
    await pay(page, amount)
    return await submitted(page)
