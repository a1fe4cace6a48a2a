"""Somebody as the tables know them: by which ids and addresses their rows are found."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, cast, false, or_, select
from sqlalchemy.orm import Session

from storefront.accounts.models import Customer, User
from storefront.cart.models import Cart
from storefront.core.db import db
from storefront.core.errors import N_, NotFound
from storefront.orders.models import Order
from storefront.payments.models import Payment
from storefront.privacy.columns import TABLES
from storefront.promotions.models import CreditAccount


class UnknownPerson(NotFound):
    """The shop has nothing under that address."""

    message = N_("The shop knows nobody with that address.")


@dataclass(frozen=True)
class Person:
    """The values of each key that TABLES finds rows by."""

    keys: dict[str, set[Any]] = field(default_factory=dict)

    @property
    def emails(self) -> list[str]:
        """Their addresses, in lower case."""
        return sorted(self.keys["email"])

    @property
    def order_ids(self) -> list[int]:
        """Their orders."""
        return sorted(self.keys["order_id"])

    @property
    def user_ids(self) -> list[int]:
        """Their account, when they have one."""
        return sorted(self.keys["user_id"])


def find_person(session: Session, email: str) -> Person:
    """Whoever an address belongs to, with or without an account; raises UnknownPerson."""
    address = email.strip().lower()
    users = _column(session, User.id, User.email == address)
    own = Order.user_id.in_(users) | (Order.email == address)
    orders = _column(session, Order.id, own)
    accounts = _column(session, CreditAccount.id, CreditAccount.user_id.in_(users) | (CreditAccount.email == address))
    person = Person({"user_id": users, "email": {address}, "order_id": orders, "account_id": accounts})
    person.keys["customer_id"] = _customers(session, address, orders)
    person.keys["cart_id"] = _column(session, Cart.id, Cart.user_id.in_(users))
    is_theirs = Payment.order_id.in_(orders)
    for name in ("session_id", "payment_ref"):
        person.keys[name] = _column(session, getattr(Payment, name), is_theirs) - {None}
    if not any(rows_of(session, person, name) for name in TABLES):
        raise UnknownPerson()
    return person


def rows_of(session: Session, person: Person, name: str) -> list[dict[str, Any]]:
    """A person's rows of a table, as far as an export shows them, the oldest first."""
    table = db.metadata.tables[name]
    columns = [table.c[column] for column in TABLES[name].exported()]
    query = select(*columns).where(condition(person, table)).order_by(*table.primary_key)
    return [dict(row) for row in session.execute(query).mappings()]


def condition(person: Person, table: Table) -> ColumnElement[bool]:
    """Which rows of a table are about that person."""
    found: list[ColumnElement[bool]] = [
        table.c[column].in_(person.keys[key]) for column, key in TABLES[table.name].ways()
    ]
    if table.name == "webhook_event":
        found.append(mentions(table.c.payload, person.emails))
    if table.name == "outbox_job":
        found += [mentions(cast(table.c.arguments, Text), person.emails), mentions(table.c.error, person.emails)]
    return or_(false(), *found)


def mentions(column: ColumnElement[Any], words: Iterable[str]) -> ColumnElement[bool]:
    """Whether a text has one of these words in it, as they are or as JSON writes them."""
    spelled = {spelling for word in words for spelling in (word, json.dumps(word)[1:-1])}
    return or_(false(), *(column.icontains(word, autoescape=True) for word in sorted(spelled)))


def _customers(session: Session, address: str, order_ids: set[int]) -> set[int]:
    """Buyers with that address, and those whose orders are all this person's."""
    known = _column(session, Customer.id, Customer.email == address)
    possible = _column(session, Order.customer_id, Order.id.in_(order_ids)) - {None}
    others = _column(session, Order.customer_id, Order.customer_id.in_(possible) & Order.id.not_in(order_ids))
    return known | (possible - others)


def _column(session: Session, column: Any, where: ColumnElement[bool]) -> set[Any]:
    return set(session.scalars(select(column).where(where)))
