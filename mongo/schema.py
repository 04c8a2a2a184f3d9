"""What the collections look like: indexes, validators, and the steps that lead there.

One mechanism: ``migrate`` runs, in order, the steps that the database has not had yet, under a lease, and writes down
each. Every step may be run twice (a process can die between a step and its record), and two processes may start at
once: one does the work, the other waits. A database of a newer version of the program is refused.
"""

import asyncio
from collections.abc import Awaitable, Callable

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collation import Collation
from pymongo.errors import CollectionInvalid, OperationFailure

from models.letter import ACCOUNT_KINDS
from mongo.driver import Database, Document
from mongo.images import CHUNKS, FILES
from mongo.images_moving import move_to_gridfs
from mongo.leases import Leases
from mongo.shelving import shelve

META = "meta"
SCHEMA = {"_id": "schema"}
ADMINS = {"_id": "admins"}  # written by whoever takes away an admin: see mongo/user_directory.py
ALIKE = Collation(locale="en", strength=1)  # how names are searched: neither case nor accents count
# How names are sorted: by the alphabet first, then by accents, then by case. Shelves are compared by it, too, so that
# case has to count.
NAMES = Collation(locale="en", strength=3)
LOCK_MILLISECONDS = 30_000
_NAMESPACE_EXISTS = 48
DAY = 86_400  # seconds
_SHELVED_AT_ONCE = 500
_INDEX_NOT_FOUND = 27


class SchemaTooNew(Exception):  # noqa: N818 - it says what is the matter
    """The database was migrated by a newer version of the program."""


WHOLE = {"bsonType": ["int", "long"], "minimum": 0}
ID = {"bsonType": "objectId"}
TEXT_FIELD = {"bsonType": "string"}
DATE = {"bsonType": "date"}


def _fields(required: str, **properties: Document) -> Document:
    return {"$jsonSchema": {"bsonType": "object", "required": required.split(), "properties": properties}}


# Beside the types, the database itself refuses the two states that must never be: held beyond stock, and negatives.
VALIDATORS: dict[str, Document] = {
    # The first of these are written by the thousand each second: plain comparisons cost half of a $jsonSchema.
    "products": {
        "name": {"$type": "string"},
        "currency": {"$type": "string"},
        "seller_id": {"$type": "objectId"},
        "price": {"$type": ["int", "long"], "$gte": 0},
        "stock": {"$type": ["int", "long"], "$gte": 0},
        "held": {"$not": {"$lt": 0}},
        "$expr": {"$lte": ["$held", "$stock"]},
    },
    "carts": {"revision": {"$gte": 0}, "lines": {"$type": "array"}},
    "orders": {"total_amount": {"$gte": 0}, "owner": {"$type": "string"}, "order_key": {"$type": "string"}},
    "inventory_logs": {
        "version": {"$gte": 1},
        "new_held": {"$gte": 0},
        "$expr": {"$lte": ["$new_held", "$new_stock"]},
    },
    "payments": {"amount": {"$gte": 0}, "provider": {"$type": "string"}, "state": {"$type": "string"}},
    "users": _fields("email role password", email=TEXT_FIELD, role=TEXT_FIELD, password=TEXT_FIELD),
    "notifications": _fields("key to kind at", key=TEXT_FIELD, to=TEXT_FIELD, kind=TEXT_FIELD, at=DATE),
    "emails": _fields("kind to state", kind=TEXT_FIELD, to=TEXT_FIELD, state=TEXT_FIELD),
    "catalogue_changes": {"product_id": {"$type": "objectId"}, "at": {"$type": "date"}},
    "crossings": {},
    "waiting": {"owner": {"$type": "string"}, "state": {"$type": "string"}, "place": {"$gte": 1}},
    "leases": {},
    "checkouts": {},
    "images": {},
    FILES: {},
    CHUNKS: {},
    "sessions": {"user_id": {"$type": "objectId"}, "family": {"$type": "string"}, "token": {"$type": "string"}},
    "account_requests": {"kind": {"$type": "string"}, "email": {"$type": "string"}},
    "account_tokens": {"purpose": {"$type": "string"}, "user_id": {"$type": "objectId"}},
    "audit_events": {"kind": {"$type": "string"}, "at": {"$type": "date"}},
    "rate_limits": {},
    "turns": {},
    "processes": {},
    "audits": {},
    "sales": {},
    "sales_voids": {},
    "sales_news": {},
    "projections": {},
    "imports": {"seller_id": {"$type": "objectId"}, "state": {"$type": "string"}},
    "import_lines": {"import_id": {"$type": "objectId"}, "line": {"$gte": 1}},
    "webhook_events": {"at": {"$type": "date"}},
}

