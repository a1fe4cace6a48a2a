"""Which thing stands for a product: the first of these kinds whose word its name holds, else one of its category's."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from storefront.catalog.tiles import scenes
from storefront.catalog.tiles.canvas import Canvas
from storefront.catalog.tiles.look import Look
from storefront.catalog.tiles.motifs import bags, festive, garden, home, kitchen, light, paper, toys
from storefront.catalog.tiles.scenes import Scene

Motif = Callable[[Canvas, Look], None]


@dataclass(frozen=True)
class Kind:
    """A kind of thing, the words that name it (a dot for a space), and the scenes it fits into."""

    motif: Motif
    words: str
    scenes: tuple[Scene, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The words as one expression; a plural s is allowed."""
        return re.compile(rf"\b(?:{'|'.join(self.words.split())})(?:s|es)?\b")


S, L, H = scenes.STANDING, scenes.LYING, scenes.HANGING

# More particular words stand before more general ones: "card holder" before "card", "cake stand" before "cake".
KINDS = (
    Kind(toys.dominoes, "domino dominoes ludo snap bingo card.game snakes chess playing.card heads.and.tails", L),
    Kind(bags.hot_water_bottle, "hot.water.bottle hottie hand.warmer pocket.warmer", L),
    Kind(bags.lunch_bag, "lunch.bag lunch.box picnic.bag cool.bag", S),
    Kind(bags.umbrella, "umbrella", S),
    Kind(bags.backpack, "backpack rucksack", S),
    Kind(bags.charm, "bag.charm phone.charm keyring key.ring key.fob", L),
    Kind(bags.luggage_tag, "luggage.tag", L),
    Kind(bags.booklet, "passport card.holder travel.card wallet", L),
    Kind(bags.purse, "purse cosmetic make-up sponge.bag toiletry wash.bag", S),
    Kind(bags.suitcase, "suitcase travel cabin luggage airline", S),
    Kind(bags.handbag, "handbag shoulder.bag riviera", S),
    Kind(paper.gift, "gift.bag gift.box present party.bag", S),
    Kind(bags.tote, "bag shopper tote", S),
    Kind(light.hanging_t_light, "hanging.heart.t-light hanging.t-light hanging.jam.jar t-light.holder.hanging", H),
    Kind(light.string_lights, "fairy.lights lights light.chain string", H),
    Kind(light.lantern, "lantern", S),
    Kind(light.candlestick, "candlestick candelabra candleholder candle.holder dinner.candle", S),
    Kind(light.box_of_candles, "t-lights tea.lights", L),
    Kind(light.t_light, "t-light tealight votive night.light candlepot candle.pot", S),
    Kind(light.incense, "incense oil.burner", S),
    Kind(light.candle, "candle", S),
    Kind(light.pendant, "lampshade chandelier", H),
    Kind(light.lamp, "lamp light torch", S),
    Kind(festive.stocking, "stocking sock", L),
    Kind(festive.snowflake, "snowflake", H),
    Kind(festive.wreath, "wreath", L),
    Kind(festive.snowman, "snowman snowmen santa reindeer", S),
    Kind(festive.bauble, "bauble ball icicle acrylic.jewel", H),
    Kind(festive.bell, "bell", H),
    Kind(festive.gingerbread, "gingerbread cookie biscuit.cutter cutter", L),
    Kind(festive.bunting, "bunting", H),
    Kind(festive.garland, "garland mobile paper.chain streamer", H),
    Kind(festive.balloon, "balloon", H),
    Kind(festive.party_cup, "straw paper.cup party.cone cocktail popcorn", S),
    Kind(festive.napkins, "napkin doily doilies paper.plate tissue toilet.roll", L),
    Kind(home.alarm_clock, "alarm.clock", S),
    Kind(home.clock, "clock", L),
    Kind(home.frame, "frame album", L),
    Kind(home.mirror, "mirror", L),
    Kind(home.sign, "sign number.tile plaque letter letters", H),
    Kind(home.doorstop, "doorstop door.stop", S),
    Kind(home.doormat, "doormat mat rug", L),
    Kind(home.cushion, "cushion pillow seat.pad filler.pad", S),
    Kind(home.knob, "knob doorknob", L),
    Kind(home.hanger, "hanger", H),
    Kind(home.hook, "hook", L),
    Kind(home.drawers, "drawer chest cabinet cupboard shelf shelves", S),
    Kind(paper.gift, "gift.set", S),
    Kind(home.key, "key keys", L),
    Kind(kitchen.teapot, "teapot tea.for.one", S),
    Kind(kitchen.teacup, "teacup tea.cup saucer", S),
    Kind(kitchen.egg_cup, "egg.cup egg", S),
    Kind(kitchen.cake_stand, "cake.stand cakestand cake.bowl cake.plate", S),
    Kind(kitchen.cupcake, "cake.case cake.cases cakecases cupcake fairy.cake cake baking.case", S),
    Kind(kitchen.scales, "scales", S),
    Kind(kitchen.apron, "apron", H),
    Kind(kitchen.towel, "tea.towel towel cloth oven.glove glove scarf curtain", H),
    Kind(kitchen.cutlery, "cutlery fork knife knives", L),
    Kind(kitchen.utensils, "utensil spoon ladle whisk rolling spatula brush", S),
    Kind(kitchen.mug, "mug beaker", S),
    Kind(kitchen.plate, "plate dish placemat coaster trivet", L),
    Kind(kitchen.bowl, "bowl ramekin mould bath", S),
    Kind(kitchen.tray, "tray", L),
    Kind(kitchen.glass, "tumbler goblet wine glasses", S),
    Kind(kitchen.tin, "tin bin canister caddy container pantry bread", S),
    Kind(kitchen.jar, "jar jam spice sweets sweet", S),
    Kind(kitchen.jug, "jug milk pitcher", S),
    Kind(kitchen.bottle, "bottle decanter perfume oil", S),
    Kind(garden.watering_can, "watering.can", S),
    Kind(garden.birdhouse, "birdhouse bird.house bird.box bird.table feeder", S),
    Kind(garden.hen, "hen chick chicken cockerel", S),
    Kind(garden.windmill, "windmill", H),
    Kind(garden.parasol, "parasol", L),
    Kind(garden.trowel, "trowel spade rake secateur garden.tool", L),
    Kind(garden.herbs, "herb grow seed marker", S),
    Kind(garden.pot_plant, "plant planter flowerpot pot greenhouse potting", S),
    Kind(garden.basket, "basket picnic hamper", S),
    Kind(garden.butterfly, "butterfly butterflies", L),
    Kind(garden.bird, "bird dove owl robin duck", S),
    Kind(paper.chalkboard, "chalkboard blackboard black.board natural.slate chalk", S),
    Kind(paper.notebook, "notebook sketchbook journal diary book exercise.book notepad recipe", L),
    Kind(paper.pencils, "pencil crayon", S),
    Kind(paper.pens, "pen", L),
    Kind(paper.stickers, "sticker patch patches magnet badge", L),
    Kind(paper.tape, "tape measure ruler twine", S),
    Kind(paper.ribbon, "ribbon reel", S),
    Kind(paper.wrap, "wrap paper", L),
    Kind(paper.calendar, "calendar memo board organiser planner", L),
    Kind(paper.tag, "tag", H),
    Kind(paper.card, "card envelope postcard invite", L),
    Kind(toys.babushka, "babushka", S),
    Kind(toys.bear, "bear teddy soft.toy monkey dog cat", S),
    Kind(toys.rabbit, "rabbit bunny bunnies doll dollcraft", S),
    Kind(toys.rocket, "rocket spaceboy space", H),
    Kind(toys.house, "playhouse house", S),
    Kind(toys.jigsaw, "jigsaw puzzle", L),
    Kind(toys.skittles, "skittle croquet rounders quoits", S),
    Kind(toys.spinning_top, "spinning.top yo-yo", S),
    Kind(toys.blocks, "block cubes bricks", S),
    Kind(toys.dominoes, "game playing", L),
    Kind(toys.yarn, "knitting sewing crochet craft wool knitted felt", S),
    Kind(toys.kite, "kite skipping.rope glider", H),
    Kind(home.hanging_star, "angel fairy", H),
    Kind(toys.magic_box, "magic trick set.of.games", S),
    Kind(home.jewellery, "necklace pendant bracelet beads choker", L),
    Kind(home.earrings, "earring", L),
    Kind(home.ring, "ring bangle brooch", S),
    Kind(home.soap, "soap balm bath.salts", S),
    Kind(festive.tree, "tree", S),
    Kind(home.hanging_heart, "heart", H),
    Kind(home.hanging_star, "star", H),
    Kind(home.keepsake_box, "box trinket storage tidy case", S),
    Kind(kitchen.glass, "glass", S),
    Kind(garden.flowers, "flower rose lily daisy bouquet", S),
    Kind(home.vase, "vase holder ornament", S),
    Kind(kitchen.mug, "cup coffee", S),
    Kind(kitchen.teacup, "tea", S),
)

OF_CATEGORY = {
    "christmas": (festive.bauble, H),
    "bags-travel": (bags.tote, S),
    "jewellery": (home.jewellery, L),
    "lighting-candles": (light.candle, S),
    "party": (festive.bunting, H),
    "stationery-wrap": (paper.card, L),
    "kitchen-dining": (kitchen.bowl, S),
    "garden": (garden.pot_plant, S),
    "toys-games": (toys.blocks, S),
    "textiles": (home.cushion, S),
    "bath-beauty": (home.soap, S),
    "storage": (home.keepsake_box, S),
}

_MATCHERS = tuple((kind.pattern, kind.motif, kind.scenes) for kind in KINDS)


def choose(name: str, category: str) -> tuple[Motif, tuple[Scene, ...]]:
    """The picture for a product name, and the scenes it may be shown in; `category` is a category's slug."""
    lowered = name.lower()
    for pattern, motif, fitting in _MATCHERS:
        if pattern.search(lowered):
            return motif, fitting
    return OF_CATEGORY.get(category, (home.vase, S))
