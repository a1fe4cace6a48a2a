"""What is bought together: lift by hand, a minimum of support, and the product page."""

from itertools import combinations
from pathlib import Path
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from storefront.catalog.models import Product
from storefront.core.db import db, transaction
from storefront.insight import pairs
from storefront.insight.pairs import KEPT, MIN_LIFT, MIN_TOGETHER, Pair, find_pairs, list_bought_together, rebuild_pairs
from tests.fixtures.shop import on_every_database
from tests.importing.files import row, run
from tests.insight.sales import BOOKS

TEA, POT, LAMP = "10001,TEA TOWEL", "10002,RED TEA POT", "10003,BIG LAMP"


def test_lift_is_how_many_times_more_often_than_chance() -> None:
    baskets = [(1, 2)] * 8 + [(1,)] * 2 + [(2, 3)] * 2 + [(3,)] * 8
    (pair, back) = find_pairs([(order, item) for order, items in enumerate(baskets) for item in items])
    assert pair == Pair(1, 2, 8, 8 * 20 / (10 * 10))
    assert (back.product_id, back.other_id, back.lift) == (2, 1, pair.lift)


def test_too_few_orders_are_chance() -> None:
    baskets = [(1, 2)] * (MIN_TOGETHER - 1) + [(3,)] * 50
    assert list(find_pairs([(order, item) for order, items in enumerate(baskets) for item in items])) == []


def test_all_pairs_are_those_of_counting_one_by_one() -> None:
    random = Random(7)
    baskets = [random.sample(range(30), random.randint(1, 12)) for _ in range(400)]
    rows = [(order, item) for order, items in enumerate(baskets) for item in sorted(items)]
    expected: dict[tuple[int, int], int] = {}
    single = {item: sum(item in basket for basket in baskets) for item in range(30)}
    for basket in baskets:
        for a, b in combinations(sorted(basket), 2):
            expected[a, b] = expected.get((a, b), 0) + 1
    found = {(pair.product_id, pair.other_id): (pair.together, pair.lift) for pair in find_pairs(rows)}
    for (a, b), (together, lift) in found.items():
        assert together == expected[min(a, b), max(a, b)] >= MIN_TOGETHER
        assert abs(lift - together * 400 / (single[a] * single[b])) < 1e-9
    for item in range(30):
        mine = [
            (count * 400 / (single[a] * single[b]), (a, b))
            for (a, b), count in expected.items()
            if item in (a, b) and count >= MIN_TOGETHER
        ]
        best = sorted((lift for lift, _pair in mine if lift >= MIN_LIFT), reverse=True)[:KEPT]
        assert sorted((lift for (a, _b), (_n, lift) in found.items() if a == item), reverse=True) == best


def test_who_buys_everything_says_nothing_about_what_goes_together(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(pairs, "MAX_PRODUCTS", 2)
    baskets = [(1, 2, 3)] * 20 + [(4,)] * 20
    assert list(find_pairs([(order, item) for order, items in enumerate(baskets) for item in items])) == []


@on_every_database
def test_the_product_page_shows_what_is_bought_with_it(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    together = [row(540000 + n, what, at="2011-03-01T10:00") for n in range(10) for what in (TEA, POT)]
    alone = [row(541000 + n, LAMP, at="2011-03-02T10:00") for n in range(10)]
    with app.app_context():
        run(tmp_path, *together, *alone)
        assert rebuild_pairs(BOOKS) == 2
        assert rebuild_pairs(BOOKS) == 2
        db.session.rollback()
        ids = dict(db.session.execute(db.select(Product.code, Product.slug)).all())
    page = client.get(f"/p/{ids['10001']}").text
    assert "Often bought together" in page
    assert page.index(f'href="/p/{ids["10002"]}"') > page.index("Often bought together")
    assert "Often bought together" not in client.get(f"/p/{ids['10003']}").text
    other = app.test_client().get(f"/p/{ids['10001']}")
    assert (other.text, "public" in other.headers["Cache-Control"]) == (page, True)
    with app.app_context():
        with transaction() as session:
            session.execute(update(Product).where(Product.code == "10002").values(status="archived"))
        product = db.session.scalars(db.select(Product).where(Product.code == "10001")).one()
        assert list_bought_together(db.session(), product.id) == []
