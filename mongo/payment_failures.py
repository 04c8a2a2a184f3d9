"""Telling somebody that what they wanted to pay did not come to an order; each write may be done again."""

from bson import ObjectId

from models.alert import Notice
from models.identity import OwnerId, user_of_owner
from models.letter import Letter
from models.payment import Open
from mongo import documents
from mongo.driver import Database
from mongo.emails import Emails
from mongo.once import insert_new

KIND = "payment_failed"


class PaymentFailures:
    """Writes the one mail or notification of a payment that was given up without its payer hearing of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._emails = Emails(database)

    async def tell(self, payment: Open) -> None:
        """Tell the payer, unless another try under the same key became an order; whoever has no address looks in."""
        key = {"owner": payment.owner, "order_key": payment.order_key}
        if await self._database["orders"].find_one(key, {"_id": 1}):
            return
        name = f"{KIND}:{payment.id}"
        amount = {"total_amount": payment.amount, "currency": payment.currency}
        data = {"order_key": payment.order_key, **amount, "reason": ""}
        email = await self._email(payment.owner)
        if email:
            await self._emails.add(Letter(name, KIND, email, data, owner=payment.owner))
            return
        now = (await self._database.command("hello"))["localTime"]
        notice = Notice(name, payment.owner, KIND, data, None)
        await insert_new(self._database["notifications"], [documents.notice_document(notice, now)])

    async def _email(self, owner: OwnerId) -> str | None:
        """Return the address of an account; of a guest the one that they gave at their checkout, or for alerts."""
        user_id = user_of_owner(owner)
        if user_id is None:
            for name in ("checkouts", "carts"):
                row = await self._database[name].find_one({"_id": owner, "email": {"$type": "string"}}, {"email": 1})
                if row:
                    return str(row["email"])
            return None
        if not ObjectId.is_valid(user_id):
            return None
        known = {"_id": ObjectId(user_id), "deleted_at": None}
        user = await self._database["users"].find_one(known, {"email": 1})
        return user["email"] if user else None
