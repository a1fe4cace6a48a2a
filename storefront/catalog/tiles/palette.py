"""The colours of the pictures: a few paper tones behind, a few dyes in front, chosen to sit well together."""

from dataclasses import dataclass

Colour = tuple[int, int, int]


def _rgb(text: str) -> Colour:
    return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with a share (0 to 1) of `second` stirred in."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lightness(colour: Colour) -> float:
    """How bright a colour looks, 0 to 1 (ITU-R BT.601 luma)."""
    return (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) / 255


@dataclass(frozen=True)
class Ground:
    """What stands behind: the wall, the table, and a third tone for an arch, a disc or a sheet of paper."""

    wall: Colour
    table: Colour
    shape: Colour


CREAM = _rgb("FBF5E8")
PAPER = _rgb("FFFDF7")
INK = _rgb("2F2A28")
WOOD = _rgb("C79F72")
BRASS = _rgb("C39A55")
STEEL = _rgb("B4BABD")
GLASS = _rgb("E3EEEC")
GLOW = _rgb("FFE3A0")
LEAF = _rgb("7C9A78")
TERRACOTTA = _rgb("C4754F")

GROUNDS = tuple(
    Ground(*(_rgb(tone) for tone in tones))
    for tones in (
        ("EFE6D8", "DFCFB8", "F8F2E7"),
        ("DDE4D6", "C3CFB9", "EDF1E7"),
        ("F2DDCE", "E0BDA5", "FAEDE2"),
        ("DAE3E8", "BDCCD6", "EBF1F4"),
        ("F3E0DC", "E2C3BD", "FBF0ED"),
        ("EFE2C2", "DCC690", "F9F1DC"),
        ("E2DEE8", "C9C1D5", "F0EDF4"),
        ("D3DFDA", "AFC5BC", "E6EFEB"),
        ("E8D9CB", "C9AE97", "F5EBE1"),
        ("C9D5DB", "9FB3BF", "DFE8EC"),
        ("E9CFC0", "CFA48D", "F5E4DA"),
        ("CFD8C4", "A6B695", "E3E9DB"),
    )
)

DYES = {
    "terracotta": TERRACOTTA,
    "brick": _rgb("B4503F"),
    "mustard": _rgb("D9A648"),
    "forest": _rgb("52715C"),
    "sage": _rgb("8CA78C"),
    "ink": _rgb("3F566E"),
    "dusk": _rgb("7796AE"),
    "plum": _rgb("7F5068"),
    "rose": _rgb("DB9599"),
    "cream": CREAM,
    "teal": _rgb("5C9391"),
    "lilac": _rgb("A594BD"),
    "coral": _rgb("E08A6D"),
    "oat": _rgb("D8C3A0"),
    "charcoal": _rgb("45423F"),
    "brown": _rgb("83604A"),
}

WORDS = {
    "terracotta": "brick terracotta rust copper",
    "brick": "red cherry strawberry retrospot poppy apple apples berries ruby santa scarlet union",
    "mustard": "yellow gold golden lemon sunflower honey brass mustard amber",
    "forest": "green pine holly olive forest woodland tree",
    "sage": "mint sage pistachio lime herb leaf leaves",
    "ink": "navy ink midnight spaceboy space denim",
    "dusk": "blue sky sailor airmail seaside",
    "plum": "purple plum mauve amethyst wine",
    "rose": "pink rose fairy sweetheart cupcake lolly candy",
    "cream": "white ivory cream pearl lace porcelain snow",
    "teal": "turquoise teal aqua peacock ocean",
    "lilac": "lilac lavender violet dolly",
    "coral": "orange coral peach tangerine cinnamon fuchsia",
    "oat": "natural wicker hessian wood wooden jute straw oat beige",
    "charcoal": "black charcoal jet slate skull skulls chalk",
    "brown": "brown chocolate coffee cocoa mocha",
}
DYE_OF_WORD = {word: dye for dye, words in WORDS.items() for word in words.split()}


def dye_named_in(words: list[str]) -> str | None:
    """The dye that a product's own name asks for ("red", "mint"), if any."""
    return next((DYE_OF_WORD[word] for word in words if word in DYE_OF_WORD), None)