# Only a cart with something in it has a currency, so the empty ones, most of all carts, are in no index but their id's.
FILLED: Document = {"currency": {"$type": "string"}}

# Mails about accounts, by their kinds.
ABOUT_ACCOUNTS: Document = {"kind": {"$in": [*ACCOUNT_KINDS]}}

# Mails of which somebody is still to be told in the shop, too: those of the last moment.
IN_APP: Document = {"in_app": True}

# Accounts that have chosen what they want to be told: few of all.
CHOOSY: Document = {"telling": {"$type": "object"}}

# Mails that are soon too late.
SHORT_LIVED: Document = {"until": {"$type": "date"}}

# Most products have nobody who waits for them, and are not in it. Those that have are gone through in portions.
WAITED_FOR = IndexModel(
    [("waiting", ASCENDING), ("_id", ASCENDING)], name="with_a_line", partialFilterExpression={"waiting": {"$gt": 0}}
)

NEWEST_FIRST = (("timestamp", DESCENDING), ("_id", DESCENDING))

# An expired hold is found by `expires_at`, the carts to be warned by `lines.product_id`. Empty carts carry neither.
INDEXES: dict[str, list[IndexModel]] = {
    "products": [
        IndexModel([("images._id", ASCENDING)]),  # which of some pictures are shown
        IndexModel([("seller_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel(
            [("sku", ASCENDING), ("seller_id", ASCENDING)],
            unique=True,
            partialFilterExpression={"sku": {"$type": "string"}},
        ),
        IndexModel([("price_changes_at", ASCENDING)], partialFilterExpression={"price_changes_at": {"$type": "date"}}),
        IndexModel([("shelves", ASCENDING), ("price_now", ASCENDING), ("_id", ASCENDING)], name="by_price"),
        IndexModel([("shelves", ASCENDING), ("popularity", ASCENDING), ("_id", ASCENDING)], name="by_popularity"),
        IndexModel([("shelves", ASCENDING), ("_id", ASCENDING)], name="by_age"),
        IndexModel([("shelves", ASCENDING), ("name", ASCENDING), ("_id", ASCENDING)], name="by_name", collation=NAMES),
        WAITED_FOR,
    ],
    "waiting": [
        IndexModel(
            [("product_id", ASCENDING), ("owner", ASCENDING)],
            name="one_place",
            unique=True,
            partialFilterExpression={"open": {"$eq": True}},
        ),
        IndexModel([("product_id", ASCENDING), ("state", ASCENDING), ("place", ASCENDING)]),
        IndexModel([("owner", ASCENDING), ("open", ASCENDING)]),
        IndexModel([("product_id", ASCENDING), ("owner", ASCENDING), ("place", DESCENDING)], name="last_place"),
    ],
    "catalogue_changes": [IndexModel([("product_id", ASCENDING), ("_id", DESCENDING)])],
    "carts": [
        IndexModel([("lines.product_id", ASCENDING)], name="filled", partialFilterExpression=FILLED),
        IndexModel([("expires_at", ASCENDING)], partialFilterExpression={"expires_at": {"$type": "date"}}),
    ],
    "orders": [
        IndexModel([("owner", ASCENDING), ("order_key", ASCENDING)], unique=True),
        # Lists, newest first; the id decides among orders of one moment, so nothing is sorted in memory. Each of these
        # costs the placing of an order, so there are as few as can be. A list of all statuses merges those of each.
        # Orders of guests have no buyer to list them.
        IndexModel(
            [("buyer_id", ASCENDING), *NEWEST_FIRST],
            name="of_buyer",
            partialFilterExpression={"buyer_id": {"$type": "objectId"}},
        ),
        # of a seller: what is to be shipped now is few of many
        IndexModel(
            [("fulfilments.seller_id", ASCENDING), ("fulfilments.status", ASCENDING), *NEWEST_FIRST], name="of_seller"
        ),
        # of the whole shop, likewise
        IndexModel([("status", ASCENDING), *NEWEST_FIRST], name="by_status"),
        # Delivery's. An order that was just placed is in neither; it leaves the first as it is handed over.
        IndexModel(
            [("on_the_way", ASCENDING), *NEWEST_FIRST],
            name="on_the_way",
            partialFilterExpression={"on_the_way": {"$exists": True}},
        ),
        IndexModel(
            [("fulfilments.courier", ASCENDING), *NEWEST_FIRST],
            name="of_courier",
            partialFilterExpression={"fulfilments.courier": {"$exists": True}},
        ),
    ],
    "inventory_logs": [
        IndexModel([("product_id", ASCENDING), ("version", ASCENDING)], unique=True),
        # what came and went; holds and their ends carry no seller
        IndexModel(
            [("seller_id", ASCENDING), ("timestamp", DESCENDING), ("_id", DESCENDING), ("change_type", ASCENDING)],
            name="of_seller",
            partialFilterExpression={"seller_id": {"$type": "objectId"}},
        ),
    ],
    "payments": [
        IndexModel(
            [("provider", ASCENDING), ("provider_id", ASCENDING)],
            name="at_provider",
            unique=True,
            partialFilterExpression={"provider_id": {"$type": "string"}},
        ),
        IndexModel(
            [("order_id", ASCENDING)], name="of_order", partialFilterExpression={"order_id": {"$type": "objectId"}}
        ),
        # what fails again and again is put off, so it holds up nobody
        IndexModel([("due", ASCENDING)], name="open", partialFilterExpression={"open": {"$eq": True}}),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        # two processes that begin to pay for the same order see each other
        IndexModel(
            [("owner", ASCENDING), ("order_key", ASCENDING), ("attempt", ASCENDING)],
            name="attempts",
            unique=True,
            partialFilterExpression={"attempt": {"$type": "int"}},
        ),
    ],
    "users": [
        IndexModel([("email", ASCENDING)], unique=True),
        IndexModel([("changed_at", ASCENDING)], partialFilterExpression={"changed_at": {"$type": "date"}}),
        IndexModel([("email", ASCENDING)], name="email_alike", collation=ALIKE),
        IndexModel([("name", ASCENDING)], name="name_alike", collation=ALIKE),
        IndexModel([("role", ASCENDING), ("_id", DESCENDING)]),
        # few of all accounts, newest first
        *(
            IndexModel([("_id", DESCENDING), (field, ASCENDING)], partialFilterExpression={field: {"$type": kind}})
            for field, kind in (("activated_at", "null"), ("disabled_at", "date"), ("deleted_at", "date"))
        ),
        IndexModel([("erasing.due", ASCENDING)], partialFilterExpression={"erasing.due": {"$type": "date"}}),
        IndexModel([("telling", ASCENDING), ("_id", ASCENDING)], name="choosy", partialFilterExpression=CHOOSY),
    ],
    "sessions": [
        IndexModel([("family", ASCENDING)], unique=True),
        IndexModel([("user_id", ASCENDING), ("last_used_at", DESCENDING)]),
        IndexModel([("ended.at", ASCENDING)], partialFilterExpression={"ended.at": {"$type": "date"}}),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
    "account_tokens": [
        IndexModel([("user_id", ASCENDING), ("purpose", ASCENDING)]),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=DAY),
    ],
    "audit_events": [
        *(
            IndexModel([*first, ("at", DESCENDING), ("_id", DESCENDING)])
            for first in (
                [],
                [("user_id", ASCENDING)],
                [("kind", ASCENDING)],
                [("user_id", ASCENDING), ("kind", ASCENDING)],
            )
        ),
        IndexModel([("email", ASCENDING)], partialFilterExpression={"email": {"$type": "string"}}),
    ],
    "checkouts": [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)],
    "rate_limits": [IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)],
    "notifications": [
        IndexModel([("key", ASCENDING)], unique=True),
        # lists, newest first, of what was seen, of what was not, and, as two of them merged, of both
        IndexModel([("to", ASCENDING), ("seen", ASCENDING), ("at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel([("crossing", ASCENDING)]),
    ],
    "emails": [
        IndexModel([("state", ASCENDING), ("due", ASCENDING)]),
        IndexModel([("crossing", ASCENDING)], sparse=True),
        IndexModel(
            [("in_app", ASCENDING), ("created_at", ASCENDING)], partialFilterExpression={"in_app": {"$eq": True}}
        ),
        # not those of orders and alerts, which are most: they are found by what they are about
        IndexModel([("to", ASCENDING)], partialFilterExpression=ABOUT_ACCOUNTS),
        IndexModel([("state", ASCENDING), ("due", ASCENDING)], name="urgent", partialFilterExpression=ABOUT_ACCOUNTS),
        IndexModel([("state", ASCENDING), ("due", ASCENDING)], name="short_lived", partialFilterExpression=SHORT_LIVED),
        # of those that name it only the first is written
        IndexModel([("once", ASCENDING)], unique=True, partialFilterExpression={"once": {"$type": "string"}}),
        # For the admin's list, newest first. It grows at its end, so writing it costs little; the few that were given
        # up have one of their own, for they would be found late among all.
        IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)]),
        IndexModel(
            [("created_at", DESCENDING), ("_id", DESCENDING)],
            name="dead",
            partialFilterExpression={"state": {"$eq": "dead"}},
        ),
    ],
    # A process that died is not shown after seconds; this only clears its document away.
    "processes": [IndexModel([("at", ASCENDING)], expireAfterSeconds=60)],
    "turns": [IndexModel([("at", ASCENDING)], expireAfterSeconds=60)],
    "crossings": [IndexModel([("state", ASCENDING), ("timestamp", ASCENDING)])],
    # those of GridFS, made here because a driver makes them at its first write alone, and looks for them at each
    FILES: [IndexModel([("filename", ASCENDING), ("uploadDate", ASCENDING)])],
    CHUNKS: [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)],
    # All else is found by its id, which names it. Of the roll-ups only those of minutes go.
    "sales": [
        IndexModel(
            [("expires_at", ASCENDING)],
            expireAfterSeconds=0,
            partialFilterExpression={"expires_at": {"$type": "date"}},
        )
    ],
    "sales_news": [IndexModel([("at", ASCENDING)], expireAfterSeconds=900)],
    "imports": [
        IndexModel(
            [("seller_id", ASCENDING)], name="busy", unique=True, partialFilterExpression={"busy": {"$eq": True}}
        ),
        IndexModel([("seller_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("busy", ASCENDING), ("updated_at", ASCENDING)], partialFilterExpression={"busy": {"$eq": True}}),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
    "import_lines": [
        IndexModel([("import_id", ASCENDING), ("line", ASCENDING)], unique=True),
        IndexModel([("import_id", ASCENDING), ("action", ASCENDING), ("line", ASCENDING)]),
        IndexModel(
            [("import_id", ASCENDING), ("key", ASCENDING)],
            unique=True,
            partialFilterExpression={"key": {"$type": "string"}},
        ),
        IndexModel(
            [("import_id", ASCENDING), ("due.version", ASCENDING)], partialFilterExpression={"due": {"$type": "object"}}
        ),
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
    ],
    # a provider sends an event again for some days at the most
    "webhook_events": [IndexModel([("at", ASCENDING)], expireAfterSeconds=30 * DAY)],
}


async def make_shape(database: Database) -> None:
    """Make the collections as they are now, with their validators and indexes, as far as they are missing."""
    for name, validator in VALIDATORS.items():
        await _collection(database, name, validator)
        if name in INDEXES:
            await database[name].create_indexes(INDEXES[name])


async def _collection(database: Database, name: str, validator: Document) -> None:
    try:
        await database.create_collection(name, validator=validator)
    except CollectionInvalid:
        await database.command({"collMod": name, "validator": validator})
    except OperationFailure as error:
        if error.code != _NAMESPACE_EXISTS:
            raise
        await database.command({"collMod": name, "validator": validator})


async def _index_filled_carts_only(database: Database) -> None:
    """Replace the index on the products of all carts; the new one was made by the first step, or is made here."""
    await database["carts"].create_indexes(INDEXES["carts"])
    await _drop_index(database, "carts", "lines.product_id_1")


async def _accounts_that_can_be_signed_out(database: Database) -> None:
    """Add what sessions need; accounts that were there before could sign in, so they are activated."""
    for name in ("users", "sessions", "account_requests", "account_tokens", "audit_events"):
        await _collection(database, name, VALIDATORS[name])
        if name in INDEXES:
            await database[name].create_indexes(INDEXES[name])
    known: Document = {"$ifNull": ["$created_at", "$$NOW"]}
    await database["users"].update_many({"activated_at": {"$exists": False}}, [{"$set": {"activated_at": known}}])


async def _accounts_that_can_be_administered(database: Database) -> None:
    """Add what searching, reading the audit trail and erasing need, and what makes sure of the last admin."""
    for name in ("users", "audit_events", "emails"):
        await database[name].create_indexes(INDEXES[name])
    await database[META].update_one(ADMINS, {"$setOnInsert": {"taken": 0}}, upsert=True)


async def _counts_that_all_processes_share(database: Database) -> None:
    """Add where rate limits are counted."""
    await _collection(database, "rate_limits", VALIDATORS["rate_limits"])
    await database["rate_limits"].create_indexes(INDEXES["rate_limits"])


async def _catalogue_on_shelves(database: Database) -> None:
    """Add what finding, discounts and the history of entries need; a SKU is its seller's now, not the shop's."""
    await _collection(database, "catalogue_changes", VALIDATORS["catalogue_changes"])
    for name in ("products", "catalogue_changes"):
        await database[name].create_indexes(INDEXES[name])
    for name in ("sku_1", "seller_id_1"):
        await _drop_index(database, "products", name)
    while await shelve(database, _SHELVED_AT_ONCE):
        pass


async def _imports(database: Database) -> None:
    """Add where imports and their lines are kept."""
    for name in ("imports", "import_lines"):
        await _collection(database, name, VALIDATORS[name])
        await database[name].create_indexes(INDEXES[name])


async def _movements_of_sellers(database: Database) -> None:
    """Add whose product it was to movements by which something came or went, and the index by it."""
    await database["inventory_logs"].create_indexes(INDEXES["inventory_logs"])
    moved: Document = {"seller_id": None, "$expr": {"$ne": ["$old_stock", "$new_stock"]}}
    async for product in database["products"].find({}, {"seller_id": 1}):
        mine = {"$set": {"seller_id": product["seller_id"]}}
        await database["inventory_logs"].update_many({"product_id": product["_id"], **moved}, mine)


async def _products_to_be_found(database: Database) -> None:
    """Add what lists are sorted by, and lists of what is not on show; words are searched in memory now."""
    products = database["products"]
    for name in ("words", "category_1_price_1", "shelves_1_price_now_1__id_1"):
        await _drop_index(database, "products", name)
    await products.create_indexes(INDEXES["products"])
    await products.update_many({"popularity": None}, {"$set": {"popularity": 0}})
    await products.update_many({"shelves": [], "deleted_at": None}, {"$unset": {"shelves": 1}})
    while await shelve(database, _SHELVED_AT_ONCE):
        pass


async def _drop_index(database: Database, collection: str, name: str) -> None:
    try:
        await database[collection].drop_index(name)
    except OperationFailure as error:  # a database that began with the first step as it is now never had it
        if error.code != _INDEX_NOT_FOUND:
            raise


async def _figures_that_all_processes_share(database: Database) -> None:
    """Add where processes say how they are and audits leave their result, and what lists the outbox."""
    for name in ("processes", "audits"):
        await _collection(database, name, VALIDATORS[name])
    for name in ("processes", "emails"):
        await database[name].create_indexes(INDEXES[name])


async def _pictures_in_gridfs(database: Database) -> None:
    """Move the content of pictures to where files are, and give those that products show their ids."""
    for name in (FILES, CHUNKS):
        await _collection(database, name, VALIDATORS[name])
    for name in ("products", FILES, CHUNKS):
        await database[name].create_indexes(INDEXES[name])
    await move_to_gridfs(database)


async def _sales_figures(database: Database) -> None:
    """Add where sales are rolled up."""
    for name in ("sales", "sales_voids", "sales_news", "projections"):
        await _collection(database, name, VALIDATORS[name])
        if name in INDEXES:
            await database[name].create_indexes(INDEXES[name])


async def _a_line_for_what_is_out(database: Database) -> None:
    """Add the places in the lines of products, and the index by which the products with a line are found."""
    await _collection(database, "waiting", VALIDATORS["waiting"])
    await database["waiting"].create_indexes(INDEXES["waiting"])
    await database["products"].create_indexes([WAITED_FOR])


async def _lines_in_portions(database: Database) -> None:
    """Replace the index of the products with a line by one that has an order, and add the one by whose place it is."""
    await database["waiting"].create_indexes(INDEXES["waiting"])
    await database["products"].create_indexes([WAITED_FOR])
    await _drop_index(database, "products", "waited_for")


async def _payments_from_their_intent(database: Database) -> None:
    """Let payments begin before there is an order, or a name at the provider; those to be settled are ``open``."""
    payments = database["payments"]
    await _collection(database, "payments", VALIDATORS["payments"])
    for name in ("provider_1_provider_id_1", "order_id_1", "to_settle"):
        await _drop_index(database, "payments", name)
    await payments.create_indexes(INDEXES["payments"])
    unsettled: Document = {"state": "authorised", "open": {"$exists": False}}
    due: Document = {"$ifNull": ["$due", "$created_at"]}
    await payments.update_many(unsettled, [{"$set": {"open": True, "due": due}}])


async def _checkouts(database: Database) -> None:
    """Add where it is kept how far checkouts are."""
    await _collection(database, "checkouts", VALIDATORS["checkouts"])
    await database["checkouts"].create_indexes(INDEXES["checkouts"])


async def _webhooks(database: Database) -> None:
    """Add where it is noted which events of payment providers were had."""
    await _collection(database, "webhook_events", VALIDATORS["webhook_events"])
    await database["webhook_events"].create_indexes(INDEXES["webhook_events"])


async def _notifications_that_are_listed(database: Database) -> None:
    """Add what finds news for the shop, choices, and lists of notifications; sellers' alerts are a kind now."""
    for name in ("users", "emails", "notifications"):
        await database[name].create_indexes(INDEXES[name])
    await _drop_index(database, "notifications", "to_1_seen_1_at_1")
    of_sellers: Document = {"kind": "low_stock", "key": {"$regex": "^low_stock:[0-9a-f]{24}:[0-9]+:seller:"}}
    await database["notifications"].update_many(of_sellers, {"$set": {"kind": "low_stock_seller"}})


async def _orders_to_be_listed(database: Database) -> None:
    """Replace the indexes by buyer and seller by such that give a list's order, and add those of the other lists."""
    await database["orders"].create_indexes(INDEXES["orders"])
    for name in ("buyer_id_1_timestamp_-1", "product_list.seller_id_1_timestamp_-1"):
        await _drop_index(database, "orders", name)


async def _alerts_by_mail_once(database: Database) -> None:
    """Add the index that lets an address have one mail for what several carts are alerted to."""
    await database["emails"].create_indexes(INDEXES["emails"])


async def _turns(database: Database) -> None:
    """Add where ledgers that are held up say so."""
    await _collection(database, "turns", VALIDATORS["turns"])
    await database["turns"].create_indexes(INDEXES["turns"])


Step = Callable[[Database], Awaitable[None]]
STEPS: tuple[Step, ...] = (
    make_shape,
    _index_filled_carts_only,
    _accounts_that_can_be_signed_out,
    _counts_that_all_processes_share,
    _accounts_that_can_be_administered,
    _catalogue_on_shelves,
    _figures_that_all_processes_share,
    _pictures_in_gridfs,
    _sales_figures,
    _imports,
    _products_to_be_found,
    _a_line_for_what_is_out,
    _movements_of_sellers,
    _lines_in_portions,
    _payments_from_their_intent,
    _checkouts,
    _webhooks,
    _notifications_that_are_listed,
    _orders_to_be_listed,
    _alerts_by_mail_once,
    _turns,
)


async def migrate(database: Database, owner: str, steps: tuple[Step, ...] = STEPS) -> int:
    """Bring the database to the last step; return its version. Safe to run twice and from several processes."""
    leases = Leases(database, owner)
    while True:
        version = await _version(database)
        if version > len(steps):
            raise SchemaTooNew(f"the database has schema {version}, this program knows {len(steps)}: run a newer one")
        if version == len(steps):
            return version
        if await leases.take("migration", LOCK_MILLISECONDS):
            try:
                await _advance(database, steps)
            finally:
                await leases.give_back("migration")
        else:
            await asyncio.sleep(0.1)


async def _version(database: Database) -> int:
    document = await database[META].find_one(SCHEMA)
    return document["version"] if document else 0


async def _advance(database: Database, steps: tuple[Step, ...]) -> None:
    for number in range(await _version(database), len(steps)):
        await steps[number](database)
        await database[META].update_one(SCHEMA, {"$max": {"version": number + 1}}, upsert=True)
