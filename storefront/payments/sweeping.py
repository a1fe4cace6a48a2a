"""The provider's list of events: whatever a message did not bring us is found there."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storefront.core import clock
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.payments.gateway import Gateway, ProviderEvent
from storefront.payments.models import ProviderCursor, WebhookEvent
from storefront.payments.service import receive_event

# Events may show in the list a little later than they are stamped.
OVERLAP = timedelta(hours=1)
# The provider keeps a list of 30 days.
LONGEST = timedelta(days=29)
KEEP = timedelta(days=90)
BATCH = 500


def sweep_events(gateway: Gateway) -> int:
    """Put every event into the inbox that is not there yet, and return how many those were; idempotent.

    Raises GatewayUnavailable: the next sweep begins where the last one that ended began.
    """
    began_at, cursor = clock.now(), db.session.get(ProviderCursor, gateway.name)
    since = max(cursor.seen_until - OVERLAP if cursor else began_at - LONGEST, began_at - LONGEST)
    db.session.rollback()
    found, events = 0, gateway.list_events(since)
    while batch := list(islice(events, BATCH)):
        unknown = _unknown(db.session(), gateway.name, batch)
        db.session.rollback()
        found += sum(receive_event(event, gateway.name, body) for event, body in unknown)
    with transaction() as session:
        session.merge(ProviderCursor(gateway=gateway.name, seen_until=began_at))
    return found


@retry_deadlocks
def forget_events() -> int:
    """Delete messages that were acted on 90 days ago and return how many; opens a transaction."""
    with transaction() as session:
        old = select(WebhookEvent.id).where(WebhookEvent.processed_at < clock.now() - KEEP).limit(10_000)
        ids = list(session.scalars(old))
        session.execute(delete(WebhookEvent).where(WebhookEvent.id.in_(ids)))
        return len(ids)


def _unknown(
    session: Session, provider: str, batch: Sequence[tuple[ProviderEvent, str]]
) -> list[tuple[ProviderEvent, str]]:
    ids = [event.id for event, _ in batch]
    query = select(WebhookEvent.event_id).where(WebhookEvent.provider == provider, WebhookEvent.event_id.in_(ids))
    known = set(session.scalars(query))
    return [(event, body) for event, body in batch if event.id not in known]
