"""One list per order of everything that happened, with failed jobs to try again from there."""

import pytest

from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.outbox import OutboxJob, OutboxStatus
from storefront.orders.queries import get_order_by_id
from tests.fixtures.factories import make_variant
from tests.fixtures.paying import drive_all, hear_all, make_paid
from tests.fixtures.provider import Provider
from tests.fixtures.readings import forget
from tests.fixtures.shop import post


@pytest.fixture
def paid(context):
    """An order that was paid, and of which the provider's own site has paid a part back."""
    provider = Provider(context)
    found = make_paid(provider, make_variant(), 2)
    provider.dashboard.refund(found.payment_ref, 100)
    hear_all(provider)
    drive_all(provider)
    forget()
    return found


def test_the_whole_history_holds_events_messages_jobs_and_stock(sign_in, paid):
    client, path = sign_in("owner"), f"/admin/orders/{paid.number}"
    page = client.get(path).text
    assert "Order placed" in page
    assert "refund.created" not in page
    page = client.get(f"{path}?history=all").text
    for text in (
        "Order placed",
        "Went to pay",
        "Message from the provider: checkout.session.completed",
        "Message from the provider: refund.created",
        "Job: payments.process_event",
        "Job: orders.send_confirmation",
        "Job: payments.send_refund",
        "Stock: Sold",
        "-2 × SKU-",
    ):
        assert text in page, text


def test_every_job_about_an_order_is_in_its_history(context, paid):
    """Whoever stages a job about an order under a new key has to teach the history to find it."""
    from storefront.admin.timeline import all_moments

    with transaction():
        outbox.stage("payments.confirm", dedupe_key=f"return-{paid.payment_id}", payment_id=paid.payment_id)
        outbox.stage("checkout.expire_order", dedupe_key=f"expire-{paid.order_id}-1", order_id=paid.order_id)
    with context.test_request_context():
        moments = all_moments(db.session(), get_order_by_id(db.session(), paid.order_id))
    listed = sorted(moment.text for moment in moments if moment.kind == "job")
    staged = sorted(f"Job: {name}" for name in db.session.scalars(db.select(OutboxJob.name)))
    assert listed == staged


def test_a_failed_job_is_tried_again_from_the_order(sign_in, paid):
    with transaction():
        job_id = db.session.scalar(db.select(OutboxJob.id).filter_by(name="orders.send_confirmation"))
        job = db.session.get_one(OutboxJob, job_id)
        job.status, job.error = OutboxStatus.DEAD, "OSError: the mail server is gone"
    client = sign_in("owner")
    page = client.get(f"/admin/orders/{paid.number}?history=all").text
    assert "the mail server is gone" in page
    path = f"/admin/jobs/{job_id}/tries?order={paid.number}"
    assert path in page
    answer = post(client, path)
    assert answer.status_code == 303
    assert f"/admin/orders/{paid.number}?history=all" in answer.location
    forget()
    assert db.session.get_one(OutboxJob, job_id).status is OutboxStatus.WAITING


def test_the_goods_kept_at_checkout_are_noted(context):
    from datetime import UTC, datetime

    from tests.fixtures.factories import make_order

    kept = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
    order = make_order(make_variant(), kept_until=kept)
    assert order.events[0].facts == {"kept_until": "2026-05-01T12:30:00+00:00"}
