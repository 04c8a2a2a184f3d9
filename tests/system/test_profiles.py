"""Personal details of a whole shop: sealed with a key of the data folder, sealed anew after a change of keys."""

from typing import Any

from bson import json_util

from ivorycart.vault import fresh_keys
from tests.accounts import Person, person
from tests.system.commands import ivorycart
from tests.system.conftest import OpenShop, ReadBooks

EMAIL, PASSWORD = "ada@shop.test", "quiet harbour lamp"
PHONE = "+442079460018"
HOME = {"name": "Ada King", "line1": "1 Analytical Way", "city": "London", "postal_code": "N1 9GU", "country": "GB"}


def _sealed_anew(*, accounts: int = 0) -> str:
    return f"accounts sealed anew under the key k2: {accounts}\norders sealed anew under the key k2: 0\n"


async def _reads_all(ada: Person) -> None:
    """Assert that everything is as it was written."""
    assert (await ada.ask("GET", "/api/auth/profile"))[1]["phone"] == PHONE
    _, book = await ada.ask("GET", "/api/auth/addresses")
    assert [{name: each[name] for name in HOME} for each in book["items"]] == [HOME]


async def test_what_is_sealed_stays_readable_while_keys_change(open_shop: OpenShop, books_of: ReadBooks) -> None:
    """The key is made with the data folder; a new one goes before it, all is sealed anew, and the old one can go."""
    settings = {"ACTIVATION_REQUIRED": "false"}
    shop = await open_shop(**settings)
    file = shop.data_dir / "encryption_keys"
    assert file.stat().st_mode & 0o777 == 0o600
    first = file.read_text()
    async with person(shop.url) as ada:
        body = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
        assert (await ada.ask("POST", "/api/auth/register", body))[0] == 201
        assert await ada.login(EMAIL, PASSWORD) == 200
        assert (await ada.ask("PUT", "/api/auth/profile", {"phone": PHONE}))[0] == 200
        assert (await ada.ask("POST", "/api/auth/addresses", HOME))[0] == 201
        await _reads_all(ada)

        async def stored() -> dict[str, Any]:
            found: dict[str, Any] = await (await books_of(shop))["users"].find_one({"email": EMAIL})
            text = json_util.dumps(found)
            assert not [each for each in (PHONE, "Ada King", "1 Analytical Way") if each in text]
            return found

        assert (await stored())["phone"].startswith("k1:")
        assert await shop.stop() == 0

        file.write_text(fresh_keys().replace("k1:", "k2:") + "," + first)
        await shop.start()
        ada.url = shop.url
        assert await ada.refresh() == 200
        await _reads_all(ada)
        assert (await stored())["phone"].startswith("k1:")
        assert await ivorycart(shop, "users", "reseal") == (0, _sealed_anew(accounts=1), "")
        assert await ivorycart(shop, "users", "reseal") == (0, _sealed_anew(), "")
        assert (await stored())["phone"].startswith("k2:")
        await _reads_all(ada)
        assert await shop.stop() == 0

        file.write_text(file.read_text().partition(",")[0])
        await shop.start()
        ada.url = shop.url
        assert await ada.refresh() == 200
        await _reads_all(ada)


async def test_sealing_anew_needs_the_keys_where_the_database_is_elsewhere(
    open_shop: OpenShop, one_database: dict[str, str]
) -> None:
    """One line says so; commands that open nothing go without."""
    shop = await open_shop(**one_database)
    place = {name: one_database[name] for name in ("MONGODB_URI", "MONGODB_DATABASE")}
    assert (await ivorycart(shop, "audit", **place))[0] == 0
    status, _, err = await ivorycart(shop, "users", "reseal", **place)
    assert (status, len(err.splitlines())) == (1, 1)
    assert "ENCRYPTION_KEYS" in err
    assert (await ivorycart(shop, "users", "reseal", **one_database))[0] == 0
    assert not (shop.data_dir / "encryption_keys").exists()


async def test_keys_in_the_folder_that_are_none_stop_the_start_of_a_command(open_shop: OpenShop) -> None:
    """The line names the file, and quotes nothing of it."""
    shop = await open_shop()
    (shop.data_dir / "encryption_keys").write_text("k1:hunter2")
    status, _, err = await ivorycart(shop, "users", "reseal")
    assert (status, len(err.splitlines())) == (1, 1)
    assert "encryption_keys" in err
    assert "hunter2" not in err


async def test_without_its_key_nothing_is_passed_off_as_empty(open_shop: OpenShop) -> None:
    """The answer is an error, the log says which key is missing, and what was sealed waits for it unharmed."""
    shop = await open_shop(DEMO="true")
    file = shop.data_dir / "encryption_keys"
    first = file.read_text()
    async with person(shop.url) as buyer:
        assert await buyer.login("buyer@demo.com", "demo123") == 200
        assert (await buyer.ask("PUT", "/api/auth/profile", {"phone": PHONE}))[0] == 200
        assert (await buyer.ask("POST", "/api/auth/addresses", HOME))[0] == 201
        await shop.stop()
        file.write_text(fresh_keys().replace("k1:", "k2:"))
        await shop.start()
        buyer.url = shop.url
        assert await buyer.login("buyer@demo.com", "demo123") == 200
        for path in ("/api/auth/profile", "/api/auth/addresses"):
            status, problem = await buyer.ask("GET", path)
            assert (status, problem["code"]) == (500, "internal")
        assert "ENCRYPTION_KEYS has no key 'k1'" in shop.log.read_text()
        status, out, err = await ivorycart(shop, "users", "reseal")
        assert (status, out) == (1, _sealed_anew())
        assert "accounts with something that no key opens: 1" in err
        await shop.stop()
        file.write_text(first)
        await shop.start()
        buyer.url = shop.url
        assert await buyer.login("buyer@demo.com", "demo123") == 200
        await _reads_all(buyer)
