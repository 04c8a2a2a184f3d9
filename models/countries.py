"""Countries, and what a postal code looks like in them.

The codes are ISO 3166-1 alpha-2, all 249 that are officially assigned. The shapes of postal codes are those that the
countries' postal services publish (collected by the Universal Postal Union, "Addressing systems").
"""

import re
import unicodedata
from collections.abc import Mapping


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


COUNTRIES = _codes(
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)

_BY_SHAPE: Mapping[str, str] = {
    # 9 is a digit, A a letter, * either; the rest stands for itself, and separators may be left out or be others.
    "999": "FO IS",
    "9999": "AL AT AU BD BE BG CH CY DK GE GL HU LI LU MK NO NZ PH SI TN ZA",
    "99999": (
        "BA DE DZ EE EG ES FI FR GF GP HR ID IT KE KR LK MA MC ME MQ MX MY NC NP PE PF PK PM RE RS SM TH TR UA UY VA YT"
    ),
    "999999": "BY CN CO IN KG NG RO RU SG TJ UZ",
    "99999|99999-9999": "AS GU MP PR SA US VI",
    "999 99": "CZ GR SE SK",
    "99-999": "PL",
    "9999-999": "PT",
    "99999-999": "BR",
    "999-9999": "JP",
    "999 9999": "CL",
    "9999 AA": "NL",
    "A9A 9A9": "CA",
    "A9 9AA|A99 9AA|A9A 9AA|AA9 9AA|AA99 9AA|AA9A 9AA": "GB",
    "AA9 9AA|AA99 9AA": "GG GI IM JE",
    "A9* ****": "IE",
    "9999|A9999AAA": "AR",
    "99999|9999999": "IL",
    "99999|999999": "VN",
    "999|99999|999999": "TW",
    "999999|A99A9A9": "KZ",
    "9999|LV-9999": "LV",
    "99999|LT-99999": "LT",
    "9999|MD-9999": "MD",
    "AD999": "AD",
    "AAA 9999": "MT",
}
POSTAL_SHAPES: Mapping[str, str] = {country: shape for shape, names in _BY_SHAPE.items() for country in names.split()}

# They have codes, but people's addresses often come without one.
_OFTEN_WITHOUT = _codes("AD AL BD CL CO EG FO GL IE KE KG LK MA NG NP PE PK SA TJ UY UZ VN")
# The place is the country: an address need not name it twice.
CITY_STATES = _codes("GI HK MC MO SG VA")

_SEPARATORS = re.compile(r"[\s\u2010-\u2015-]+")
_LENIENT = re.compile(r"[0-9A-Z][0-9A-Z -]{0,14}[0-9A-Z]")
_CLASSES = {"9": "[0-9]", "A": "[A-Z]", "*": "[0-9A-Z]", " ": "", "-": ""}


def needs_postal_code(country: str) -> bool:
    """Whether an address in a country must have a postal code."""
    return country in POSTAL_SHAPES and country not in _OFTEN_WITHOUT


def postal_code_of(country: str, text: str) -> str | None:
    """Return a postal code as its country writes it (``sw1a1aa`` is ``SW1A 1AA`` in GB), or None for what is none.

    Countries without a known shape take any code of 2 to 16 letters, digits, spaces and hyphens.
    """
    plain = unicodedata.normalize("NFKC", text).upper().strip()
    shapes = POSTAL_SHAPES.get(country)
    if shapes is None:
        return plain if _LENIENT.fullmatch(plain) else None
    bare = _SEPARATORS.sub("", plain)
    for shape in shapes.split("|"):
        if re.fullmatch("".join(_CLASSES.get(sign, sign) for sign in shape), bare):
            return _written(bare, shape)
    return None


def _written(bare: str, shape: str) -> str:
    """Put a shape's separators between the signs."""
    signs = iter(bare)
    return "".join(each if each in " -" else next(signs) for each in shape)
