"""What is kept for the shopper while they fill in the checkout, as their session remembers it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from storefront.core import clock
from storefront.core.db import db
from storefront.core.web.visit import kept_hold, remember_hold, shopper_id
from storefront.stock.holds import get_holds


class ShownHold(NamedTuple):
    """Until when the goods are kept, and how many whole seconds that is from now."""

    expires_at: datetime
    seconds_left: int


def keep(lines: Mapping[int, int], *, is_anew: bool = False) -> None:
    """Keep {variant id: pieces}; what is kept already stays as it is, unless the time is to begin anew.

    What was read from SQL before has to be read again. Raises OutOfStock when not all of it is free. When the gate is
    away nothing is kept, and the order itself decides.
    """
    text = " ".join(f"{variant_id}x{quantity}" for variant_id, quantity in sorted(lines.items()))
    kept = kept_hold()
    if kept and kept[2] == text and _seconds_left(kept[1]) > 0 and not is_anew:
        return
    # The gate is another machine, and no transaction stays open while it is asked.
    db.session.rollback()
    hold = get_holds().hold(shopper_id(), lines)
    remember_hold((hold.id, hold.expires_at_ms, text) if hold else None)


def shown_hold() -> ShownHold | None:
    """What to tell the shopper; None when nothing is kept."""
    kept = kept_hold()
    if kept is None or _seconds_left(kept[1]) <= 0:
        return None
    return ShownHold(datetime.fromtimestamp(kept[1] / 1000, UTC), _seconds_left(kept[1]))


def _seconds_left(expires_at_ms: int) -> int:
    return int(expires_at_ms / 1000 - clock.now().timestamp())
