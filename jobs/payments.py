"""Jobs about payments."""

from datetime import timedelta

from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.web import settings
from storefront.payments import customers, holding, mails, offline, refunds, service, sweeping
from storefront.payments.comparison import compare, keep
from storefront.payments.gateways import gateway_of, get_gateway
from storefront.payments.queries import get_payment, get_refund, list_stale_ids, list_stale_refunds

COMPARED = timedelta(days=3)


def process_event(event_id: int) -> None:
    """Act on a message of the provider."""
    service.process_event(event_id, get_gateway())


def confirm(payment_id: int) -> None:
    """Ask the provider how an attempt stands."""
    service.confirm(payment_id, get_gateway())


def forget_customer(gateway: str, customer_ref: str) -> None:
    """Let the provider forget somebody who was forgotten here."""
    customers.forget_customer(get_gateway(), gateway, customer_ref)


def sweep() -> None:
    """Ask about every attempt and refund nobody has told us about for a while: messages get lost."""
    stale, open_refunds = list_stale_ids(db.session()), list_stale_refunds(db.session())
    with transaction():
        for payment_id, updated_at in stale:
            key = f"sweep-{payment_id}-{updated_at:%Y%m%d%H%M%S}"
            outbox.stage("payments.confirm", dedupe_key=key, payment_id=payment_id)
        for refund_id, updated_at in open_refunds:
            key = f"sweep-refund-{refund_id}-{updated_at:%Y%m%d%H%M%S}"
            outbox.stage("payments.drive_refund", dedupe_key=key, refund_id=refund_id)


def sweep_missed() -> None:
    """Fetch the events whose messages never came."""
    sweeping.sweep_events(get_gateway())


def forget_events() -> None:
    """Delete messages that were acted on long ago."""
    sweeping.forget_events()


def drive_refund(refund_id: int) -> None:
    """Bring a refund to its outcome."""
    gateway = gateway_of(get_refund(db.session(), refund_id).gateway)
    refunds.drive(refund_id, gateway)


def release(payment_id: int) -> None:
    """Give up money that is held for an order that is over."""
    holding.release(payment_id, gateway_of(get_payment(db.session(), payment_id).gateway))


def send_refund(refund_id: int) -> None:
    """Tell the customer that money is on its way back, once."""
    mails.send_refund(refund_id, settings())


def send_proof(order_id: int, code: str) -> None:
    """Mail the code that lets a payer through."""
    mails.send_proof(order_id, code, settings())


def remind() -> None:
    """Stage reminders of invoices that are overdue."""
    offline.stage_reminders()


def send_reminder(payment_id: int, number: int) -> None:
    """Remind of an invoice, once per number."""
    mails.send_reminder(payment_id, number, settings())


def tell_dispute(order_id: int, dispute_ref: str) -> None:
    """Tell those who look after orders of a dispute."""
    mails.tell_dispute(order_id, dispute_ref, settings())


def compare_books() -> None:
    """Compare the last three days with the provider's books, mend what can be mended, and keep the result."""
    gateway = get_gateway()
    keep(compare(gateway, clock.now() - COMPARED, is_mending=True), gateway.name)
