"""What happens by itself when its time has come."""

from collections.abc import Callable
from functools import partial

from storefront.payments.demo_provider import disputes, holds, payments, refunds, sessions
from storefront.payments.demo_provider.desk import Desk

# What a timer does to the object it is for.
ACTIONS: dict[str, Callable[[Desk, str], object]] = {
    "expire_authorisation": holds.expire,
    "expire_session": sessions.close,
    "lose_dispute": partial(disputes.decide, is_won=False),
    "open_dispute": disputes.open_as_expected,
    "settle_payment": payments.settle,
    "settle_refund": refunds.settle,
    "win_dispute": partial(disputes.decide, is_won=True),
}


def run_due(desk: Desk) -> None:
    """Do everything that is due, the oldest first; what that makes due at once is done as well."""
    query = "SELECT * FROM timers WHERE at <= ? ORDER BY at, id LIMIT 1"
    while timer := desk.db.execute(query, (desk.now,)).fetchone():
        desk.db.execute("DELETE FROM timers WHERE id = ?", (timer["id"],))
        ACTIONS[timer["action"]](desk, timer["object_id"])
