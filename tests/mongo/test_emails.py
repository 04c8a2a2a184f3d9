"""The outbox on a real database and a real mail server: each mail once, and again where that is not sure."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.mail.composing import MailComposer
from ivorycart.mail.relay import NO_SERVER, Relay
from ivorycart.mail.smtp import SmtpMailer
from ivorycart.mail.smtp_settings import SmtpSettings
from ivorycart.order_links import OrderLinks
from models.letter import Letter, Mail
from mongo.driver import Database
from mongo.emails import Emails
from mongo.orders import Orders
from mongo.schema import ABOUT_ACCOUNTS
from tests.mongo.shop import both_drivers

ODD: dict[str, Any] = {
    "name": "$name",
    "nested": {"$ne": 1, "a.b": ["$$NOW", {"$literal": "x"}]},
    "text": "{$ne: null}",
    "empty": {},
    "none": None,
}
LOW = {"product_id": "tea", "name": "Tea", "available": 2, "threshold": 3}


def letter(key: str = "k", **changes: Any) -> Letter:
    """Build a letter."""
    return Letter(**({"key": key, "kind": "low_stock", "to": "a@shop.test", "data": LOW} | changes))


async def now(database: Database) -> datetime:
    """Ask the database for the time."""
    hello = await database.command("hello", codec_options=database.codec_options)
    moment: datetime = hello["localTime"]
    return moment


async def state_of(database: Database, key: str = "k") -> Any:
    """Return what became of a mail: state, tries, error."""
    row = await database["emails"].find_one({"_id": key})
    return row["state"], row["tries"], row["error"]


@both_drivers
async def test_a_letter_is_kept_word_for_word(database: Database):
    """Dollars and dots are data, wherever they stand; the dates are the database's."""
    book = Emails(database)
    await book.add(letter("$k", to="$to@shop.test", kind="$kind", data=ODD))
    row = await database["emails"].find_one({"_id": "$k"})
    assert (row["to"], row["kind"], row["data"]) == ("$to@shop.test", "$kind", ODD)
    assert row["due"] == row["created_at"]
    assert [(each.key, each.data, each.tries) for each in await book.claim(10)] == [("$k", ODD, 1)]


async def test_a_letter_that_is_there_already_stays_as_it_is(database: Database):
    """Waiting, sent or dead; also when fifty come at once."""
    book = Emails(database)
    await asyncio.gather(*(book.add(letter(data={"number": number})) for number in range(50)))
    (mail,) = await book.claim(10)
    await book.sent(mail)
    before = await database["emails"].find_one({"_id": "k"})
    await book.add(letter(data={"number": 99}))
    assert await database["emails"].find_one({"_id": "k"}) == before
    assert await database["emails"].count_documents({}) == 1


async def test_two_relays_at_once_share_the_mails(database: Database):
    """Nobody gets what another one has."""
    books = [Emails(database) for _ in range(4)]
    for number in range(60):
        await books[0].add(letter(f"k{number}"))
    taken = await asyncio.gather(*(book.claim(25) for book in books))
    keys = [mail.key for mails in taken for mail in mails]
    assert len(keys) == len(set(keys))
    while more := await books[0].claim(25):
        keys += [mail.key for mail in more]
    assert len(set(keys)) == len(keys) == 60


async def test_the_oldest_are_taken_first_and_none_before_its_time(database: Database):
    """A backlog is worked off in order."""
    book = Emails(database)
    for key in ("first", "second", "third"):
        await book.add(letter(key))
        await asyncio.sleep(0.002)
    (first,) = await book.claim(1)
    assert first.key == "first"
    await book.retry(first, "451", timedelta(hours=1))
    assert {mail.key for mail in await book.claim(10)} == {"second", "third"}
    assert await book.claim(10) == []


async def test_a_mail_whose_relay_died_comes_back_when_its_claim_runs_out(database: Database):
    """And the dead one's late word on it counts for nothing."""
    await Emails(database).add(letter())
    (lost,) = await Emails(database, claim_seconds=0).claim(10)
    (again,) = await Emails(database).claim(10)
    assert (lost.tries, again.tries) == (1, 2)
    await Emails(database).dead(lost, "late")
    await Emails(database).retry(lost, "late", timedelta(0))
    assert await state_of(database) == ("pending", 2, None)
    await Emails(database).sent(again)
    await Emails(database).dead(again, "too late")
    assert await state_of(database) == ("sent", 2, None)


