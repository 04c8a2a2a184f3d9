"""A large catalogue with believable names: 200 categories in a tree, 50 sellers, prices and sales as Zipf has them."""

import random
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from mongo import documents
from mongo.driver import Database, Document
from mongo.schema import INDEXES

SELLERS = tuple(ObjectId(f"5e11e0000000000000000{number:03x}") for number in range(50))
DEPARTMENTS = ("home", "garden", "kitchen", "office", "audio", "sports", "toys", "books", "fashion", "travel")
SOLD_OUT = "garden"  # of its products one in a hundred is in stock; elsewhere four of five
_GROUPS = ("classic", "modern", "small", "large")
_KINDS = ("oak", "steel", "linen", "glass", "ceramic")
_MAKERS = ("Alma", "Bodo", "Cosima", "Dorothea", "Emil", "Frida", "Gustav", "Hilde", "Ida", "Jonas", "Käthe", "Ludwig")
_LOOKS = ("Black", "White", "Red", "Blue", "Green", "Ivory", "Walnut", "Copper", "Striped", "Folding", "Wireless")
_THINGS = (
    *("Lamp", "Chair", "Table", "Shelf", "Mirror", "Kettle", "Teapot", "Mug", "Vase", "Rug", "Blanket", "Cushion"),
    *("Headphones", "Speaker", "Keyboard", "Notebook", "Backpack", "Suitcase", "Umbrella", "Clock", "Candle", "Basket"),
    *("Scissors", "Hammock", "Lantern", "Bicycle", "Puzzle", "Kite", "Scarf", "Jacket", "Atlas", "Novel", "Planter"),
)
_TALK = """made by hand from what lasts and looks better with the years carefully packed light strong easy to clean for
every day at home or on the way designed in the north woven printed turned glazed oiled waxed stitched folded washable
quiet warm bright heavy slim deep wide tall round square soft hard plain patterned useful kind honest old new"""
_WORDS = tuple(_TALK.split())
_SYLLABLES = tuple(first + second for first in "bdfgklmnprstvz" for second in "aeiou")


def categories() -> list[str]:
    """Return the leaves of the tree, three deep; with those above them there are 250."""
    return [f"{top}/{group}/{kind}" for top in DEPARTMENTS for group in _GROUPS for kind in _KINDS]


def products(count: int, seed: int = 1) -> Iterator[Document]:
    """Make so many products as documents, each on its shelves, the oldest first; always the same ones."""
    dice = random.Random(seed)
    leaves, now = categories(), datetime.now(UTC)
    shares = [1 / rank for rank in range(1, len(leaves) + 1)]
    for number in range(count):
        at = now - timedelta(seconds=(count - number) * 60)
        category = dice.choices(leaves, shares)[0]
        yield _product(dice, number, at, category)


def _product(dice: random.Random, number: int, at: datetime, category: str) -> Document:
    price = min(500_000, int(dice.paretovariate(1.1) * 700)) // 10 * 10 + 9
    series = "".join(dice.choice(_SYLLABLES) for _ in range(3)).capitalize()
    scarce = 0.01 if category.startswith(SOLD_OUT) else 0.8
    row: dict[str, Any] = {
        "_id": ObjectId(struct.pack(">IQ", int(at.timestamp()), number)),
        "name": f"{dice.choice(_MAKERS)} {dice.choice(_LOOKS)} {dice.choice(_THINGS)} {series}",
        "description": " ".join(dice.choices(_WORDS, k=dice.randint(10, 60))).capitalize() + ".",
        "price": price,
        "currency": "EUR",
        "category": category,
        "tags": sorted({dice.choice(_WORDS) for _ in range(3)}),
        "sku": f"SKU-{number:06d}",
        "seller_id": dice.choices(SELLERS, [1 / rank for rank in range(1, 51)])[0],
        "stock": dice.randint(1, 60) if dice.random() < scarce else 0,
        "held": 0,
        "version": 0,
        "arming": 0,
        "threshold": 3,
        "max_per_cart": 20,
        "published": dice.random() > 0.02,
        "disabled": dice.random() < 0.005,
        "images": [],
        "popularity": int(dice.paretovariate(0.9)) - 1,
        "created_at": at,
        "updated_at": at,
    }
    return {**row, **documents.derived_fields(documents.entry_of(row), at)}


async def fill(database: Database, count: int, portion: int = 500) -> None:
    """Write so many products to a database on which no shop is running; the indexes are made of them at the end."""
    collection = database["products"]
    await collection.drop_indexes()
    rows: list[Document] = []
    for number, row in enumerate(products(count), start=1):
        rows.append(row)
        if len(rows) == portion or number == count:
            await collection.insert_many(rows, ordered=False)
            rows = []
    await collection.create_indexes(INDEXES["products"])
