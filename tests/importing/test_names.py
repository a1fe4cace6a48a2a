"""Names: from a till's capitals to what a shopper reads."""

import pytest

from storefront.importing.online_retail.categories import CATEGORIES, category_of
from storefront.importing.online_retail.describing import PURPOSES, describe
from storefront.importing.online_retail.names import differing_part, is_remark, shared_name, tidy_name


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "White Hanging Heart T-Light Holder"),
        ("SET/20 RED RETROSPOT PAPER NAPKINS ", "Set of 20 Red Retrospot Paper Napkins"),
        ("S/4 CACTI CANDLES", "Set of 4 Cacti Candles"),
        ("ROUND SNACK BOXES SET OF4 WOODLAND", "Round Snack Boxes Set of 4 Woodland"),
        ("ROTATING SILVER ANGELS T-LIGHT HLDR", "Rotating Silver Angels T-Light Holder"),
        ("POPPY'S PLAYHOUSE BEDROOM", "Poppy's Playhouse Bedroom"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS", "Paper Chain Kit 50's Christmas"),
        ("RED CHARLIE+LOLA PERSONAL DOORSIGN", "Red Charlie & Lola Personal Doorsign"),
        ('LETTER "D" BLING KEY RING', 'Letter "D" Bling Key Ring'),
        ("FEATHER PEN,HOT PINK", "Feather Pen, Hot Pink"),
        ("ELEPHANT, BIRTHDAY CARD,", "Elephant, Birthday Card"),
        ("LUNCH BAG  BLACK SKULL.", "Lunch Bag Black Skull"),
        ("RED TOADSTOOL LED NIGHT LIGHT", "Red Toadstool LED Night Light"),
        ("BAG 125g SWIRLY MARBLES", "Bag 125g Swirly Marbles"),
        ("HOOK, 1 HANGER ,MAGIC GARDEN", "Hook, 1 Hanger, Magic Garden"),
    ],
)
def test_capitals_become_a_name(raw: str, name: str) -> None:
    assert tidy_name(raw) == name


@pytest.mark.parametrize(
    "text", ["", "  ", "?", "damaged", "FOUND", "wet/rusty", "sold as set on dotcom", "POSSIBLE LOST?"]
)
def test_a_stock_keepers_remark_is_no_name(text: str) -> None:
    assert is_remark(text)


@pytest.mark.parametrize(
    "text", ["SOMBRERO", "BLUE CHECK BAG W HANDLE 34X20CM", "CRACKED GLAZE NECKLACE RED", "BAG 125g MARBLES"]
)
def test_a_name_with_a_harmless_word_is_no_remark(text: str) -> None:
    assert not is_remark(text)


@pytest.mark.parametrize(
    ("names", "shared", "parts"),
    [
        (["Pink Wall Clock", "Black Wall Clock"], "Wall Clock", ["Pink", "Black"]),
        (["Feather Pen, Hot Pink", "Feather Pen, Coal Black"], "Feather Pen", ["Hot Pink", "Coal Black"]),
        (["Party Bunting", "Tea Time Party Bunting"], "Party Bunting", ["", "Tea Time"]),
        (["Baby Boom Ribbons", "Urban Black Ribbons"], "Ribbons", ["Baby Boom", "Urban Black"]),
        (["Blue Rings Lampshade", "Purple Hanging Lampshades"], "Lampshade", ["Blue Rings", "Purple Hanging"]),
    ],
)
def test_variants_share_a_name_and_differ_in_the_rest(names: list[str], shared: str, parts: list[str]) -> None:
    assert shared_name(names) == shared
    assert [differing_part(name, shared) for name in names] == parts


@pytest.mark.parametrize(
    "names", [["Pink Teddy", "Pink Lamp"], ["Pack of 3 Patches", "Flower Stickers"], ["Large Bird", "Large Fish"]]
)
def test_a_colour_or_a_size_alone_is_no_shared_name(names: list[str]) -> None:
    assert shared_name(names) == ""


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("White Hanging Heart T-Light Holder", "lighting-candles"),
        ("Set of 6 T-Lights Santa", "christmas"),
        ("Lunch Bag Red Retrospot", "bags-travel"),
        ("Regency Cakestand 3 Tier", "kitchen-dining"),
        ("Knitted Union Flag Hot Water Bottle", "textiles"),
        ("Gin & Tonic Diet Metal Sign", "home-decor"),
        ("Nurse's Bag Soft Toy", "toys-games"),
        ("Drop Diamante Earrings Crystal", "jewellery"),
        ("Herb Marker Mint", "garden"),
        ("Something Quite Unheard Of", "home-decor"),
    ],
)
def test_the_category_follows_from_the_name(name: str, category: str) -> None:
    assert category_of(name) == category


def test_every_category_can_be_described() -> None:
    assert set(PURPOSES) == set(CATEGORIES)
    assert 8 <= len(CATEGORIES) <= 14


def test_a_description_says_only_what_name_and_variants_tell() -> None:
    assert describe("Set of 6 Retrospot Enamel Mug", "kitchen-dining", ["Red", "Blue"]) == (
        "For the kitchen and the table. Made with metal. With dots. Comes as a set of 6. "
        "There are 2 to choose from: Red, Blue."
    )
    assert describe("Thing", "home-decor", [""]) == "To make a room feel like home."
