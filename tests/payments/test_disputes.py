"""Disputes: noted, told, and never about stock."""

import pytest
from flask import Flask

from storefront.core.db import db
from storefront.payments.queries import list_disputes, list_open_disputes
from storefront.stock.models import StockEntry
from tests.fixtures.factories import make_variant
from tests.fixtures.paying import hear_all, make_paid
from tests.fixtures.provider import Provider
from tests.fixtures.readings import event_kinds, forget, staged


@pytest.mark.parametrize("is_won", [True, False])
def test_a_dispute_is_recorded_and_told_and_leaves_stock_alone(context: Flask, is_won: bool) -> None:
    provider = Provider(context)
    paid = make_paid(provider, make_variant(stock_level=10), 3)
    entries = db.session.scalar(db.select(db.func.count()).select_from(StockEntry))
    dispute = provider.dashboard.dispute(paid.payment_ref, "product_not_received")
    for _ in range(2):
        hear_all(provider)
    forget()
    (found,) = list_open_disputes(db.session())
    assert (found.order_id, found.amount_minor, found.reason) == (
        paid.order_id,
        paid.total_minor,
        "product_not_received",
    )
    assert found.evidence_due_at is not None
    assert event_kinds(paid.order_id)[-1] == "dispute_opened"
    provider.dashboard.decide(dispute["id"], is_won=is_won)
    for _ in range(2):
        hear_all(provider)
    forget()
    assert list_open_disputes(db.session()) == []
    assert [one.status for one in list_disputes(db.session(), paid.order_id)] == ["won" if is_won else "lost"]
    assert event_kinds(paid.order_id)[-1] == ("dispute_won" if is_won else "dispute_lost")
    assert len(staged("payments.tell_dispute")) == 2
    assert db.session.scalar(db.select(db.func.count()).select_from(StockEntry)) == entries
