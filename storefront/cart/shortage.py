"""What the gate has refused a shopper, so that the cart can say which line and offer what is free."""

from collections.abc import Iterable, Mapping

from flask import session

from storefront.core import clock
from storefront.stock.service import ShortLine

KEY = "short"
# What others hold comes free after a while; a refusal that is older says nothing about now.
SECONDS = 120


def remember_short(lines: Iterable[ShortLine]) -> None:
    """Note the lines of an OutOfStock for the cart's page."""
    free = {str(line.variant_id): line.available for line in lines}
    session[KEY] = [int(clock.now().timestamp()) + SECONDS, free]


def free_now(available: Mapping[int, int]) -> dict[int, int]:
    """`available` as SQL has it, less what others were just found to hold."""
    until, free = session.get(KEY, (0, {}))
    known = free if until > clock.now().timestamp() else {}
    return {variant_id: min(number, known.get(str(variant_id), number)) for variant_id, number in available.items()}
