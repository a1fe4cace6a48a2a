"""The pictures the shop draws itself: the same for the same code, distinct for every other, and all drawable."""

import itertools
import random

import pytest
from PIL import Image, ImageChops, ImageStat

from storefront.catalog.tiles import draw_tile
from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.choice import KINDS, OF_CATEGORY, choose
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.motifs import bags, festive, home, kitchen, light
from storefront.catalog.tiles.palette import DYES, GROUNDS
from storefront.catalog.tiles.patterns import PATTERNS
from storefront.catalog.tiles.scenes import HANGING, LYING, STANDING
from storefront.demo.shop import read_shop

# Mean difference per channel, of 255, between two pictures seen at 32 by 32 points: below it they look alike.
LEAST_DIFFERENCE = 3.0
GREY = (128, 128, 128)


def seen_small(picture: Image.Image) -> Image.Image:
    return picture.resize((32, 32), Image.Resampling.BOX)


def difference(first: Image.Image, second: Image.Image) -> float:
    means = ImageStat.Stat(ImageChops.difference(first, second)).mean
    return sum(means) / len(means)


def test_the_same_code_is_drawn_the_same_every_time() -> None:
    first = draw_tile("84029", "Knitted Union Flag Hot Water Bottle", "textiles", 120)
    second = draw_tile("84029", "Knitted Union Flag Hot Water Bottle", "textiles", 120)
    assert first.tobytes() == second.tobytes()


def test_two_codes_of_one_name_are_drawn_differently() -> None:
    pictures = [seen_small(draw_tile(code, "Blue Mug", "kitchen-dining", 120)) for code in ("10001", "10002")]
    assert difference(*pictures) > LEAST_DIFFERENCE


def test_a_tile_is_a_square_rgb_picture_of_the_size_asked_for() -> None:
    picture = draw_tile("1", "Thing", "home-decor", 150)
    assert (picture.size, picture.mode, picture.info) == ((150, 150), "RGB", {})


def test_no_two_pictures_of_the_demo_shop_look_alike() -> None:
    products = read_shop().products
    pictures = [seen_small(draw_tile(p.code, p.name, p.category, 96)) for p in products]
    pairs = itertools.combinations(zip(products, pictures, strict=True), 2)
    alike = [(a.name, b.name) for (a, x), (b, y) in pairs if difference(x, y) < LEAST_DIFFERENCE]
    assert len(products) == 200
    assert alike == []


def test_the_colour_in_a_name_is_the_colour_of_the_thing() -> None:
    red = ImageStat.Stat(draw_tile("7", "Red Mug", "kitchen-dining", 120).crop((45, 60, 75, 90))).mean
    blue = ImageStat.Stat(draw_tile("7", "Blue Mug", "kitchen-dining", 120).crop((45, 60, 75, 90))).mean
    assert red[0] > red[2] + 40
    assert blue[2] > blue[0] + 10


@pytest.mark.parametrize(
    ("name", "category", "motif"),
    [
        ("Blue Polkadot Luggage Tag", "bags-travel", bags.luggage_tag),
        ("Cream Heart Card Holder", "bags-travel", bags.booklet),
        ("Regency Cakestand 3 Tier", "kitchen-dining", kitchen.cake_stand),
        ("White Hanging Heart T-Light Holder", "lighting-candles", light.hanging_t_light),
        ("Alarm Clock Bakelike Red", "home-decor", home.alarm_clock),
        ("Spotty Bunting", "party", festive.bunting),
    ],
)
def test_the_picture_shows_what_the_name_says(name: str, category: str, motif: object) -> None:
    assert choose(name, category)[0] is motif


def test_an_unknown_thing_is_shown_as_one_of_its_category() -> None:
    assert choose("Xyzzy", "jewellery")[0] is OF_CATEGORY["jewellery"][0]
    assert choose("Xyzzy", "no such shelf")[0] is home.vase


MOTIFS = sorted({kind.motif for kind in KINDS} | {motif for motif, _ in OF_CATEGORY.values()}, key=lambda m: m.__name__)


@pytest.mark.parametrize("motif", MOTIFS, ids=lambda motif: motif.__name__)
def test_every_motif_leaves_its_mark_with_every_choice(motif) -> None:  # type: ignore[no-untyped-def]
    for seed in range(4):
        canvas = Canvas(48, GREY)
        motif(canvas, Look(DYES["brick"], DYES["teal"], DYES["cream"], "dots", random.Random(seed)))
        changed = ImageChops.difference(canvas.finished(), Image.new("RGB", (48, 48), GREY)).getbbox()
        assert changed is not None
        assert (changed[2] - changed[0]) * (changed[3] - changed[1]) > 48 * 48 / 8


@pytest.mark.parametrize("pattern", sorted(set(PATTERNS) - {"plain"}))
def test_every_pattern_prints_its_ink(pattern: str) -> None:
    canvas = Canvas(48, GREY)
    canvas.body([(10, 10), (90, 10), (90, 90), (10, 90)], DYES["brick"], pattern, DYES["cream"], 12)
    colours = canvas.finished().getcolors(48 * 48) or []
    assert len(colours) > 2


@pytest.mark.parametrize("scene", sorted({*STANDING, *LYING, *HANGING}, key=lambda s: s.__name__))
def test_every_scene_covers_the_picture_with_more_than_one_tone(scene) -> None:  # type: ignore[no-untyped-def]
    canvas = Canvas(48, (255, 0, 255))
    scene(canvas, GROUNDS[0])
    colours = {colour for _, colour in canvas.finished().getcolors(48 * 48) or []}
    assert (255, 0, 255) not in colours
    assert len(colours) > 1
