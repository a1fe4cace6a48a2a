"""Disputes: noted, told, and never about stock."""

from dataclasses import replace

import pytest
from flask import Flask

from storefront.core.db import db
from storefront.payments.money import follow
from storefront.payments.queries import UnknownPayment, list_disputes, list_open_disputes
from storefront.stock.models import StockEntry
from tests.fixtures.factories import make_variant
from tests.fixtures.paying import hear_all, make_paid, refunds_of
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


def test_what_is_decided_stays_decided_whatever_is_heard_late(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider(context)
    paid = make_paid(provider)
    dispute = provider.dashboard.dispute(paid.payment_ref)
    early = provider.gateway.look_up_money(paid.payment_ref)
    provider.dashboard.decide(dispute["id"], is_won=True)
    hear_all(provider)
    monkeypatch.setattr(provider.gateway, "look_up_money", lambda _ref: early)
    follow(paid.payment_ref, provider.gateway)
    forget()
    assert [one.status for one in list_disputes(db.session(), paid.order_id)] == ["won"]
    assert "dispute_changed" not in event_kinds(paid.order_id)


def test_what_comes_of_the_other_mode_moves_nothing(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = Provider(context)
    paid = make_paid(provider)
    provider.dashboard.refund(paid.payment_ref, 100)
    live = replace(provider.gateway.look_up_money(paid.payment_ref), is_live=True)
    monkeypatch.setattr(provider.gateway, "look_up_money", lambda _ref: live)
    follow(paid.payment_ref, provider.gateway)
    assert refunds_of(paid.order_id) == []


def test_money_under_another_name_than_our_payments_is_not_ours(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(context)
    paid = make_paid(provider)
    provider.dashboard.refund(paid.payment_ref, 100)
    other = replace(provider.gateway.look_up_money(paid.payment_ref), payment_ref="pi_other")
    monkeypatch.setattr(provider.gateway, "look_up_money", lambda _ref: other)
    with pytest.raises(UnknownPayment):
        follow("pi_other", provider.gateway)
    forget()
    assert refunds_of(paid.order_id) == []
