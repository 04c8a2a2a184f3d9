"""Payments by Stripe: PaymentIntents that are captured by hand.

A payment takes two steps under one key. An intent is created under it, unconfirmed, so that whoever knows the key has
the same intent at hand; then it is confirmed with the client's payment method. So a key can be abandoned for good: the
intent is created, if it never was, and cancelled, and no confirmation that comes late can set money aside any more.

What was answered under an idempotency key is answered again as it was, stale by then, so how an intent stands is
always read anew. Stripe forgets such keys after a day. Therefore an intent that was only just created, where one is
looked for or abandoned, is not believed to be the only one: the older ones are searched by the key in their metadata.
Captures and cancellations have no keys of their own: an intent moves on only once. Refunds are looked up by the key in
their metadata before one is asked for.

Concurrency: any call may run at the same time as any other, in any process. Stop: ``close`` after the last call.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog
from stripe import AIOHTTPClient, InvalidRequestError, StripeClient

from ivorycart.payments.port import ActionNeeded, Charge, Declined, ProviderUnavailable
from ivorycart.payments.stripe_errors import asking
from ivorycart.payments.stripe_intents import KEY, Intent, Refund, read_intent, read_refund

PATIENCE = 10.0  # seconds
PAGE = 100  # the most that Stripe lists at once
NOT_PAID = frozenset(("requires_payment_method", "requires_confirmation", "requires_action"))
MISFIT = "this payment does not fit what is to be paid: order again with another key"
_EXPAND = ["latest_charge"]
_UNEXPECTED_STATE = "payment_intent_unexpected_state"
_MISSING = "resource_missing"

log = structlog.get_logger(__name__)


class StripePayments:
    """The provider named ``stripe``.

    ``api_base`` is where its API is, if not at Stripe. ``patience``: seconds for a call, or for a page of ``charges``.
    """

    name = "stripe"
    keeps_list = True

    def __init__(self, api_key: str, *, api_base: str | None = None, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._http = AIOHTTPClient(timeout=patience)
        # Not tried again here: whoever asks does so with the same key, and has seen meanwhile how things stand.
        client = StripeClient(api_key, http_client=self._http, base_addresses={"api": api_base}, max_network_retries=0)
        self._intents, self._refunds = client.v1.payment_intents, client.v1.refunds

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def authorise(self, key: str, amount: int, currency: str, method: Mapping[str, Any]) -> Charge:
        """Set money aside with ``method["payment_method"]``, or return what there is under this key already.

        A payment method that was declined may be followed by another one under the same key.
        """
        async with asking("authorise", self._patience):
            intent = await self._under(key, amount, currency)
            if intent.status in NOT_PAID:
                intent = await self._confirm(intent, str(method.get("payment_method")))
            return _outcome(intent)

    async def find(self, key: str, amount: int, currency: str) -> Charge | None:
        """Return what is set aside, or was taken, under a key."""
        async with asking("find", self._patience):
            for intent in await self._all_under(key, amount, currency):
                if intent.state in {"authorised", "captured"}:
                    _expect(intent, key, amount, currency)
                    return intent.charge
        return None

    async def abandon(self, key: str, amount: int, currency: str) -> None:
        """Cancel the intent of this key, made for the purpose if there was none; Declined where money was taken."""
        async with asking("abandon", self._patience):
            for intent in await self._all_under(key, amount, currency):
                await self._cancel(intent.id)

    async def capture(self, charge_id: str, amount: int) -> None:
        """Take the money, or less of it than is set aside; Declined where it was let go or another amount was taken."""
        async with asking("capture", self._patience):
            try:
                captured = await self._intents.capture_async(charge_id, {"amount_to_capture": amount})
                intent = read_intent(captured)
            except InvalidRequestError as refusal:
                intent = await self._as_it_stands(charge_id, refusal)
            if intent.state != "captured":
                raise Declined(f"there is nothing to be taken: the payment is {intent.status}")
            if intent.captured != amount:
                log.error("payment.captured_otherwise", id=charge_id, captured=intent.captured, asked=amount)
                raise Declined(f"{intent.captured} was taken before, not {amount}")

    async def void(self, charge_id: str) -> None:
        """Let go of the money; Declined where it was taken already."""
        async with asking("void", self._patience):
            await self._cancel(charge_id)

    async def refund(self, charge_id: str, amount: int, key: str) -> str:
        """Give money back, once for each key; Declined where there is not so much left to be given back."""
        async with asking("refund", self._patience):
            refund = await self._refund_under(charge_id, key) or await self._refund(charge_id, amount, key)
            if refund.amount != amount:
                log.error("payment.refunded_otherwise", id=refund.id, refunded=refund.amount, asked=amount)
                raise Declined(f"{refund.amount} was given back under this key, not {amount}")
            if refund.status in {"failed", "canceled"}:
                log.error("payment.refund_failed", id=refund.id, charge=charge_id, status=refund.status)
                raise Declined("the money could not be given back this way")
            return refund.id

    async def look(self, charge_id: str) -> Charge | None:
        """Return how a charge of ours stands now."""
        async with asking("look", self._patience):
            try:
                intent = await self._retrieve(charge_id)
            except InvalidRequestError as refusal:
                if refusal.code != _MISSING:
                    raise
                return None
            return intent.charge if intent.key else None

    async def charges(self, since: datetime) -> AsyncIterator[Charge]:
        """Yield the charges that were made by a shop such as this, newest first."""
        asked: dict[str, Any] = {"limit": PAGE, "created": {"gte": int(since.timestamp())}}
        asked["expand"] = ["data.latest_charge"]
        more = True
        while more:
            async with asking("charges", self._patience):
                page = await self._intents.list_async(asked)  # type: ignore[arg-type]
                intents = [read_intent(each) for each in page.data]
                more = page.has_more and bool(intents)
            for intent in intents:
                asked["starting_after"] = intent.id
                if intent.key:
                    yield intent.charge

    async def _under(self, key: str, amount: int, currency: str) -> Intent:
        """Return the one intent of a key as it stands, made if there was none; Declined where it is of another kind."""
        created = await self._intents.create_async(
            {
                "amount": amount,
                "currency": currency.lower(),
                "capture_method": "manual",
                "allowed_payment_method_types": ["card"],
                "metadata": {KEY: key},
            },
            {"idempotency_key": _digest("create", key)},
        )
        intent = read_intent(created)
        if intent.replayed:
            intent = replace(await self._retrieve(intent.id), replayed=True)
        _expect(intent, key, amount, currency)
        return intent

    async def _all_under(self, key: str, amount: int, currency: str) -> Sequence[Intent]:
        """Return the intents of a key: more than the one, where that is new only because Stripe forgot the key."""
        intent = await self._under(key, amount, currency)
        if intent.replayed:
            return [intent]
        query = f"metadata['{KEY}']:'{_quoted(key)}'"
        found = await self._intents.search_async({"query": query, "limit": PAGE})
        known = {intent.id, *(each.id for each in found.data)}
        return [await self._retrieve(each) for each in sorted(known)]

    async def _confirm(self, intent: Intent, payment_method: str) -> Intent:
        if intent.status == "requires_action" and intent.payment_method == payment_method:
            return intent  # the payer has been asked already, and has not answered yet
        try:
            confirmed = await self._intents.confirm_async(
                intent.id,
                {"payment_method": payment_method},
                {"idempotency_key": _digest("confirm", intent.id, payment_method)},
            )
        except InvalidRequestError as refusal:
            if refusal.code == _UNEXPECTED_STATE:  # somebody else was faster: confirmed, or abandoned
                return await self._retrieve(intent.id)
            log.warning("payment.method_refused", id=intent.id, code=refusal.code, request=refusal.request_id)
            raise Declined("this payment method cannot be used") from None
        current = read_intent(confirmed)
        return await self._retrieve(intent.id) if current.replayed else current

    async def _cancel(self, intent_id: str) -> None:
        try:
            intent = read_intent(await self._intents.cancel_async(intent_id))
        except InvalidRequestError as refusal:
            intent = await self._as_it_stands(intent_id, refusal)
        if intent.state == "captured":
            raise Declined("the money was taken already: it can only be given back")
        if intent.state != "voided":
            raise ProviderUnavailable(f"the payment cannot be let go while it is {intent.status}")

    async def _as_it_stands(self, intent_id: str, refusal: InvalidRequestError) -> Intent:
        """Return how an intent stands that did not move; raise the refusal where that is not the reason."""
        if refusal.code != _UNEXPECTED_STATE:
            raise refusal
        return await self._retrieve(intent_id)

    async def _retrieve(self, intent_id: str) -> Intent:
        return read_intent(await self._intents.retrieve_async(intent_id, {"expand": _EXPAND}))

    async def _refund_under(self, charge_id: str, key: str) -> Refund | None:
        page = await self._refunds.list_async({"payment_intent": charge_id, "limit": PAGE})
        while True:
            for refund in map(read_refund, page.data):
                if refund.key == key:
                    return refund
            if not page.has_more:
                return None
            page = await page.next_page_async()

    async def _refund(self, charge_id: str, amount: int, key: str) -> Refund:
        refunded = await self._refunds.create_async(
            {"payment_intent": charge_id, "amount": amount, "metadata": {KEY: key}},
            {"idempotency_key": _digest("refund", key)},
        )
        return read_refund(refunded)


def _expect(intent: Intent, key: str, amount: int, currency: str) -> None:
    """Raise Declined where an intent is not what was asked for, whoever changed it."""
    if (intent.key, intent.amount, intent.currency) != (key, amount, currency.upper()):
        log.error("payment.misfit", id=intent.id, amount=intent.amount, currency=intent.currency, asked=amount)
        raise Declined(MISFIT)


def _outcome(intent: Intent) -> Charge:
    """Return what came of authorising, or raise what stands in the way."""
    match intent.status:
        case "requires_action":
            details = {"client_secret": intent.client_secret, "payment_intent": intent.id}
            raise ActionNeeded("confirm the payment first", details)
        case "requires_payment_method" | "requires_confirmation":
            raise Declined(intent.refusal or "the payment was not confirmed")
        case "requires_capture" | "succeeded" | "canceled":
            return intent.charge
    raise ProviderUnavailable(f"the payment is {intent.status}")


def _digest(step: str, *parts: str) -> str:
    """Return an idempotency key: Stripe's have at most 255 characters, and are no place for what a key may tell."""
    return f"ivorycart-{step}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"


def _quoted(text: str) -> str:
    """Write a value as Stripe's search language has it between single quotes."""
    return text.replace("\\", "\\\\").replace("'", "\\'")
