"""Jobs about payments."""

from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.payments import service
from storefront.payments.gateways import get_gateway
from storefront.payments.queries import list_stale_ids


def process_event(event_id: int) -> None:
    """Act on a message of the provider."""
    service.process_event(event_id, get_gateway())


def confirm(payment_id: int) -> None:
    """Ask the provider how an attempt stands."""
    service.confirm(payment_id, get_gateway())


def sweep() -> None:
    """Ask about every attempt nobody has told us about for a while: messages get lost."""
    stale = list_stale_ids(db.session())
    with transaction():
        for payment_id, updated_at in stale:
            key = f"sweep-{payment_id}-{updated_at:%Y%m%d%H%M%S}"
            outbox.stage("payments.confirm", dedupe_key=key, payment_id=payment_id)
