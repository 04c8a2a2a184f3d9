"""Personal details on a real database: sealed at rest, and never lost to somebody else's change."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from bson import ObjectId, json_util
from cryptography.fernet import Fernet
from pymongo import MongoClient

from ivorycart.accounts.profiles import Profiles
from ivorycart.vault import Unreadable, Vault, fresh_keys, keys_of
from models.addresses import MOST_ADDRESSES, AddressEntry
from models.errors import Invalid, NotFound
from mongo.driver import Database
from mongo.profiles import SealedProfiles
from tests.mongo.shop import both_drivers

PHONE = "+442079460018"
SECRETS = ("Anna Atkins", "1 High Street", "Garden flat", PHONE)
HOME = AddressEntry(
    id="",
    label="$home",
    name="Anna Atkins",
    line1="1 High Street",
    line2="Garden flat",
    city="$city",
    region="Somerset",
    postal_code="BA1 1AA",
    country="GB",
    phone=PHONE,
)


def new_id() -> str:
    """Return an id."""
    return str(ObjectId())


def profiles(database: Database, keys: str) -> Profiles:
    """Return the profiles of a shop with these keys."""
    return Profiles(book=SealedProfiles(database), vault=Vault(keys_of(keys)), new_id=new_id)


async def add_user(database: Database, name: str = "anna", **fields: Any) -> str:
    """Add an account; return its id."""
    user = {"email": f"{name}-{new_id()}@shop.test", "name": name, "role": "buyer", "password": "hash", **fields}
    return str((await database["users"].insert_one(user)).inserted_id)


async def stored(database: Database, user_id: str) -> dict[str, Any]:
    """Return an account's document."""
    found: dict[str, Any] = await database["users"].find_one({"_id": ObjectId(user_id)})
    return found


@pytest.fixture
def people(database: Database) -> Profiles:
    """Profiles with a key of their own."""
    return profiles(database, fresh_keys())


@pytest.fixture
async def anna(database: Database) -> str:
    """Somebody with an account."""
    return await add_user(database)


@both_drivers
async def test_what_is_kept_comes_back_and_no_word_of_it_is_in_the_database(
    database: Database, people: Profiles, anna: str
) -> None:
    """Phone number, name and lines are sealed with their key's id; town, postal code and country stay legible."""
    await people.update(anna, name="Anna", phone="+44 20 7946 0018")
    home = await people.add(anna, HOME)
    assert home.entry == replace(HOME, id=home.entry.id)
    assert await people.addresses(anna) == [home]
    assert await people.address(anna, home.entry.id) == home
    profile = await people.get(anna)
    assert (profile.name, profile.phone, profile.default_shipping) == ("Anna", PHONE, home.entry.id)
    document = await stored(database, anna)
    text = json_util.dumps(document)
    assert not [each for each in SECRETS if each in text]
    (entry,) = document["addresses"]
    assert all(each.startswith("k1:gAAAA") for each in (document["phone"], *(entry[f] for f in ("name", "line1"))))
    assert (entry["city"], entry["region"], entry["postal_code"], entry["country"]) == (
        "$city",
        "Somerset",
        "BA1 1AA",
        "GB",
    )
    assert (document["email"], document["password"]) == (profile.email, "hash")


async def test_an_update_leaves_alone_what_it_does_not_name(people: Profiles, anna: str) -> None:
    """A phone number goes when it is made empty."""
    await people.update(anna, name="Anna", phone=PHONE)
    assert (await people.update(anna, name="Ann")).phone == PHONE
    assert (await people.update(anna)).name == "Ann"
    gone = await people.update(anna, phone="")
    assert (gone.name, gone.phone) == ("Ann", "")
    with pytest.raises(Invalid):
        await people.update(anna, name="Eve", phone="tomorrow")
    assert (await people.get(anna)).name == "Ann"


