"""The desk's first page counts what its links lead to."""

import re

import pytest

from storefront.admin.queries import count_attention, has_at_most
from storefront.catalog.queries import ProductFilter, list_products
from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.insight.days import Books
from storefront.insight.rollup import rebuild_days
from storefront.orders import service as orders
from tests.fixtures.factories import make_order, make_product


def pay(order_id: int) -> None:
    """Bring an order to paid."""
    with transaction():
        orders.mark_paid(order_id, "tests")


def fail_job() -> int:
    """A job that has failed once; returns its id."""
    with transaction() as session:
        outbox.stage("orders.send_confirmation", order_id=1)
        job = session.scalars(db.select(outbox.OutboxJob).order_by(outbox.OutboxJob.id.desc())).first()
        outbox.mark_failed(job.id, "MailNotSent: nobody there")
        return job.id


@pytest.mark.usefixtures("context")
def test_each_number_is_the_length_of_the_list_it_leads_to(sign_in):
    plenty, scarce = make_product(stock_level=100), make_product(stock_level=3)
    make_product(stock_level=0)
    paid, _unpaid = make_order(plenty.variants[0]), make_order(scarce.variants[0])
    pay(paid.id)
    fail_job()
    attention = count_attention(db.session())
    # The confirmation of the paid order waits, but has not failed.
    assert attention == (1, 0, 1, 0, 0, 2, 1)
    client = sign_in("owner")
    page = client.get("/admin/").text
    for path in (
        "/admin/orders?status=paid",
        "/admin/orders?status=pending",
        "/admin/products?left=low",
        "/admin/jobs",
    ):
        assert f'href="{path}"' in page
    assert client.get("/admin/orders?status=paid").text.count("row-link") == attention.to_ship
    assert client.get("/admin/orders?status=pending").text.count("row-link") == attention.unpaid
    assert client.get("/admin/products?left=low").text.count("row-link") == attention.low_stock
    assert client.get("/admin/jobs").text.count("job-words") == attention.failed_jobs


@pytest.mark.usefixtures("context")
def test_the_week_is_told_to_whoever_may_look_at_figures(app, sign_in):
    order = make_order(make_product(price_minor=1250).variants[0])
    pay(order.id)
    books = Books.of(app.config["SETTINGS"])
    rebuild_days([books.today()], books)
    page = sign_in("owner").get("/admin/").text
    assert re.search(
        r'href="/admin/insight/figures/net\?days=7">Net sales</a></h3>\s*<p class="figure-value">£12.50', page
    )
    assert "The last seven days" not in sign_in("packer").get("/admin/").text


@pytest.mark.usefixtures("context")
def test_an_empty_shop_counts_nothing(sign_in):
    page = sign_in("owner").get("/admin/").text
    assert "The last seven days" not in page
    assert re.findall(r"<strong>(\d+)</strong>", page) == ["0", "0", "0", "0"]
    assert "No orders yet" in page


@pytest.mark.usefixtures("context")
def test_a_variant_off_sale_does_not_make_a_product_run_low():
    product = make_product(variants=("Red", "Blue"), stock_level=50)
    product.variants[1].is_active = False
    db.session.commit()
    wanted = ProductFilter(also=has_at_most(5))
    assert list_products(db.session(), wanted).total == 0


@pytest.mark.usefixtures("context")
def test_the_last_orders_link_to_their_pages(sign_in):
    order = make_order()
    assert f"/admin/orders/{order.number}" in sign_in("analyst").get("/admin/").text
