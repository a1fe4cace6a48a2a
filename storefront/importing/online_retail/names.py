"""From a till's capitals to names a shopper reads: tidy spelling, and what the variants of a product share."""

import re
from collections.abc import Sequence
from functools import lru_cache, reduce

SMALL_WORDS = frozenset(
    ["a", "an", "and", "as", "at", "by", "de", "for", "from", "in", "la", "of", "on", "or", "the", "to", "with"]
)
ACRONYMS = frozenset(["BBQ", "CD", "DIY", "DVD", "GB", "LED", "MDF", "TV", "UK", "USA", "USB", "VIP", "XXL"])
SPELLINGS = {
    "3d": "3D",
    "ant": "Antique",
    "ass": "Assorted",
    "asst": "Assorted",
    "asstd": "Assorted",
    "antoienett": "Antoinette",
    "b'fly": "Butterfly",
    "c/cover": "Cushion Cover",
    "ceature": "Feature",
    "childrens": "Children's",
    "childs": "Child's",
    "cinammon": "Cinnamon",
    "col": "Colour",
    "dec": "Decoration",
    "des": "Design",
    "dia": "Diamond",
    "diamon": "Diamond",
    "doiley": "Doily",
    "fuschia": "Fuchsia",
    "gerden": "Garden",
    "hldr": "Holder",
    "ipod": "iPod",
    "miniture": "Miniature",
    "miseltoe": "Mistletoe",
    "p'weight": "Paperweight",
    "pannetone": "Panettone",
    "pc": "Piece",
    "photoframe": "Photo Frame",
    "sandlewood": "Sandalwood",
    "squarecushion": "Square Cushion",
    "tassle": "Tassel",
    "turq": "Turquoise",
    "w": "with",
    "wht": "White",
}
REMARK = re.compile(
    r"damage|\blost\b|\bfound\b|thrown|throw away|\bwrong|sold (as|in|sets?)|adjust|dotcom|amazon|\bebay\b|\bcheck|"
    r"\bcounted\b|faulty|showroom|mouldy|rusty|\bmissing\b|credit|barcode|broken|crushed|smashed|cracked|mailout|"
    r"rcvd|returned|samples?\b|unsaleable|mix up|mystery|display|quick fix|given away|mamage|push order|on shelf",
    re.IGNORECASE,
)
REMARKS_IN_CAPITALS = frozenset({"DAMAGED", "FBA", "FOUND", "LOST", "MIA"})
COLOURS = frozenset(
    [
        "amber",
        "amethyst",
        "black",
        "blue",
        "brown",
        "cream",
        "crystal",
        "gold",
        "green",
        "grey",
        "ivory",
        "lilac",
        "orange",
        "pink",
        "purple",
        "red",
        "silver",
        "turquoise",
        "white",
        "yellow",
    ]
)


def is_remark(description: str) -> bool:
    """Whether a description is missing or is a stock-keeper's note ("damaged", "?") instead of a name.

    Names are in capitals, so a word such as "check" gives a note away only where it is not.
    """
    text = description.strip()
    if not text or "?" in text or text in REMARKS_IN_CAPITALS:
        return True
    return text != text.upper() and REMARK.search(text) is not None


@lru_cache(maxsize=20_000)
def tidy_name(description: str) -> str:
    """The name in title case with abbreviations written out: `SET/4 T-LIGHT HLDR` is "Set of 4 T-Light Holder"."""
    text = re.sub(r"\b(?:SET|S)/\s?(?=\d)", "SET OF ", description.strip(" .,*"), flags=re.IGNORECASE)
    text = re.sub(r"\b(OF|SET|PACK)(?=\d)", r"\1 ", text, flags=re.IGNORECASE)
    text = re.sub(r"\bW/\s?", "WITH ", re.sub(r"\s*\+\s*", " & ", text))
    text = re.sub(r"\s*,\s*", ", ", text)
    words = [_word(word, is_first=index == 0) for index, word in enumerate(text.split())]
    return " ".join(words)


def _word(word: str, *, is_first: bool) -> str:
    bare = word.lower().rstrip(",.")
    tail = word[len(bare) :]
    if bare in SPELLINGS:
        return SPELLINGS[bare] + tail
    if bare.upper() in ACRONYMS:
        return bare.upper() + tail
    if bare in SMALL_WORDS and not is_first:
        return bare + tail
    if bare[:1].isdigit():
        return bare + tail
    # Each part of `t-light` and `red/white` is capitalised, but not what follows an apostrophe (`poppy's`).
    return re.sub(r"(^|[-/(\"&.])([a-z])", lambda found: found[1] + found[2].upper(), bare) + tail


def shared_name(names: Sequence[str]) -> str:
    """The words that all names have in the same order, or "" where they share too little to be a name."""
    shared = reduce(_common_words, (name.split() for name in names))
    while shared and (shared[-1].lower() in SMALL_WORDS or shared[-1] in {"&", "-"}):
        shared = shared[:-1]
    telling = [word for word in shared if word.lower() not in SMALL_WORDS | COLOURS and not word.isdigit()]
    # One word alone is the thing itself only where it ends a name: "Ribbons", but not "Pack" or "Large".
    is_noun = bool(telling) and any(_key(name.split()[-1]) == _key(telling[-1]) for name in names)
    return " ".join(shared).rstrip(",") if len(telling) >= 2 or is_noun else ""


def differing_part(name: str, shared: str) -> str:
    """What `name` says beyond the shared words ("Pink" of "Pink Wall Clock"), or "" where it says nothing."""
    wanted = [_key(word) for word in shared.split()]
    rest = []
    for word in name.split():
        if wanted and _key(word) == wanted[0]:
            wanted.pop(0)
        else:
            rest.append(word)
    while rest and (rest[0].lower() in SMALL_WORDS or rest[0] == "&"):
        rest.pop(0)
    while rest and (rest[-1].lower() in SMALL_WORDS or rest[-1] == "&"):
        rest.pop()
    return " ".join(rest).strip(" ,")


def _key(word: str) -> str:
    """Two spellings of one word ("Candle", "Candles,") compare equal by this."""
    return word.lower().strip(".,").rstrip("s")


def _common_words(first: list[str], second: list[str]) -> list[str]:
    """The longest common subsequence of two lists of words, in the first one's spelling."""
    best: list[list[list[str]]] = [[[] for _ in range(len(second) + 1)] for _ in range(len(first) + 1)]
    for i, left in enumerate(first):
        for j, right in enumerate(second):
            if _key(left) == _key(right):
                best[i + 1][j + 1] = [*best[i][j], left]
            else:
                best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], key=len)
    return best[-1][-1]
