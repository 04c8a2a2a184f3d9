"""Whether Stripe signed a webhook, and not long ago: by its own library, in constant time."""

from stripe import SignatureVerificationError, WebhookSignature

from ivorycart.payments.webhooks import NotTheirs, Verify

TOLERANCE = 300  # seconds: what Stripe recommends


def signed_with(secret: str) -> Verify:
    """Return what verifies webhooks that are signed with a secret."""

    def verify(body: bytes, signature: str | None) -> None:
        try:
            WebhookSignature.verify_header(body, signature, secret, TOLERANCE)
        except (SignatureVerificationError, ValueError, TypeError):  # what is no text cannot be compared
            raise NotTheirs("this is not signed by the payment provider, or was so long ago") from None

    return verify
