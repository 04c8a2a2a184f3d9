"""The whole life of an account, by the mails that a real mail server received."""

import asyncio
import time

from bench.shop.running import RunningShop
from tests.accounts import Person, person, token_in
from tests.patience import PATIENCE
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice

ADA, NEW = "ada@shop.test", "ada.lovelace@shop.test"
FIRST, SECOND = "quiet harbour lamp", "louder harbour lamp"
SITE = "https://shop.example"


async def _shop(open_shop: OpenShop, post_office: PostOffice) -> RunningShop:
    return await open_shop(PUBLIC_URL=SITE, SMTP_URL=post_office.url, LOGINS_PER_MINUTE="1000")


async def test_from_registration_to_a_new_address(
    open_shop: OpenShop, post_office: PostOffice, mailbox: Mailbox, books_of: ReadBooks
) -> None:
    """Register, activate, sign in, forget, reset, change the address: each step by its mail, each link good once."""
    shop = await _shop(open_shop, post_office)
    async with person(shop.url) as ada, person(shop.url) as elsewhere:
        body = {"email": ADA, "password": FIRST, "name": "Ada"}
        assert (await ada.ask("POST", "/api/auth/register", body))[0] == 201
        # Not even the right password: the answer would tell who registers others' addresses whether they are known.
        assert await ada.login(ADA, FIRST) == 401

        [activation] = await mailbox.receives(ADA)
        token = token_in(activation, "activate")
        assert SITE in activation.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        assert (await ada.ask("POST", "/api/auth/activate", {"token": token}))[0] == 200
        assert (await ada.ask("POST", "/api/auth/activate", {"token": token}))[1]["code"] == "invalid_token"
        assert await ada.login(ADA, FIRST) == 200
        assert await elsewhere.login(ADA, FIRST) == 200

        assert (await ada.ask("POST", "/api/auth/forgot-password", {"email": ADA}))[0] == 202
        reset = token_in((await mailbox.receives(ADA, 2))[1], "reset-password")
        change = {"token": reset, "password": SECOND}
        for given_away in (ADA, ADA.upper(), "password1"):  # the link stays good for a better one
            assert (await elsewhere.ask("POST", "/api/auth/reset-password", change | {"password": given_away}))[
                0
            ] == 422
        assert (await elsewhere.ask("POST", "/api/auth/activate", {"token": reset}))[0] == 400  # another purpose
        elsewhere_token, elsewhere.token = elsewhere.token, ""
        assert (await elsewhere.ask("POST", "/api/auth/reset-password", change))[0] == 200
        assert (await elsewhere.ask("POST", "/api/auth/reset-password", change))[1]["code"] == "invalid_token"
        elsewhere.token = elsewhere_token
        for device in (ada, elsewhere):  # signed out everywhere
            assert (await device.ask("GET", "/api/auth/profile"))[0] == 401
            assert await device.refresh() == 401
        assert "password was changed" in str((await mailbox.receives(ADA, 3))[2]["Subject"])
        assert await ada.login(ADA, FIRST) == 401
        assert await ada.login(ADA, SECOND) == 200

        wanted = {"email": NEW, "password": SECOND}
        assert (await ada.ask("POST", "/api/auth/change-email", wanted | {"password": FIRST}))[0] == 401
        assert (await ada.ask("POST", "/api/auth/change-email", wanted))[0] == 202
        confirm = token_in((await mailbox.receives(NEW))[0], "confirm-email")
        assert (await ada.ask("GET", "/api/auth/profile"))[1]["email"] == ADA
        assert (await ada.ask("POST", "/api/auth/confirm-email", {"token": confirm}))[1]["email"] == NEW
        assert "address was changed" in str((await mailbox.receives(ADA, 4))[3]["Subject"])
        assert await ada.login(ADA, SECOND) == 401
        assert await ada.login(NEW, SECOND) == 200
    books = await books_of(shop)
    for collection in ("emails", "account_tokens", "account_requests", "sessions", "audit_events", "users"):
        text = str(await books[collection].find().to_list(None))
        for secret in (token, reset, confirm, FIRST, SECOND):
            assert secret.rpartition(".")[2] not in text, collection
    assert not any(secret in shop.log.read_text() for secret in (token, reset, confirm, FIRST, SECOND))
    await books.check()


