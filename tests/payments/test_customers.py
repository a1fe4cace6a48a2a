"""Somebody with an account is known to the provider under one name; a guest is not."""

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from storefront.core.db import db, transaction
from storefront.orders.models import Order
from storefront.payments.customers import ensure_customer
from storefront.payments.models import Payment, ProviderCustomer
from tests.fixtures.factories import make_order
from tests.fixtures.paying import make_paid
from tests.fixtures.provider import Provider, Unreliable
from tests.fixtures.readings import forget
from tests.fixtures.shop import on_every_database, post


def known() -> list[tuple[int, str]]:
    forget()
    rows = db.session.execute(db.select(ProviderCustomer.user_id, ProviderCustomer.customer_ref)).all()
    return [(row.user_id, row.customer_ref) for row in rows]


def refs() -> list[str | None]:
    forget()
    return list(db.session.scalars(db.select(Payment.customer_ref).order_by(Payment.id)))


def user_of(client: FlaskClient) -> int:
    with client.session_transaction() as session:
        return int(str(session["_user_id"]).partition(".")[0])


def order_of(user_id: int | None) -> str:
    order_id, token = (order := make_order()).id, order.token
    with transaction() as session:
        session.get_one(Order, order_id).user_id = user_id
    return token


def test_who_is_signed_in_pays_under_their_own_name_there(app: Flask, sign_in: Callable[..., FlaskClient]) -> None:
    client = sign_in()
    user_id = user_of(client)
    for _ in range(2):
        with app.app_context():
            token = order_of(user_id)
        assert "/demo-pay/" in post(client, f"/orders/{token}/payments").location
    with app.app_context():
        ((known_id, ref),) = known()
        assert known_id == user_id
        assert refs() == [ref, ref]
        session = Provider(app)
        assert [session.customer_of(one) for one in session.sessions()] == [ref, ref]


def test_a_guest_leaves_no_name_there(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        token = order_of(None)
    post(client, f"/orders/{token}/payments")
    with app.app_context():
        assert (known(), refs()) == ([], [None])


@on_every_database
def test_a_lost_answer_makes_no_second_customer(context: Flask) -> None:
    provider = Provider(context)
    user_id = make_user()
    ensure_customer(user_id, Unreliable(provider.gateway, is_mute=True))
    assert known() == []
    for _ in range(2):
        ensure_customer(user_id, provider.gateway)
    assert len(known()) == 1
    assert provider.count("customers") == 1


def test_a_provider_that_is_away_stops_nobody_from_paying(context: Flask) -> None:
    provider = Provider(context)
    ensure_customer(make_user(), Unreliable(provider.gateway, is_deaf=True))
    assert known() == []
    assert make_paid(provider).payment_ref


def make_user() -> int:
    from storefront.accounts.models import User

    with transaction() as session:
        user = User(email="ada@example.com", name="Ada", password_hash="none")
        session.add(user)
        session.flush()
        return user.id
