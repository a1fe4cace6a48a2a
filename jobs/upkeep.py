"""Jobs that keep the tables small, and the audit log honest."""

import logging
from datetime import timedelta

from storefront.core import audit, clock, outbox
from storefront.core.audit import chain
from storefront.core.db import db, transaction
from storefront.core.web import settings

KEEP = timedelta(days=40)
log = logging.getLogger("storefront.audit")


def note_audit_head() -> None:
    """Keep the end of the audit log outside the database: in a file, and wherever this process logs to."""
    line = chain.note_head(db.session(), settings().data_dir / chain.HEADS_FILE)
    db.session.rollback()
    log.warning("the audit log ends at %s", line or "nothing")


def forget_addresses() -> None:
    """Blank the addresses in the audit log that have been there for as long as the shop keeps them."""
    days = settings().audit_address_days
    if days:
        audit.forget_addresses(clock.now() - timedelta(days=days))


def forget_done() -> None:
    """Delete what was done more than 40 days ago: longer than any job's dedupe key is asked for again."""
    with transaction():
        outbox.forget_done(clock.now() - KEEP)
