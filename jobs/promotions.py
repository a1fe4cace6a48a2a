"""Jobs about gift cards."""

from storefront.core.web import settings
from storefront.promotions import mails


def send_card(account_id: int) -> None:
    """Mail a gift card's code to whom it is for."""
    mails.send_card(account_id, settings())
