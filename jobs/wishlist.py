"""Jobs about wishlists."""

from storefront.core.db import db
from storefront.core.web import settings
from storefront.wishlist import mails, service


def look_after() -> None:
    """Let people wait for what is sold out of their wishes, and stage a mail for each whose wishes became cheaper."""
    service.wait_for_sold_out(db.session())
    service.tell_cheaper(db.session())


def send_cheaper(user_id: int, drops: list[list[int]]) -> None:
    """Tell somebody what became cheaper."""
    mails.send_cheaper(user_id, drops, settings())
