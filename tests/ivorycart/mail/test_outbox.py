"""The mail relay: every mail once, again when it must be, and no mail in another's way."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import structlog

from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.mail.composing import MailComposer
from ivorycart.mail.pace import Pace
from ivorycart.mail.port import MailPermanent, MailTemporary
from ivorycart.mail.relay import (
    ASIDE,
    CONCURRENCY,
    LONGEST_PAUSE,
    MAX_TRIES,
    NAMED,
    NO_SERVER,
    PATIENCE,
    Relay,
    pause_after,
)
from ivorycart.order_links import OrderLinks
from models.letter import Mail
from models.order import Order

LOW = {"product_id": "tea", "name": "Tea", "available": 2, "threshold": 3}


def a_mail(key: str = "m", tries: int = 1, **changes: Any) -> Mail:
    """Build a mail on its way."""
    return Mail(**({"key": key, "kind": "low_stock", "to": f"{key}@shop.test", "data": LOW, "tries": tries} | changes))


@dataclass
class Book:
    """An outbox that gives its mails once and keeps what became of them; each note can be made to fail."""

    mails: list[Mail] = field(default_factory=list)
    notes: list[tuple[Any, ...]] = field(default_factory=list)
    failing: set[str] = field(default_factory=set)

    async def claim(self, limit: int) -> Sequence[Mail]:
        """Give the next ones."""
        taken, self.mails = self.mails[:limit], self.mails[limit:]
        return taken

    def _note(self, *note: Any) -> None:
        if note[1] in self.failing:
            raise ConnectionError("the database is away")
        self.notes.append(note)

    async def sent(self, mail: Mail) -> None:
        """Note."""
        self._note("sent", mail.key)

    async def set_aside(self, limit: int, note: str) -> Sequence[Mail]:
        """Note all of them."""
        mails = await self.claim(limit)
        for mail in mails:
            self._note("unsent", mail.key, note)
        return mails

    async def retry(self, mail: Mail, error: str, pause: timedelta) -> None:
        """Note."""
        self._note("retry", mail.key, error, pause)

    async def dead(self, mail: Mail, error: str) -> None:
        """Note."""
        self._note("dead", mail.key, error)

    async def give_back(self, mail: Mail) -> None:
        """Note."""
        self._note("back", mail.key)

    @property
    def outcomes(self) -> dict[str, str]:
        """What became of each."""
        return {note[1]: note[0] for note in self.notes}


@dataclass
class Mailer:
    """Takes mails, and answers for some recipients as it is told."""

    answers: dict[str, Exception] = field(default_factory=dict)
    slow: dict[str, asyncio.Event] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    on_send: Callable[[], None] = lambda: None

    async def send(self, message: EmailMessage) -> None:
        """Take one."""
        to = str(message["To"]).partition("@")[0]
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            self.on_send()
            await (self.slow[to].wait() if to in self.slow else asyncio.sleep(0))
        finally:
            self.at_once -= 1
        if to in self.answers:
            raise self.answers[to]
        self.taken.append(to)

    async def close(self) -> None:
        """Leave."""


class AtOnce(Pace):
    """Lets nobody wait for their turn."""

    async def wait(self) -> None:
        """Go on."""


class NoOrders:
    """An order book in which nothing is."""

    async def get(self, _order_id: str) -> Order | None:
        """Find nothing."""
        return None


COMPOSE = MailComposer(
    NoOrders(), "Shop <shop@shop.test>", "http://shop.test", MailTokens("s" * 32), OrderLinks("s" * 32, NoOrders())
)


async def run(*mails: Mail, mailer: Mailer | None = None, compose: Any = COMPOSE, **options: Any) -> Book:
    """Send these in one step; return the book."""
    book = Book(list(mails))
    await Relay(book, mailer, compose, **options).step()
    return book


async def test_what_the_server_takes_is_sent():
    """And noted as such."""
    mailer = Mailer()
    book = await run(a_mail("a"), a_mail("b"), mailer=mailer)
    assert sorted(mailer.taken) == ["a", "b"]
    assert book.outcomes == {"a": "sent", "b": "sent"}


async def test_what_the_server_refuses_for_ever_is_dead_with_its_reason():
    """It is shown to the admin and not tried again."""
    book = await run(a_mail(), mailer=Mailer({"m": MailPermanent("550 no such user")}))
    assert book.notes == [("dead", "m", "550 no such user")]


async def test_what_the_server_refuses_for_now_is_tried_again_after_a_pause():
    """A longer one each time, and not the same for all: those that failed together do not come back together."""
    for chance, share in ((0.0, 1.0), (0.5, 0.875), (1.0, 0.75)):
        mailer = Mailer({"m": MailTemporary("451 busy")})
        book = await run(a_mail(tries=3), mailer=mailer, chance=lambda chance=chance: chance)
        assert book.notes == [("retry", "m", "451 busy", pause_after(3) * share)]


async def test_after_the_last_try_it_is_given_up():
    """The reason is the last one heard."""
    book = await run(a_mail(tries=MAX_TRIES), mailer=Mailer({"m": MailTemporary("451 busy")}))
    assert book.notes == [("dead", "m", f"given up after {MAX_TRIES} tries: 451 busy")]


def test_pauses_double_from_seconds_to_an_hour():
    """All tries together last for more than two hours: a server that is down for lunch loses nothing."""
    pauses = [pause_after(tries) for tries in range(1, MAX_TRIES)]
    assert pauses[:3] == [timedelta(seconds=each) for each in (5, 10, 20)]
    assert max(pauses) == LONGEST_PAUSE
    assert sum(pauses, timedelta()) > timedelta(hours=2)


async def test_without_a_mail_server_mails_are_kept_as_unsent_and_nothing_is_composed():
    """They stand in the history with the reason; writing what nobody reads would cost more than taking the orders."""

    async def compose(_mail: Mail) -> EmailMessage:
        pytest.fail("a mail was composed")

    assert (await run(a_mail(), compose=compose)).notes == [("unsent", "m", NO_SERVER)]


async def test_without_a_mail_server_the_log_names_mails_and_counts_what_is_beyond_some():
    """A burst of orders is no burst of log lines."""
    book = Book([a_mail(f"m{number}") for number in range(ASIDE + NAMED)])
    relay = Relay(book, None, COMPOSE)
    with structlog.testing.capture_logs() as lines:
        assert await relay.step()
        assert not await relay.step()
    assert len(book.notes) == ASIDE + NAMED
    named = {"event": "mail.unsent", "log_level": "info", "reason": NO_SERVER}
    assert lines[0] == named | {"mail": "m0", "to": "m0@shop.test", "kind": "low_stock"}
    assert [line["count"] for line in lines if line["event"] == "mail.unsent_too"] == [ASIDE - NAMED]
    assert len(lines) == 2 * NAMED + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "no such kind"},
        {"data": {}},
        {"to": "two@shop.test, three@shop.test"},
        {"to": "a@shop.test\r\nBcc: b@shop.test"},
        {"kind": "order_placed", "data": {"order_id": "f" * 24}},
        {"kind": "order_placed", "data": {}},
    ],
)
async def test_what_cannot_be_composed_is_dead_with_its_reason(changes: Any):
    """Unknown kind, missing data, an address that is none, an order that is gone."""
    mailer = Mailer()
    book = await run(a_mail("bad", **changes), a_mail("good"), mailer=mailer)
    assert book.outcomes == {"bad": "dead", "good": "sent"}
    assert next(note[2] for note in book.notes if note[0] == "dead").startswith("cannot be composed: ")
    assert mailer.taken == ["good"]


async def test_a_mail_that_goes_wrong_as_nobody_thought_of_costs_the_others_nothing():
    """It is tried again with pauses, and given up in the end like any other."""

    async def compose(mail: Mail) -> EmailMessage:
        if mail.key.startswith("odd"):
            raise TypeError("of a kind nobody thought of")
        return await COMPOSE(mail)

    mailer = Mailer({"off": ZeroDivisionError("likewise")})
    mails = [a_mail("odd"), a_mail("odd at last", MAX_TRIES), a_mail("off"), *map(a_mail, "abc")]
    book = await run(*mails, mailer=mailer, compose=compose)
    assert book.outcomes == {
        "odd": "retry",
        "odd at last": "dead",
        "off": "retry",
        **dict.fromkeys("abc", "sent"),
    }


async def test_a_database_that_fails_in_the_middle_cuts_nobody_short():
    """The others are finished; the failure is told, and the claim brings that one mail back."""
    mailer = Mailer()
    book = Book([a_mail(each) for each in "abcdef"], failing={"b"})
    with pytest.raises(ConnectionError):
        await Relay(book, mailer, COMPOSE).step()
    assert sorted(mailer.taken) == list("abcdef")
    assert book.outcomes == dict.fromkeys("acdef", "sent")


async def test_one_slow_recipient_holds_nobody_up():
    """The others of the batch are sent meanwhile."""
    gate = asyncio.Event()
    mailer = Mailer(slow={"slow": gate})
    book = Book([a_mail("slow"), *(a_mail(f"m{number}") for number in range(20))])
    step = asyncio.create_task(Relay(book, mailer, COMPOSE).step())
    async with asyncio.timeout(60):
        while len(book.notes) < 20:
            await asyncio.sleep(0)
    gate.set()
    assert await step is False
    assert book.outcomes["slow"] == "sent"


async def test_what_a_slow_server_leaves_no_time_for_is_given_back():
    """Before its claim runs out and another relay sends it, too; those begun are finished."""
    gate = asyncio.Event()
    names = [f"m{number}" for number in range(CONCURRENCY + 5)]
    mailer = Mailer(slow=dict.fromkeys(names, gate))
    book = Book([a_mail(each) for each in names])
    now = 1000.0
    step = asyncio.create_task(Relay(book, mailer, COMPOSE, clock=lambda: now).step())
    while mailer.at_once < CONCURRENCY:
        await asyncio.sleep(0)
    now += PATIENCE + 1
    gate.set()
    await step
    assert sorted(book.outcomes.values()) == ["back"] * 5 + ["sent"] * CONCURRENCY


async def test_only_so_many_are_sent_at_once_and_a_full_batch_says_that_there_may_be_more():
    """A burst of mails is no burst of connections."""
    mailer = Mailer()
    book = Book([a_mail(f"m{number}") for number in range(130)])
    relay = Relay(book, mailer, COMPOSE, pace=AtOnce())
    assert await relay.step()
    assert not await relay.step()
    assert (len(mailer.taken), mailer.most) == (130, CONCURRENCY)
