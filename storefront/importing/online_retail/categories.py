"""Categories derived from product names by keywords; the first rule that finds one of its words decides."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache


@dataclass(frozen=True)
class CategoryRule:
    """A category and the words (whole words, a plural s allowed) that put a product into it."""

    slug: str
    name: str
    words: str

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The words as one expression."""
        return re.compile(rf"\b(?:{'|'.join(self.words.split())})(?:s|es)?\b")

    def matches(self, name: str) -> bool:
        """Whether the product name holds one of the words."""
        return self.expression.search(name.lower()) is not None


# A phrase is written with dots for its spaces. The order is the priority: a "Christmas candle" is Christmas.
RULES = (
    CategoryRule(
        "christmas",
        "Christmas",
        "christmas xmas santa snowman snowmen reindeer advent bauble snowflake mistletoe nativity rudolph noel sleigh "
        "icicle st.nicholas",
    ),
    CategoryRule("toys-games", "Toys & Games", "soft.toy playhouse card.game snap.card doll jigsaw building.block"),
    CategoryRule(
        "home-decor", "Home Décor", "metal.sign door.sign wall.clock alarm.clock clock photo.frame picture.frame sign"
    ),
    CategoryRule("party", "Party", "party.bag bunting balloon garland confetti paper.chain"),
    CategoryRule(
        "textiles",
        "Cushions & Textiles",
        "cushion doormat throw rug towel curtain quilt bedspread blanket pillow hot.water.bottle hottie door.mat "
        "table.run tablecloth duvet hand.warmer pocket.warmer scarf slipper door.stop doorstop filler.pad ironing "
        "glove",
    ),
    CategoryRule(
        "bags-travel",
        "Bags & Travel",
        "bag shopper purse handbag wallet rucksack backpack passport luggage umbrella lunch.box travel tote holdall "
        "card.holder toiletry suitcase washbag",
    ),
    CategoryRule(
        "jewellery",
        "Jewellery",
        "necklace bracelet earring ring brooch bangle pendant tiara hair.grip hair.comb hair.clip hair.slide "
        "hairclip hairslide locket diamante hairband anklet choker hair.tie jewel.stand",
    ),
    CategoryRule(
        "lighting-candles",
        "Lighting & Candles",
        "candle t-light tealight tea.light lantern lamp lampshade light chandelier candlestick candleholder "
        "candelabra incense candlepot oil.burner torch votive",
    ),
    CategoryRule(
        "party",
        "Party",
        "party straw napkin doily doilies paper.plate paper.cup banner birthday popcorn.holder cocktail popper "
        "honeycomb",
    ),
    CategoryRule(
        "stationery-wrap",
        "Stationery & Wrap",
        "card wrap notebook pencil pen paper sticker ruler rubber tape envelope tag ribbon journal calendar sketchbook "
        "eraser stamp exercise.book notepad memo organiser diary crayon chalk chalkboard blackboard bookmark "
        "postcard address.book gift.box scrapbook",
    ),
    CategoryRule(
        "kitchen-dining",
        "Kitchen & Dining",
        "mug cup plate bowl cake cakestand baking teapot jug tin cutlery tea coffee kitchen spoon fork knife jar "
        "egg.cup bread biscuit cookie tray lunch bottle pantry spice butter sugar toast coaster placemat jam ladle "
        "whisk dinner tumbler glass saucer recipe apron oven chopping pudding ramekin jelly mould timer scale popcorn "
        "cakecases trivet pan thermometer measuring beaker wine decanter goblet teaspoon snack milk dish lolly "
        "ice.cream tiffin",
    ),
    CategoryRule(
        "garden",
        "Garden",
        "garden gardener gardening plant watering herb birdhouse bird.house bird.table bird.bath parasol picnic seed "
        "flowerpot planter trowel spade secateur windmill trellis potting beehive greenhouse bug.house hose deckchair "
        "plant.pot feeder wellington beach",
    ),
    CategoryRule(
        "toys-games",
        "Toys & Games",
        "toy game playhouse skittle puzzle teddy marble ludo domino dominoes snap magic.drawing spinning.top "
        "skipping.rope kite yo-yo colouring block dolly rattle puppet bingo tic.tac.toe play children childs "
        "children's kids fairy.tale quoits knitting craft sewing bear rocket dinosaur dollcraft stress.ball circus",
    ),
    CategoryRule(
        "bath-beauty",
        "Bath & Beauty",
        "soap bath balm shower bathroom mirror nail.file make-up cosmetic manicure perfume tissue potpourri hand.cream "
        "plasters first.aid toothbrush sponge vanity",
    ),
    CategoryRule(
        "storage",
        "Storage & Furniture",
        "box drawer cabinet basket hook hanger shelf shelves chest rack holder storage crate stool chair table "
        "cupboard peg tidy bin trunk bucket laundry stand desk folder case",
    ),
)
FALLBACK = CategoryRule("home-decor", "Home Décor", "")
# The shelves in the order the shop shows them; a slug may stand in several rules.
SHELVES = (
    "kitchen-dining",
    "home-decor",
    "lighting-candles",
    "bags-travel",
    "stationery-wrap",
    "garden",
    "toys-games",
    "christmas",
    "party",
    "textiles",
    "jewellery",
    "storage",
    "bath-beauty",
)
CATEGORIES = {rule.slug: rule.name for slug in SHELVES for rule in (*RULES, FALLBACK) if rule.slug == slug}


@lru_cache(maxsize=8_000)
def category_of(name: str) -> str:
    """The slug of the category a product of this name belongs to; home-decor where no rule knows a word of it."""
    return next((rule.slug for rule in RULES if rule.matches(name)), FALLBACK.slug)
