"""Money that comes for an order that is over: the order is made whole, or the money goes back by itself."""

import pytest
from flask import Flask

from storefront.catalog.models import Product
from storefront.core.db import db, transaction
from storefront.orders import service as orders
from storefront.orders.models import OrderStatus
from storefront.orders.queries import get_order_by_id
from storefront.payments import service as payments
from storefront.payments.gateway import RefundStatus
from storefront.stock import service as stock
from tests.fixtures.factories import make_variant
from tests.fixtures.paying import Paid, books, drive_all, hear_all, make_started, read, refunds_of, theirs
from tests.fixtures.provider import Provider
from tests.fixtures.readings import event_kinds, forget, ledger_sum, staged, stock_of
from tests.fixtures.shop import on_every_database


@pytest.fixture
def provider(context: Flask) -> Provider:
    return Provider(context)


def expired(provider: Provider, variant_id: int, left: int) -> Paid:
    """An order of three that has expired behind the provider's back; `left` of ten pieces can still be had."""
    from storefront.catalog.models import Variant

    started = make_started(provider, db.session.get_one(Variant, variant_id), 3)
    with transaction():
        orders.expire_pending(started.order_id, "tests")
    if left < 10:
        stock.adjust(variant_id, left - 10, "tests", "sold elsewhere")
    provider.pay(started.session_id)
    return started


def status_of(order_id: int) -> OrderStatus:
    forget()
    return get_order_by_id(db.session(), order_id).status


@on_every_database
def test_success_arrives_after_the_order_expired_and_the_goods_are_taken_again(context: Flask) -> None:
    provider, variant = Provider(context), make_variant(stock_level=10)
    variant_id, product_id = variant.id, variant.product_id
    paid = expired(provider, variant_id, left=3)
    for _ in range(2):
        hear_all(provider)
        payments.confirm(paid.payment_id, provider.gateway)
    assert status_of(paid.order_id) is OrderStatus.PAID
    assert event_kinds(paid.order_id)[-1] == "paid_after_all"
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 0
    assert staged("orders.send_confirmation") == [{"order_id": paid.order_id}]
    assert refunds_of(paid.order_id) == []
    assert db.session.get_one(Product, product_id).sold == 3


@on_every_database
def test_success_arrives_after_the_goods_were_sold_and_all_of_it_goes_back(context: Flask) -> None:
    provider, variant_id = Provider(context), make_variant(stock_level=10).id
    paid = expired(provider, variant_id, left=2)
    for _ in range(2):
        hear_all(provider)
        payments.confirm(paid.payment_id, provider.gateway)
    assert status_of(paid.order_id) is OrderStatus.EXPIRED
    assert event_kinds(paid.order_id)[-2:] == ["paid_too_late", "refund_requested"]
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 2
    assert len(staged("payments.drive_refund")) == 1
    drive_all(provider)
    assert refunds_of(paid.order_id) == [(RefundStatus.SUCCEEDED, paid.total_minor)]
    assert books(paid.payment_id) == (paid.total_minor, paid.total_minor)
    assert theirs(provider, read(paid.order_id).payment_ref) == (paid.total_minor, [paid.total_minor])
    assert staged("orders.send_confirmation") == []
    assert len(staged("payments.send_refund")) == 1


def test_an_order_made_whole_can_be_cancelled_and_gives_its_stock_back_a_second_time(provider: Provider) -> None:
    from storefront.checkout.service import cancel_paid

    variant_id = make_variant(stock_level=10).id
    paid = expired(provider, variant_id, left=10)
    hear_all(provider)
    cancel_paid(paid.order_id, actor="user:1", reason="no more", is_written_off=False)
    drive_all(provider)
    assert status_of(paid.order_id) is OrderStatus.CANCELLED
    assert stock_of(variant_id) == (10, 10)
    assert ledger_sum(variant_id) == 10
    assert books(paid.payment_id) == (paid.total_minor, paid.total_minor)
