"""Short descriptions that say nothing but what name, category and variants already tell."""

import re
from collections.abc import Sequence

PURPOSES = {
    "kitchen-dining": "For the kitchen and the table.",
    "home-decor": "To make a room feel like home.",
    "lighting-candles": "For soft light in the evening.",
    "bags-travel": "To carry things in, every day and on the way.",
    "stationery-wrap": "For writing, wrapping and giving.",
    "garden": "For the garden, the balcony and the picnic rug.",
    "toys-games": "To play with, alone or together.",
    "christmas": "For Christmas, this year and every year.",
    "party": "For the day when there is something to celebrate.",
    "textiles": "Soft and warm, for sofas, beds and doorsteps.",
    "jewellery": "To wear, or to give to somebody who will.",
    "storage": "So that everything has its place.",
    "bath-beauty": "For the bathroom and a quiet quarter of an hour.",
}
MATERIALS = {
    "wood": "wood wooden",
    "glass": "glass",
    "metal": "metal zinc enamel steel",
    "ceramic": "ceramic porcelain stoneware",
    "paper": "paper",
    "felt": "felt feltcraft",
    "wicker": "wicker",
    "slate": "slate",
    "silk": "silk",
    "cotton": "cotton",
}
PRINTS = {
    "dots": "retrospot polkadot spotty",
    "stripes": "stripe stripes stripy",
    "checks": "gingham",
    "hearts": "heart hearts sweetheart",
    "stars": "star stars",
    "flowers": "flower flowers floral rose roses daisy",
    "paisley": "paisley",
}


def describe(name: str, category: str, variants: Sequence[str]) -> str:
    """Two or three sentences about a product; `category` is a slug, `variants` the names to choose from."""
    words = set(re.findall(r"[a-z]+", name.lower()))
    sentences = [PURPOSES[category]]
    materials = [material for material, named in MATERIALS.items() if words & set(named.split())]
    prints = [motif for motif, named in PRINTS.items() if words & set(named.split())]
    if materials:
        sentences.append(f"Made with {' and '.join(materials[:2])}.")
    if prints:
        sentences.append(f"With {' and '.join(prints[:2])}.")
    if found := re.search(r"\b(set|pack|box) (?:of )?(\d+)\b", name.lower()):
        sentences.append(f"Comes as a {found[1]} of {found[2]}.")
    if len(variants) > 1:
        sentences.append(f"There are {len(variants)} to choose from: {', '.join(variants[:12])}.")
    return " ".join(sentences)
