"""Jobs about orders."""

from storefront.core.web import settings
from storefront.orders import mails


def send_confirmation(order_id: int) -> None:
    """Tell the customer that the order is paid, once."""
    mails.send_confirmation(order_id, settings())