async def test_a_mail_that_is_given_back_was_not_tried(database: Database):
    """The next relay has it at once."""
    book = Emails(database)
    await book.add(letter())
    (mail,) = await book.claim(10)
    await book.give_back(mail)
    assert await book.claim(10) == [mail]


async def test_a_retry_waits_for_its_pause(database: Database):
    """By the database's clock."""
    book = Emails(database)
    await book.add(letter())
    (mail,) = await book.claim(10)
    await book.retry(mail, "451 $busy", timedelta(seconds=30))
    row = await database["emails"].find_one({"_id": "k"})
    pause = row["due"] - await now(database)
    assert timedelta(seconds=20) < pause <= timedelta(seconds=30)
    assert (row["state"], row["error"]) == ("pending", "451 $busy")
    assert "claim" not in row


@pytest.mark.parametrize("reason", ["$name", "550 caf\udce9", "$$ROOT", "nul \0", "x" * 5000])
async def test_a_reason_may_hold_anything(database: Database, reason: str):
    """Bytes of another alphabet reach us as lone surrogates, which no database takes."""
    book = Emails(database)
    await book.add(letter())
    (mail,) = await book.claim(10)
    await book.dead(mail, reason)
    await book.add(letter("another"))
    await book.set_aside(10, reason)
    noted = reason.replace("\udce9", "?")
    assert await state_of(database) == ("dead", 1, noted)
    assert await state_of(database, "another") == ("unsent", 0, noted)


async def test_due_mails_are_set_aside_the_oldest_first_and_none_that_somebody_sends(database: Database):
    """Those that wait for a later try wait on; nobody has tried what is set aside."""
    book = Emails(database)
    for key in ("taken", "first", "second", "third"):
        await book.add(letter(key))
        await asyncio.sleep(0.002)
    await book.claim(1)
    aside = [[mail.key for mail in await book.set_aside(2, "no server")] for _ in range(3)]
    assert aside == [["first", "second"], ["third"], []]
    assert await state_of(database, "third") == ("unsent", 0, "no server")
    assert await state_of(database, "taken") == ("pending", 1, None)


async def test_claiming_reads_what_is_due_only(database: Database):
    """Neither the history nor what waits for a later try."""
    book = Emails(database)
    row = {"kind": "low_stock", "to": "a@shop.test", "data": {}, "tries": 1}
    later = await now(database) + timedelta(hours=1)
    await database["emails"].insert_many(
        [{"_id": f"sent{each}", "state": "sent", "due": later - timedelta(hours=2), **row} for each in range(100)]
        + [{"_id": f"later{each}", "state": "pending", "due": later, **row} for each in range(100)]
    )
    await book.add(letter())
    query = {"state": "pending", "$expr": {"$lte": ["$due", "$$NOW"]}}
    command = {"find": "emails", "filter": query, "sort": {"due": 1}, "limit": 100}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert plan["executionStats"]["nReturned"] == 1
    assert plan["executionStats"]["totalKeysExamined"] <= 3


