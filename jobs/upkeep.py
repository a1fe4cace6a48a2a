"""Jobs that keep the tables small."""

from datetime import timedelta

from storefront.core import clock, outbox
from storefront.core.db import transaction

KEEP = timedelta(days=40)


def forget_done() -> None:
    """Delete what was done more than 40 days ago: longer than any job's dedupe key is asked for again."""
    with transaction():
        outbox.forget_done(clock.now() - KEEP)
