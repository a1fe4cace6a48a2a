"""Text as people type it and as machines compare it."""

import re
import secrets
import unicodedata

# Crockford's alphabet: no I, L, O, U, so that a number read out on the phone is written down right.
NUMBER_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def fold(text: str) -> str:
    """`text` for comparison: lower case, without accents, one space between words."""
    # Taken apart before as well: capitals hide in signs such as "™".
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def slugify(text: str, max_length: int = 120) -> str:
    """`text` as a part of a URL: letters and digits of any script, joined by hyphens; never empty."""
    slug = re.sub(r"[\W_]+", "-", fold(text).replace("'", "")).strip("-")
    return slug[:max_length].strip("-") or "item"


def spoken_number(length: int = 8) -> str:
    """A random number for people, in groups of four: "K7QF-3M2P" (40 bits for 8 signs)."""
    signs = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(length))
    return "-".join(signs[i : i + 4] for i in range(0, length, 4))


def read_id(text: str) -> int | None:
    """The id that a form or an address names; None for anything else, a number of thousands of digits included."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
