"""The demo shop: seeded once, whole or not at all, with goods, pictures, logins, and sales up to yesterday."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from storefront.accounts.models import User
from storefront.accounts.service import authenticate
from storefront.catalog.models import Image, Product, Variant
from storefront.core import clock
from storefront.core.db import db
from storefront.demo import DEMO_LOGINS, seed, seed_demo
from storefront.demo.build import build
from storefront.demo.people import person
from storefront.demo.shop import DATA, DemoShop, read_shop, write_shop
from storefront.orders.models import Order, OrderReturn, OrderStatus
from storefront.orders.service import fulfil
from storefront.stock.models import StockItem
from tests.fixtures.shop import on_every_database
from tests.importing.files import SHARED
from tests.plugin import need

# Just after midnight of a day in summer time: "yesterday" is another day in London than in UTC.
NOW = datetime(2026, 7, 14, 23, 30, tzinfo=UTC)
DRIFT = """
SELECT count(*) FROM stock_item i
WHERE i.available <> (SELECT coalesce(sum(e.quantity), 0) FROM stock_entry e WHERE e.variant_id = i.variant_id)
"""


def small_shop() -> DemoShop:
    """The first products of the demo, and the orders that need no others; drawing all would take seconds."""
    shop = read_shop()
    products = shop.products[:20]
    count = sum(len(product.variants) for product in products)
    orders = tuple(order for order in shop.orders if all(place < count for place, _ in order.lines))
    return replace(shop, products=products, orders=orders)


@pytest.fixture
def shop(context: Flask, monkeypatch: pytest.MonkeyPatch) -> DemoShop:
    shop = small_shop()
    monkeypatch.setattr(seed, "read_shop", lambda: shop)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return shop


@on_every_database
def test_the_demo_is_seeded_once(shop: DemoShop) -> None:
    assert seed_demo() is True
    counts = {
        model: db.session.scalar(select(func.count()).select_from(model)) for model in (Product, Order, User, Image)
    }
    assert seed_demo() is False
    again = {model: db.session.scalar(select(func.count()).select_from(model)) for model in counts}
    assert counts == again
    assert counts[Product] == counts[Image] == 20
    assert counts[Order] == len(shop.orders) > 100


def test_a_shop_with_goods_of_its_own_is_left_alone(shop: DemoShop) -> None:
    from tests.fixtures.factories import make_product

    make_product()
    assert seed_demo() is False
    assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_an_interrupted_seed_starts_again_from_nothing(shop: DemoShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(seed, "write_sales", fail)
        with pytest.raises(KeyboardInterrupt):
            seed_demo()
    assert db.session.scalar(select(func.count()).select_from(Product)) == 0
    assert seed_demo() is True


def test_the_demo_logins_can_sign_in_and_the_customer_has_orders(shop: DemoShop) -> None:
    seed_demo()
    users = [authenticate(db.session(), email, password) for _, email, password in DEMO_LOGINS]
    assert [user.is_staff for user in users] == [True, True, False]
    assert db.session.scalar(select(func.count()).where(Order.user_id == users[-1].id))


def test_sales_end_yesterday_in_the_shops_time_zone(shop: DemoShop) -> None:
    seed_demo()
    last = db.session.scalars(select(func.max(Order.placed_at))).one()
    first = db.session.scalars(select(func.min(Order.placed_at))).one()
    midnight = datetime(2026, 7, 14, 23, 0, tzinfo=UTC)
    newest = min(order.days_ago for order in shop.orders)
    assert newest in {1, 2}
    assert midnight - timedelta(days=newest) <= last < midnight - timedelta(days=newest - 1)
    assert 250 < (last - first).days < 280


def test_the_newest_orders_wait_to_be_packed_and_can_be(shop: DemoShop) -> None:
    seed_demo()
    statuses = Counter(db.session.scalars(select(Order.status)))
    unpacked = sum(order.days_ago <= 2 for order in shop.orders)
    assert statuses == {OrderStatus.PAID: unpacked, OrderStatus.FULFILLED: len(shop.orders) - unpacked}
    db.session.rollback()
    for order_id in db.session.scalars(select(Order.id).where(Order.status == OrderStatus.PAID)).all():
        db.session.rollback()
        fulfil(order_id, "tests")
    assert all(item.available == item.on_hand for item in db.session.scalars(select(StockItem)))


def test_stock_is_the_sum_of_its_ledger_and_what_the_data_says_is_left(shop: DemoShop) -> None:
    seed_demo()
    assert db.session.execute(text(DRIFT)).scalar() == 0
    query = select(Variant.sku, StockItem.available).join(StockItem, StockItem.variant_id == Variant.id)
    left = dict(tuple(row) for row in db.session.execute(query))
    assert left == {variant.sku: variant.stock for _, variant in shop.variants}


def test_every_product_has_its_pictures_on_disk(shop: DemoShop, context: Flask) -> None:
    seed_demo()
    media: Path = context.config["SETTINGS"].data_dir / "media"
    pictures = db.session.scalars(select(Image)).all()
    links = [picture.url(width, e) for picture in pictures for width in picture.widths for e in ("avif", "webp")]
    assert len(links) == 20 * 4
    assert all((media / link.removeprefix("/media/")).stat().st_size > 500 for link in links)


def test_returns_come_after_their_orders_and_before_today(shop: DemoShop) -> None:
    seed_demo()
    rows = db.session.execute(select(Order.placed_at, OrderReturn.created_at).join(OrderReturn)).all()
    assert rows
    assert all(placed < returned < NOW for placed, returned in rows)


def test_a_number_is_always_the_same_person() -> None:
    assert person(17850, "GB") == person(17850, "GB")
    assert len({person(number, "GB").email for number in range(5000)}) == 5000
    assert all(person(number, "DE").email.endswith("@example.com") for number in range(50))


def test_the_packaged_demo_is_rich_enough_and_small() -> None:
    shop = read_shop()
    per_shelf = Counter(product.category for product in shop.products)
    assert len(shop.categories) == 8
    assert set(per_shelf.values()) == {25}
    assert sum(len(product.variants) > 1 for product in shop.products) >= 30
    assert DATA.stat().st_size < 100_000
    assert len({product.name for product in shop.products}) == 200
    assert all(variant.price_minor > 0 for _, variant in shop.variants)
    assert {1} < {order.days_ago for order in shop.orders}
    assert any(variant.stock == 0 for _, variant in shop.variants)


def test_the_packaged_demo_is_what_the_retailers_file_gives(tmp_path: Path) -> None:
    need(SHARED.exists(), f"the retailer's file: {SHARED.name}")
    write_shop(build(SHARED), tmp_path / "shop.json.gz")
    assert (tmp_path / "shop.json.gz").read_bytes() == DATA.read_bytes()
