"""Jobs about orders that nobody paid, and the gift cards of those that are."""

from storefront.checkout import cards, service
from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.web import settings
from storefront.orders.queries import list_overdue_ids
from storefront.payments.gateways import get_gateway


def expire_unpaid() -> None:
    """Stage one job for each order whose time to pay is over, so that one slow answer holds up no other."""
    moment = clock.now()
    overdue = list_overdue_ids(db.session(), moment)
    with transaction():
        for order_id in overdue:
            key = f"expire-{order_id}-{moment:%Y%m%d%H%M}"
            outbox.stage("checkout.expire_order", dedupe_key=key, order_id=order_id)


def expire_order(order_id: int) -> None:
    """End one unpaid order."""
    service.expire_order(order_id, get_gateway(), settings().base_url)


def issue_card(order_id: int) -> None:
    """Make the gift card that was bought with an order."""
    cards.issue(order_id, settings().secret_key)
