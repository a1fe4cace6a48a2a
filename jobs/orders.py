"""Jobs about orders."""

from storefront.core.web import settings
from storefront.orders import mails, return_mails


def send_confirmation(order_id: int) -> None:
    """Tell the customer that the order is paid, once."""
    mails.send_confirmation(order_id, settings())


def send_request(order_id: int) -> None:
    """Mail the customer the link to pay an order that staff have made, once."""
    mails.send_request(order_id, settings())


def send_return(request_id: int, status: str) -> None:
    """Tell the customer where their wish to send goods back stands, once for each state."""
    return_mails.send_return(request_id, status, settings())