@both_drivers
async def test_the_first_address_is_the_default_for_both_and_others_can_become_it(people: Profiles, anna: str) -> None:
    """Always one, or none where there is no address: removing it makes the oldest one left the default."""
    first = (await people.add(anna, HOME)).entry.id
    second = (await people.add(anna, HOME)).entry.id
    third = (await people.add(anna, HOME, billing=True)).entry.id

    async def defaults() -> tuple[str | None, str | None]:
        profile = await people.get(anna)
        return profile.default_shipping, profile.default_billing

    assert await defaults() == (first, third)
    assert (await people.replace(anna, replace(HOME, id=second), shipping=True)).default_shipping
    assert await defaults() == (second, third)
    await people.remove(anna, first)
    assert await defaults() == (second, third)
    await people.remove(anna, third)
    assert await defaults() == (second, second)
    fourth = (await people.add(anna, HOME)).entry.id
    await people.remove(anna, second)
    assert await defaults() == (fourth, fourth)
    await people.remove(anna, fourth)
    assert await defaults() == (None, None)
    fifth = (await people.add(anna, HOME)).entry.id
    assert await defaults() == (fifth, fifth)


async def test_an_address_is_replaced_where_it_stands(people: Profiles, anna: str) -> None:
    """Its neighbours stay as they are, and what is wrong replaces nothing."""
    ids = [(await people.add(anna, replace(HOME, label=str(number)))).entry.id for number in range(3)]
    changed = await people.replace(anna, replace(HOME, id=ids[1], label="new", line2="", phone=""))
    assert (changed.entry.line2, changed.entry.phone) == ("", "")
    assert [each.entry.label for each in await people.addresses(anna)] == ["0", "new", "2"]
    with pytest.raises(Invalid):
        await people.replace(anna, replace(HOME, id=ids[1], postal_code="1"))
    assert [each.entry.label for each in await people.addresses(anna)] == ["0", "new", "2"]


async def test_somebody_elses_address_does_not_exist(database: Database, people: Profiles, anna: str) -> None:
    """Neither to read nor to change, and nothing happens to it."""
    eve = await add_user(database, "eve")
    home = await people.add(anna, HOME)
    await people.add(eve, HOME)
    for act in (
        people.address(eve, home.entry.id),
        people.replace(eve, replace(HOME, id=home.entry.id, label="Eve's"), shipping=True),
        people.remove(eve, home.entry.id),
    ):
        with pytest.raises(NotFound):
            await act
    assert await people.addresses(anna) == [home]
    assert len(await people.addresses(eve)) == 1


@pytest.mark.parametrize("fields", [None, {"deleted_at": 1}])
async def test_without_an_account_there_is_nothing(database: Database, people: Profiles, fields: Any) -> None:
    """A deleted one is none."""
    user_id = await add_user(database, **fields) if fields else new_id()
    for act in (
        people.get(user_id),
        people.update(user_id, name="Eve"),
        people.update(user_id),
        people.addresses(user_id),
        people.address(user_id, new_id()),
        people.add(user_id, HOME),
        people.replace(user_id, replace(HOME, id=new_id())),
        people.remove(user_id, new_id()),
    ):
        with pytest.raises(NotFound):
            await act


@both_drivers
async def test_changes_made_at_once_do_not_undo_each_other(database: Database, people: Profiles, anna: str) -> None:
    """Some add, some replace, some remove, the name changes: each has its effect, and defaults stay in order."""
    kept = [(await people.add(anna, replace(HOME, label="old"))).entry.id for _ in range(6)]
    await asyncio.gather(
        *(people.replace(anna, replace(HOME, id=each, label="new")) for each in kept[:3]),
        *(people.remove(anna, each) for each in kept[3:]),
        *(people.add(anna, replace(HOME, label="added")) for _ in range(5)),
        people.update(anna, name="Ann", phone=PHONE),
    )
    labels = sorted(each.entry.label for each in await people.addresses(anna))
    assert labels == ["added"] * 5 + ["new"] * 3
    profile = await people.get(anna)
    assert (profile.name, profile.phone, profile.default_shipping) == ("Ann", PHONE, kept[0])


async def test_a_book_is_full_with_twenty_addresses_however_many_come_at_once(people: Profiles, anna: str) -> None:
    """The others are refused; where one is removed there is room again."""
    results = await asyncio.gather(*(people.add(anna, HOME) for _ in range(30)), return_exceptions=True)
    refused = [each for each in results if isinstance(each, Invalid)]
    assert (len(refused), refused[0].details) == (10, {"max_addresses": MOST_ADDRESSES})
    listed = await people.addresses(anna)
    assert len(listed) == MOST_ADDRESSES
    await people.remove(anna, listed[7].entry.id)
    await people.add(anna, HOME)


