"""Segments follow their rules, in Python and in SQL alike, on every database."""

from datetime import date, timedelta
from random import Random

import pytest
from flask import Flask

from storefront.core.db import db, table_of, transaction
from storefront.insight.definitions import SEGMENTS, segment_of
from storefront.insight.models import CustomerDay
from storefront.insight.people import score_customers, sum_segments
from tests.fixtures.shop import on_every_database

UNTIL = date(2011, 8, 31)


@pytest.mark.parametrize(
    ("recency", "money", "days", "orders", "segment"),
    [
        (5, 5, 3, 4, "champions"),
        (5, 3, 3, 4, "loyal"),
        (3, 5, 60, 9, "loyal"),
        (2, 5, 200, 4, "at-risk"),
        (5, 1, 27, 1, "new"),
        (5, 1, 28, 1, "promising"),
        (3, 1, 90, 2, "fading"),
        (1, 5, 300, 3, "asleep"),
    ],
)
def test_the_first_rule_that_fits_decides(recency: int, money: int, days: int, orders: int, segment: str) -> None:
    assert segment_of(recency, money, days, orders) == segment


@on_every_database
def test_sql_and_python_put_everybody_into_the_same_segment(context: Flask) -> None:
    random = Random(3)
    rows = []
    for customer_id in range(1, 201):
        for day in random.sample(range(365), random.choice([1, 1, 2, 5, 8])):
            net = random.randint(-200, 3000)
            values = {"orders": 1, "units": 1, "gross_minor": net, "discount_minor": 0, "refund_minor": 0}
            rows.append({"day": UNTIL - timedelta(days=day), "customer_id": customer_id, "net_minor": net, **values})
    with transaction() as session:
        session.execute(table_of(CustomerDay).insert(), rows)
    scores = score_customers(db.session(), UNTIL)
    counted = {rule.key: [score for score in scores if score.segment == rule.key] for rule in SEGMENTS}
    for segment in sum_segments(db.session(), UNTIL):
        mine = counted[segment.key]
        assert segment.customers == len(mine)
        assert segment.net_minor == sum(score.net_minor for score in mine)
        assert segment.days_since == sum(score.days_since for score in mine)
    assert sum(bool(found) for found in counted.values()) >= 6
