"""The publisher: tells the stock gate what has changed in SQL, once a second and again for a while."""

import time
from datetime import timedelta

from storefront.core import clock
from storefront.core.db import db
from storefront.stock.holds import Holds
from storefront.stock.queries import list_changed_ids

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
        changed = list_changed_ids(db.session(), clock.now() - LOOK_BACK)
        db.session.rollback()
        if changed:
            self._holds.publish(changed)
        return len(changed)