async def test_nobody_chooses_the_password_of_somebody_elses_address(
    open_shop: OpenShop, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """Registered by a stranger first: the owner's own link sets what the owner chose; the other does no more."""
    shop = await _shop(open_shop, post_office)
    async with person(shop.url) as stranger, person(shop.url) as ada:
        mine = {"email": ADA, "name": "Ada"}
        theirs = await stranger.ask("POST", "/api/auth/register", mine | {"password": "strangers harbour"})
        assert theirs[0] == 201
        [first] = await mailbox.receives(ADA)
        assert (await ada.ask("POST", "/api/auth/register", mine | {"password": FIRST}))[0] == 201
        own = token_in((await mailbox.receives(ADA, 2))[1], "activate")
        assert (await ada.ask("POST", "/api/auth/activate", {"token": own}))[0] == 200
        await ada.ask("POST", "/api/auth/activate", {"token": token_in(first, "activate")})
        assert await stranger.login(ADA, "strangers harbour") == 401
        assert await ada.login(ADA, FIRST) == 200


async def test_mails_go_to_those_whom_they_concern_alone(
    open_shop: OpenShop, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """Known or not, the answer is the same; the unknown get nothing, the known what they need."""
    shop = await _shop(open_shop, post_office)
    async with person(shop.url) as ada:
        body = {"email": ADA, "password": FIRST, "name": "Ada"}
        assert (await ada.ask("POST", "/api/auth/register", body))[0] == 201
        await mailbox.receives(ADA)
        for path in ("resend-activation", "forgot-password"):
            told = [await ada.ask("POST", f"/api/auth/{path}", {"email": email}) for email in (ADA, "no@shop.test")]
            assert told[0] == told[1]
        _, again, reset = await mailbox.receives(ADA, 3)
        token_in(reset, "reset-password")
        chosen = {"token": token_in(again, "reset-password"), "password": FIRST}
        assert (await ada.ask("POST", "/api/auth/reset-password", chosen))[0] == 200
        await mailbox.receives(ADA, 4)  # that the password was changed
        assert (await ada.ask("POST", "/api/auth/register", body | {"password": SECOND}))[0] == 201
        assert "already have an" in str((await mailbox.receives(ADA, 5))[4]["Subject"])
        assert await ada.login(ADA, FIRST) == 200
        await asyncio.sleep(1)
    assert mailbox.to("no@shop.test") == []


async def test_a_session_ended_on_one_process_is_dead_on_the_other(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, measured: Measured
) -> None:
    """Within a second, over HTTP and on the open socket; other sessions of the same user go on.

    Tried three times, because a busy machine may be slow once.
    """
    settings = {**one_database, "ACTIVATION_REQUIRED": "false"}
    one, two = await asyncio.gather(open_shop("one", **settings), open_shop("two", **settings))
    async with person(one.url) as desk, person(two.url) as phone:
        await desk.ask("POST", "/api/auth/register", {"email": ADA, "password": FIRST, "name": "Ada"})
        assert await desk.login(ADA, FIRST) == 200
        still_there = await meet(two, token=desk.token)
        took = []
        for _ in range(3):
            assert await phone.login(ADA, FIRST) == 200
            on_two = await meet(two, token=phone.token)
            _, listed = await desk.ask("GET", "/api/auth/sessions")
            [other] = [each["id"] for each in listed["items"] if not each["current"]]
            began = time.monotonic()
            assert (await desk.ask("DELETE", f"/api/auth/sessions/{other}"))[0] == 200
            await asyncio.gather(_refused(phone), on_two.hear("signed_out"))
            took.append(time.monotonic() - began)
            assert (await on_two.ask("cart:get"))["cart"]["user_id"] is None
        measured("seconds until the other process knew", min(took))
        assert min(took) < 1
        assert (await still_there.ask("cart:get"))["cart"]["user_id"]
        third = await open_shop("three", **settings)  # one that was not there when it happened knows as well
        phone.url, desk.url = third.url, third.url
        assert (await phone.ask("GET", "/api/auth/profile"))[0] == 401
        assert (await desk.ask("GET", "/api/auth/profile"))[0] == 200


async def _refused(who: Person) -> None:
    """Wait until an access token is good no more."""
    async with asyncio.timeout(PATIENCE):
        while (await who.ask("GET", "/api/auth/profile"))[0] != 401:
            await asyncio.sleep(0.01)


async def test_a_mail_that_is_sent_again_lets_its_reader_choose(
    open_shop: OpenShop, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """Whoever registered the address last: the one who reads its mails says what the password is."""
    shop = await _shop(open_shop, post_office)
    async with person(shop.url) as stranger, person(shop.url) as ada:
        mine = {"email": ADA, "name": "Ada"}
        assert (await ada.ask("POST", "/api/auth/register", mine | {"password": FIRST}))[0] == 201
        theirs = await stranger.ask("POST", "/api/auth/register", mine | {"password": "strangers harbour"})
        assert theirs[0] == 201
        await mailbox.receives(ADA, 2)
        await ada.ask("POST", "/api/auth/resend-activation", {"email": ADA})
        again = token_in((await mailbox.receives(ADA, 3))[2], "reset-password")
        assert (await ada.ask("POST", "/api/auth/reset-password", {"token": again, "password": SECOND}))[0] == 200
        assert await stranger.login(ADA, "strangers harbour") == 401
        assert await ada.login(ADA, SECOND) == 200
