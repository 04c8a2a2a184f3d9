"""What a search finds, and in which order."""

import random
from collections.abc import Iterator

import pytest

from ivorycart.finding.text_index import MOST_HITS, MOST_WORDS, TextIndex
from models.entry import shelf
from models.finding import CategoryCount, Filters, Findable, places_of

NAMES: dict[str, dict[str, str]] = {
    "desk lamp": {"name": "Desk Lamp", "category": "home/lighting", "sku": "LP-100"},
    "lampion": {"name": "Lampion", "category": "party"},
    "chair": {"name": "Chair", "category": "home/seats", "description": "looks well under a lamp"},
    "tagged": {"name": "Stand", "category": "home/seats", "tags": "lamp"},
    "in lamps": {"name": "Bulb", "category": "home/lamp"},
    "headphones": {"name": "Wireless Headphones", "category": "audio"},
    "creme": {"name": "Crème brûlée torch", "category": "kitchen"},
    "koln": {"name": "Grüße aus Köln", "category": "cards"},
    "tea": {"name": "日本茶 セット", "category": "kitchen/tea"},
    "teapot": {"name": "🫖 Teapot", "category": "kitchen/tea"},
    "red shoe": {"name": "Red shoe", "category": "shoes"},
    "red": {"name": "Red hat", "category": "hats", "description": "goes with no shoe"},
    "zoë": {"name": "Zoë's vase", "category": "home/decor"},
}
IDS = {name: f"{number:024x}" for number, name in enumerate(NAMES, start=1)}
OF_ID = {number: name for name, number in IDS.items()}


def findable(number: str, seller: str = "s1", price: int = 100, **fields: str) -> Findable:
    """Describe a product on show."""
    category = fields.get("category", "")
    shelves = (shelf(), shelf(category=category.split("/")[0]), shelf(category=category), shelf(seller_id=seller))
    return Findable(
        id=number,
        name=fields["name"],
        description=fields.get("description", ""),
        tags=tuple(fields.get("tags", "").split()),
        category=category,
        sku=fields.get("sku", ""),
        places=places_of(tuple(dict.fromkeys(shelves)), seller),
        price=price,
    )


@pytest.fixture
def index() -> Iterator[TextIndex]:
    """Fill an index with a few products."""
    index = TextIndex()
    index.put(findable(IDS[name], **fields) for name, fields in NAMES.items())
    index.commit()
    yield index
    index.close()


def found(index: TextIndex, text: str, filters: Filters | None = None) -> list[str]:
    """Search; return what was found, by its name in the table."""
    return [OF_ID[hit.id] for hit in index.search(text, filters or Filters())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # a name before a tag, a category, a description; then what only begins so
        ("lamp", ["desk lamp", "tagged", "in lamps", "chair", "lampion"]),
        ("lam", ["lampion", "desk lamp", "tagged", "in lamps", "chair"]),
        ("LAMP DESK", ["desk lamp"]),
        ("desk la", ["desk lamp"]),
        # only the last word may be unfinished
        ("la desk", []),
        ("lp-100", ["desk lamp"]),
        ("lp-10", []),
        # a typo in a name: another letter, one missing, one too many, two that changed places
        ("lanp", ["desk lamp"]),
        ("lmap", ["desk lamp"]),
        ("laamp", ["desk lamp", "lampion"]),
        ("desk lapm", ["desk lamp"]),
        ("haedphnoes", ["headphones"]),
        ("headfonez", []),
        ("headphon", ["headphones"]),
        ("haedph", ["headphones"]),
        # too short to be mistaken
        ("rad", []),
        # not elsewhere than in names
        ("lihgting", []),
        ("creme brulee", ["creme"]),
        ("CRÈME", ["creme"]),
        ("grüsse", ["koln"]),
        ("koln", ["koln"]),
        ("茶", ["tea"]),
        ("日本", ["tea"]),
        ("🫖", ["teapot"]),
        ("red shoe", ["red shoe", "red"]),
        ("zoe", ["zoë"]),
        ("kitchen", ["teapot", "tea", "creme"]),
        ("nothing at all", []),
    ],
)
def test_searches_by_example(index: TextIndex, text: str, expected: list[str]):
    """Every word somewhere, the best first, and of equals the newer."""
    assert found(index, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "*",
        "AND",
        "OR NOT",
        '"',
        '"desk lamp',
        "name:lamp",
        "lamp~2",
        "lamp^9",
        "[a TO z]",
        "(",
        "la*",
        "/.*/",
        "+",
        "\\",
        "",
    ],
)
def test_nothing_that_is_typed_is_an_instruction(index: TextIndex, text: str):
    """Signs are nothing, and words are words."""
    assert len(found(index, text)) < len(NAMES)
    assert found(index, "lamp*") == found(index, "lamp")
    assert found(index, '"desk" lamp') == ["desk lamp"]
    assert found(index, "name:lamp") == []


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "ä" * 200, " ".join("abcdefgh" for _ in range(100)), "😀" * 100, "茶" * 200]
)
def test_long_searches_find_nothing_without_harm(index: TextIndex, text: str):
    """Nor do they take long."""
    assert set(found(index, text)) <= {"tea"}