@both_drivers
async def test_after_a_change_of_keys_all_is_sealed_anew_and_the_old_key_can_go(database: Database) -> None:
    """As often as it is run; people notice nothing, and what is under the new key already stays as it is."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before = profiles(database, f"old:{old}")
    users = [await add_user(database, str(number)) for number in range(7)]
    for user_id in users[:5]:
        await before.update(user_id, phone=PHONE)
    for user_id in users[3:]:
        await before.add(user_id, replace(HOME, phone=""))
        await before.add(user_id, replace(HOME, line2=""))
    await add_user(database, "nobody")
    turning = profiles(database, f"new:{new},old:{old}")
    await turning.add(users[6], HOME)
    done = await turning.reseal()
    assert (done.key_id, done.accounts, done.unreadable) == ("new", 7, 0)
    untouched = await stored(database, users[4])
    assert (await turning.reseal()).accounts == 0
    assert await stored(database, users[4]) == untouched
    after = profiles(database, f"new:{new}")
    assert [(await after.get(each)).phone for each in users[:6]] == [PHONE] * 5 + [""]
    assert [len(await after.addresses(each)) for each in users] == [0, 0, 0, 2, 2, 2, 3]
    assert {each.entry.line1 for each in await after.addresses(users[6])} == {"1 High Street"}
    with pytest.raises(Unreadable):
        await before.get(users[0])


async def test_what_somebody_writes_while_it_is_sealed_anew_is_kept(
    database: Database, mongo_uri: str, anna: str
) -> None:
    """A lost race is run again, with what they wrote."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    before, after = profiles(database, f"old:{old}"), profiles(database, f"new:{new},old:{old}")
    await before.update(anna, phone=PHONE)
    await before.add(anna, HOME)
    seen: list[str] = []

    def interrupted(sealed: str) -> str:
        seen.append(after.vault.open(sealed))
        if len(seen) == 1:
            with MongoClient(mongo_uri) as other:
                change = {"$set": {"phone": before.vault.seal("+12125550100"), "addresses.0.label": "moved"}}
                other[database.name]["users"].update_one({"_id": ObjectId(anna)}, change)
        return after.vault.seal(seen[-1])

    assert await SealedProfiles(database).reseal(anna, interrupted)
    assert len(seen) == 10
    alone = profiles(database, f"new:{new}")
    assert (await alone.get(anna)).phone == "+12125550100"
    assert [each.entry.label for each in await alone.addresses(anna)] == ["moved"]


async def test_what_no_key_opens_is_counted_and_holds_up_nobody(database: Database) -> None:
    """More accounts than are looked at together; the ones that can be are sealed anew."""
    lost, new, old = (Fernet.generate_key().decode() for _ in range(3))
    before, turning = profiles(database, f"old:{old}"), profiles(database, f"new:{new},old:{old}")
    sealed = before.vault.seal(PHONE)
    rows = [{"email": f"{n}@shop.test", "role": "buyer", "password": "", "phone": sealed} for n in range(450)]
    rows[0]["phone"] = rows[225]["phone"] = profiles(database, f"lost:{lost}").vault.seal(PHONE)
    await database["users"].insert_many(rows)
    done = await turning.reseal()
    assert (done.accounts, done.unreadable) == (448, 2)
    again = await turning.reseal()
    assert (again.accounts, again.unreadable) == (0, 2)


async def test_sealing_anew_can_be_stopped_and_run_again(database: Database) -> None:
    """What is done stays done; the next run does the rest."""
    new, old = (Fernet.generate_key().decode() for _ in range(2))
    before, turning = profiles(database, f"old:{old}"), profiles(database, f"new:{new},old:{old}")
    for number in range(10):
        await before.update(await add_user(database, str(number)), phone=PHONE)
    ids = await turning.book.not_sealed_by("new", after=None, limit=4)
    assert len(ids) == 4
    for user_id in ids:
        assert await turning.book.reseal(user_id, lambda text: turning.vault.seal(turning.vault.open(text)))
    assert (await turning.reseal()).accounts == 6
