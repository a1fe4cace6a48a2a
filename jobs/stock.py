"""Keeping the stock gate true: the publisher, once a second, and the reconciler, every five minutes."""

import logging
import time
from datetime import timedelta

from storefront.core import clock
from storefront.core.db import db
from storefront.core.redis import connect
from storefront.core.web.pages import settings
from storefront.stock.gate import Gate, GateAway
from storefront.stock.holds import TIMEOUT_SECONDS, Holds
from storefront.stock.queries import list_changed_ids

log = logging.getLogger("storefront.stock")
EVERY_SECONDS = 1.0
# A change becomes visible when its transaction commits, which may be a while after it was stamped.
LOOK_BACK = timedelta(seconds=15)


class Publisher:
    """Publishes lately changed variants; idempotent, so that saying it fifteen times costs nothing but a round trip."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds
        self._next = 0.0

    def publish_due(self) -> int:
        """Publish what changed lately, at most once a second; returns how many variants that were."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + EVERY_SECONDS
        self._holds.watch()
        changed = list_changed_ids(db.session(), clock.now() - LOOK_BACK)
        db.session.rollback()
        if changed:
            self._holds.publish(changed)
        return len(changed)


def reconcile_all() -> None:
    """Compare every copy with SQL and mend what differs; while the gate is away there is nothing to mend."""
    # Loaded by the one process in five minutes that needs it: the clock is of this module too, and stays light.
    from storefront.stock.reconcile import reconcile

    try:
        reconcile(db.session(), Gate(connect(settings().redis_stock_url, TIMEOUT_SECONDS)))
    except GateAway as error:
        log.warning("the stock gate is away: %s", error.facts["reason"])