def test_filters_narrow_before_the_best_are_taken():
    """Beyond the best thousand nothing is lost to whoever asks for less."""
    index = TextIndex()
    index.put(findable(f"{n:024x}", name="Lamp", category="many", price=100) for n in range(1, 3001))
    last = findable(f"{1:024x}", name="Shade", description="for a lamp", seller="s2", category="few", price=900)
    index.put([last])
    index.commit()
    assert len(index.search("lamp", Filters())) == MOST_HITS
    for filters in (
        Filters(category="few"),
        Filters(seller_id="s2"),
        Filters(min_price=900),
        Filters(max_price=1000, min_price=101),
    ):
        assert [hit.id for hit in index.search("lamp", filters)] == [last.id]
    assert [hit.id for hit in index.search("lamp", Filters(managing=True, seller_id="s2"))] == [last.id]
    index.close()


def test_the_best_are_the_same_on_every_process():
    """Whatever was written in which order, and however often."""
    dice, rows = random.Random(4), [findable(f"{n:024x}", name=f"Lamp {n % 7}", category="a") for n in range(1, 3001)]
    answers = []
    for _ in range(3):
        index = TextIndex()
        dice.shuffle(rows)
        for first in range(0, len(rows), 500):
            index.put(rows[first : first + 500])
            index.put(dice.sample(rows[: first + 500], 50))
            index.commit()
        answers.append((index.search("lamp", Filters()), index.search("lamp 3", Filters())))
        index.close()
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0][0]) == MOST_HITS
    assert {hit.score for hit in answers[0][0]} == {30}


def test_scores_of_the_longest_search_are_exact(index: TextIndex):
    """The hash that chooses among equals never makes up for a point."""
    words = [f"w{chr(97 + n)}{chr(97 + n)}" for n in range(MOST_WORDS)]
    index.put([findable(f"{100 + n:024x}", name=" ".join(words), category="long") for n in range(40)])
    index.put([findable(f"{200:024x}", name=" ".join(words[:-1]), description=words[-1], category="long")])
    index.commit()
    hits = index.search(" ".join(words), Filters())
    assert [hit.score for hit in hits] == [30 * MOST_WORDS] * 40 + [30 * (MOST_WORDS - 1) + 21]


def test_what_is_written_anew_or_taken_out_is_found_no_more_by_its_old_words(index: TextIndex):
    """And found once by its new ones."""
    index.put([findable(IDS["chair"], name="Sofa", category="home/seats")])
    index.drop([IDS["desk lamp"]])
    index.commit()
    assert found(index, "chair") == []
    assert found(index, "sofa") == ["chair"]
    assert found(index, "desk") == []
    assert index.size == len(NAMES) - 1


def test_categories_count_those_below_them(index: TextIndex):
    """In the order of their paths; what is not on show does not count."""
    hidden = Findable(
        id="f" * 24,
        name="x",
        description="",
        tags=(),
        category="home/decor",
        sku="",
        places=places_of((), "s"),
        price=1,
    )
    index.put([hidden])
    index.commit()
    counts = index.categories()
    assert [each for each in counts if each.category.startswith("home")] == [
        CategoryCount("home", 5),
        CategoryCount("home/decor", 1),
        CategoryCount("home/lamp", 1),
        CategoryCount("home/lighting", 1),
        CategoryCount("home/seats", 2),
    ]
    facets = index.facets("lamp", Filters(category="home"))
    assert facets.categories[0] == CategoryCount("home", 4)
    assert (facets.min_price, facets.max_price) == (100, 100)
    assert index.facets("nothing", Filters()).min_price is None