class Inbox:
    """A mail server's memory; ``refuse`` answers the next messages."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.refuse: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name
        """Take a message, or not. One that is taken may have its answer lost."""
        answer = self.refuse.pop(0) if self.refuse else "250 taken"
        if answer.startswith(("250", "421")):
            self.raw.append(envelope.content)
        return answer

    @property
    def ids(self) -> list[str]:
        """The Message-IDs, in order of arrival."""
        return [message_from_bytes(raw, policy=default)["Message-ID"] for raw in self.raw]


class Server(Controller):
    """A threaded server on a port that the system picked."""

    def __init__(self, inbox: Inbox) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(inbox, hostname="127.0.0.1", port=self._listening.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@asynccontextmanager
async def post_office(database: Database) -> AsyncIterator[tuple[Inbox, Relay]]:
    """Run a real mail server, and a relay that uses it."""
    inbox = Inbox()
    server = Server(inbox)
    await asyncio.to_thread(server.start)
    mailer = SmtpMailer(SmtpSettings(host="127.0.0.1", port=server.port, tls="never"))
    book = Emails(database)
    yield (
        inbox,
        Relay(
            book,
            mailer,
            MailComposer(
                Orders(database),
                "Shop <shop@shop.test>",
                "http://shop.test",
                MailTokens("s" * 32),
                OrderLinks("s" * 32, Orders(database)),
            ),
        ),
    )
    await mailer.close()
    await asyncio.to_thread(server.stop, no_assert=True)


async def due_now(database: Database) -> None:
    """Let all pauses and claims be over."""
    await database["emails"].update_many({"state": "pending"}, [{"$set": {"due": "$$NOW"}}])


async def test_from_the_outbox_to_the_inbox(database: Database):
    """Taken at once; taken at the second try; refused for ever."""
    async with post_office(database) as (inbox, relay):
        for key in ("at once", "later", "never"):
            await Emails(database).add(letter(key))
            inbox.refuse = {"later": ["451 busy"], "never": ["550 nobody here"]}.get(key, [])
            await relay.step()
        await due_now(database)
        await relay.step()
        assert len(set(inbox.ids)) == len(inbox.ids) == 2
    states = {row["_id"]: row["state"] async for row in database["emails"].find()}
    assert states == {"at once": "sent", "later": "sent", "never": "dead"}


class Forgetful(Emails):
    """An outbox that is away when the first mail was sent."""

    away = True

    async def sent(self, mail: Mail) -> None:
        """Fail once."""
        if self.away:
            self.away = False
            raise ConnectionError("the database is away")
        await super().sent(mail)


async def test_a_mail_that_is_sent_again_is_the_same_message(database: Database):
    """The server took it and the database was away when that was to be noted: at least once, and known as a repeat."""
    async with post_office(database) as (inbox, relay):
        book = Forgetful(database, claim_seconds=0)
        relay.book = book
        await book.add(letter())
        with pytest.raises(ConnectionError):
            await relay.step()
        await relay.step()
        assert len(inbox.ids) == 2
        assert len(set(inbox.ids)) == 1
    assert await state_of(database) == ("sent", 2, None)


async def test_two_relays_send_each_mail_once(database: Database):
    """The lease may be lost; the claims hold."""
    async with post_office(database) as (inbox, relay):
        for number in range(40):
            await Emails(database).add(letter(f"k{number}"))
        await asyncio.gather(*(Relay(Emails(database), relay.mailer, relay.compose).step() for _ in range(3)))
        while await Emails(database).claim(1):
            pytest.fail("a mail was left")
        assert len(inbox.ids) == len(set(inbox.ids)) == 40


async def test_without_a_server_mails_end_as_unsent(database: Database):
    """They are not tried, nor ever will be."""
    book = Emails(database)
    await book.add(letter())
    await Relay(
        book,
        None,
        MailComposer(
            Orders(database),
            "shop@shop.test",
            "http://shop.test",
            MailTokens("s" * 32),
            OrderLinks("s" * 32, Orders(database)),
        ),
    ).step()
    assert await state_of(database) == ("unsent", 0, NO_SERVER)


async def test_mails_about_accounts_do_not_wait_behind_thousands_of_others(database: Database):
    """Whoever wants to sign in waits for theirs; it is found without reading the others."""
    book = Emails(database)
    row = {"kind": "low_stock", "to": "a@shop.test", "data": {}, "tries": 0, "state": "pending"}
    early = await now(database) - timedelta(minutes=1)
    await database["emails"].insert_many([{"_id": f"m{each}", "due": early, **row} for each in range(200)])
    await book.add(letter("reset", kind="reset_password"))
    taken = [mail.key for mail in await book.claim(10)]
    assert len(taken) == 10
    assert "reset" in taken
    query = {"state": "pending", "$expr": {"$lte": ["$due", "$$NOW"]}, **ABOUT_ACCOUNTS}
    command = {"find": "emails", "filter": query, "sort": {"due": 1}, "limit": 100}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalKeysExamined"] <= 2, plan["queryPlanner"]["winningPlan"]


@both_drivers
async def test_a_mail_that_would_come_too_late_is_not_sent(database: Database):
    """By the database's clock; one that is still in time, or has all the time, is."""
    book, at = Emails(database), await now(database)
    await book.add(letter("late", until=at - timedelta(seconds=1)))
    await book.add(letter("soon", until=at + timedelta(seconds=60)))
    await book.add(letter("ever"))
    assert {mail.key for mail in await book.claim(10)} == {"soon", "ever"}
    assert await state_of(database, "late") == ("unsent", 0, "not sent: too late")
