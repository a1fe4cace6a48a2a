"""Sending an order: its money is taken first, then its goods leave the shelf."""

from storefront.orders import service as orders
from storefront.payments import holding
from storefront.payments.gateway import Gateway


def send_order(order_id: int, gateway: Gateway, actor: str) -> None:
    """Take the money that is held for an order, then note that it was shipped whole; safe to run twice.

    Raises OrderMoved, NothingHeld, GatewayUnavailable: then it was not sent.
    """
    holding.take(order_id, gateway, actor)
    orders.fulfil(order_id, actor)
