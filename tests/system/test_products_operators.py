"""``python -m ivorycart products``: files of products, beside a running server."""

from pathlib import Path

from tests.system.commands import ivorycart
from tests.system.conftest import Meet, OpenShop, ReadBooks


async def test_an_operator_imports_and_exports_beside_a_running_shop(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, tmp_path: Path
) -> None:
    """Said first, then done, seen in open browsers; what is wrong is told by line and column."""
    shop = await open_shop(DEMO="true")
    books, ada = await books_of(shop), await meet(shop)
    before = await books["products"].count_documents({})
    file, again = tmp_path / "in.csv", tmp_path / "out.jsonl"
    file.write_text("sku;name;price_decimal;category;stock\nA;Tea;1,50;pantry;5\nB;Mug;x;pantry;5\n")
    given = ("--seller", "seller@demo.com")
    status, out, err = await ivorycart(shop, "products", "import", str(file), *given, "--dry-run")
    assert (status, err) == (1, "line 3: price_decimal: must be a price such as 12.50\n")
    assert out == "ready: 2 rows; 1 would be created, 0 would be changed, 0 the same, 1 refused\n"
    assert await books["products"].count_documents({}) == before
    status, out, _ = await ivorycart(shop, "products", "import", str(file), *given)
    assert (status, out) == (1, "done: 2 rows; 1 created, 0 changed, 0 the same, 1 refused\n")
    product = await books["products"].find_one({"sku": "A"})
    assert (product["price"], product["stock"]) == (150, 5)
    await ada.hear("product", lambda told: told["product"]["id"] == str(product["_id"]))
    status, out, _ = await ivorycart(shop, "products", "export", str(again), *given)
    assert status == 0
    assert '"sku":"A"' in again.read_text()
    status, out, _ = await ivorycart(shop, "products", "import", str(again), *given)
    assert (status, "0 created, 0 changed" in out, "0 refused" in out) == (0, True, True), out
    status, _, err = await ivorycart(shop, "products", "export", str(again), "--seller", "nobody@demo.com")
    assert (status, "no account" in err) == (1, True)
    await books.check()
