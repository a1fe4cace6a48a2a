"""Forgetting a person: one transaction over every table that TABLES names, children before their parents.

There is no grace and no way back: whoever asked has given a password and followed a mailed link (docs/decisions).
"""

import secrets
from collections import Counter
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Table, delete, select, update
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.core import audit, clock, mail, outbox
from storefront.core.db import db, retry_deadlocks, transaction
from storefront.core.errors import N_, Conflict
from storefront.orders.models import Order, OrderEvent, OrderStatus
from storefront.payments.models import WebhookEvent
from storefront.payments.queries import list_open_disputes
from storefront.privacy import requests
from storefront.privacy.columns import TABLES, Fate
from storefront.privacy.models import RequestKind
from storefront.privacy.person import Person, condition, find_person

OPEN = frozenset({OrderStatus.PENDING, OrderStatus.ACCEPTED, OrderStatus.PAID, OrderStatus.PARTLY_FULFILLED})
# What was never paid needs no books, so its address goes too.
UNPAID = frozenset({OrderStatus.CANCELLED, OrderStatus.EXPIRED})
ADDRESS = ("name", "line1", "line2", "city", "region", "postcode")
# The longest time that a country whose law we know of wants receipts kept.
KEEP_BOOKS = timedelta(days=365 * 10 + 3)
# Events whose facts are words about a person, or where they lived.
TALKING = ("note", "address_changed")


class OrderOpen(Conflict):
    """Something is still to be sent, paid or decided; `numbers` are the orders."""

    message = N_("This is not possible while an order is on its way or not settled: %(numbers)s. Try again afterwards.")


class BeingWorkedOn(Conflict):
    """A message of the payment provider about this person waits for its job."""

    message = N_("Something about your payments is being worked on. Try again in ten minutes.")


class StaffMember(Conflict):
    """Who works here loses the roles first."""

    message = N_("This account belongs to the staff of the shop. Ask the owner to take its roles away first.")


def erase_by_link(token: str) -> None:
    """Forget whoever followed the link; opens a transaction. Raises LinkGone and what check() does."""
    _forget_mails(_erase_by_link(token))


def erase(email: str) -> Counter[str]:
    """Forget whoever has that address, and return the rows changed per table; opens a transaction.

    Raises UnknownPerson and what check() does.
    """
    changed, person = _erase_by_email(email)
    _forget_mails(person)
    return changed


@retry_deadlocks
def forget_kept() -> int:
    """Blank the addresses of forgotten people's orders whose books need not be kept any more; opens a transaction."""
    with transaction() as session:
        is_old = Order.placed_at < clock.now() - KEEP_BOOKS
        is_forgotten = (Order.email == "") & Order.user_id.is_(None) & (Order.name != "")
        return _rows(session.execute(update(Order).where(is_old, is_forgotten).values(dict.fromkeys(ADDRESS, ""))))


def check(session: Session, person: Person) -> None:
    """Raises OrderOpen, BeingWorkedOn or StaffMember when that person cannot be forgotten now."""
    if any(session.get_one(User, user_id).is_staff for user_id in person.user_ids):
        raise StaffMember()
    own = Order.id.in_(person.order_ids)
    disputed = {dispute.order_id for dispute in list_open_disputes(session)}
    is_open = Order.status.in_(OPEN) | Order.id.in_(disputed & set(person.order_ids))
    numbers = list(session.scalars(select(Order.number).where(own, is_open).order_by(Order.id)))
    if numbers:
        raise OrderOpen(numbers=", ".join(numbers))
    inbox = db.metadata.tables["webhook_event"]
    if session.scalar(select(inbox.c.id).where(condition(person, inbox), inbox.c.processed_at.is_(None)).limit(1)):
        raise BeingWorkedOn()


@retry_deadlocks
def _erase_by_link(token: str) -> Person:
    with transaction() as session:
        request = requests.find(session, RequestKind.ERASURE, token)
        requests.use(request)
        person = find_person(session, session.get_one(User, request.user_id).email)
        _erase(session, person)
        return person


@retry_deadlocks
def _erase_by_email(email: str) -> tuple[Counter[str], Person]:
    with transaction() as session:
        person = find_person(session, email)
        return _erase(session, person), person


def _forget_mails(person: Person) -> None:
    """A shop without a mail server keeps its mails in a folder; once it is certain that the person is gone."""
    mail.forget_kept(person.emails, current_app.config["SETTINGS"])


def _erase(session: Session, person: Person) -> Counter[str]:
    check(session, person)
    _forget_at_provider(session, person)
    changed: Counter[str] = Counter()
    _blank_orders(session, person)
    for table in reversed(db.metadata.sorted_tables):
        rule = TABLES[table.name]
        if rule.fate is Fate.DELETE:
            changed[table.name] = _rows(session.execute(delete(table).where(condition(person, table))))
        elif rule.fate is Fate.BLANK:
            values = {name: _blank(table, name) for name in rule.personal.split()}
            changed[table.name] = _rows(session.execute(update(table).where(condition(person, table)).values(values)))
    changed["outbox_job"] = _forget_jobs(session, person)
    audit.note("person_erased", f"user {', '.join(map(str, person.user_ids)) or '-'}", rows=changed.total())
    return +changed


def _forget_at_provider(session: Session, person: Person) -> None:
    """The provider is told by a job, which knows no more than the provider's own name for the customer."""
    table = db.metadata.tables["provider_customer"]
    query = select(table.c.gateway, table.c.customer_ref).where(condition(person, table))
    for gateway, ref in session.execute(query).all():
        outbox.stage("payments.forget_customer", dedupe_key=f"forget-{ref}", gateway=gateway, customer_ref=ref)


def _blank_orders(session: Session, person: Person) -> None:
    """Old links open nothing any more; remarks go; the address of what was never paid goes."""
    own = Order.id.in_(person.order_ids)
    for order_id in person.order_ids:
        values = {"token": secrets.token_urlsafe(32), "checkout_key": None}
        session.execute(update(Order).where(Order.id == order_id).values(values))
    is_unpaid = Order.status.in_(UNPAID) & Order.paid_at.is_(None)
    session.execute(update(Order).where(own, is_unpaid).values(dict.fromkeys(ADDRESS, "")))
    words = OrderEvent.order_id.in_(person.order_ids) & OrderEvent.kind.in_(TALKING)
    session.execute(update(OrderEvent).where(words).values(facts={}))


def _forget_jobs(session: Session, person: Person) -> int:
    """A job that names the person's address is deleted, done or not: there is nobody left to write to."""
    return _rows(session.execute(delete(outbox.OutboxJob).where(condition(person, db.metadata.tables["outbox_job"]))))


def _blank(table: Table, name: str) -> Any:
    """What stands for nothing in a column."""
    column = table.c[name]
    if table.name == WebhookEvent.__tablename__:
        return "{}"
    return None if column.nullable else "en" if name == "locale" else ""


def _rows(result: Any) -> int:
    return int(result.rowcount)
