"""What is kept for the shopper while they fill in the checkout, as their session remembers it."""

from datetime import UTC, datetime
from typing import NamedTuple

from storefront.cart.models import Cart
from storefront.core import clock
from storefront.core.db import db
from storefront.core.web.visit import kept_hold, remember_hold, shopper_id
from storefront.stock.holds import get_holds


class ShownHold(NamedTuple):
    """Until when the goods are kept, and how many whole seconds that is from now."""

    expires_at: datetime
    seconds_left: int


def keep(cart: Cart, *, is_anew: bool = False) -> bool:
    """Keep the cart's goods; what is kept already stays as it is, unless the time is to begin anew.

    True when the gate was asked, and the cart has to be read again. Raises OutOfStock when not all of it is free. When
    the gate is away nothing is kept, and the order itself decides.
    """
    lines = {line.variant_id: line.quantity for line in cart.lines}
    text = " ".join(f"{variant_id}x{quantity}" for variant_id, quantity in sorted(lines.items()))
    kept = kept_hold()
    if kept and kept[2] == text and _seconds_left(kept[1]) > 0 and not is_anew:
        return False
    # The gate is another machine, and no transaction stays open while it is asked.
    db.session.rollback()
    hold = get_holds().hold(shopper_id(), lines)
    remember_hold((hold.id, hold.expires_at_ms, text) if hold else None)
    return True


def shown_hold() -> ShownHold | None:
    """What to tell the shopper; None when nothing is kept."""
    kept = kept_hold()
    if kept is None or _seconds_left(kept[1]) <= 0:
        return None
    return ShownHold(datetime.fromtimestamp(kept[1] / 1000, UTC), _seconds_left(kept[1]))


def _seconds_left(expires_at_ms: int) -> int:
    return int(expires_at_ms / 1000 - clock.now().timestamp())
