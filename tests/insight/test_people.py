"""Segments follow their rules, on every database."""

from datetime import date, timedelta
from random import Random

import pytest
from flask import Flask

from storefront.core.db import db, table_of, transaction
from storefront.insight.definitions import SEGMENTS, segment_of
from storefront.insight.models import Buyer, CustomerDay
from storefront.insight.people import MEMORY_DAYS, score_customers, sum_segments
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
def test_a_year_is_that_of_the_days_whether_or_not_somebody_bought_before_and_after_it(context: Flask) -> None:
    random, first = Random(3), UNTIL - timedelta(days=MEMORY_DAYS - 1)
    days, buyers, expected = [], [], {}
    for customer_id in range(1, 301):
        begin, end = random.choice([(0, MEMORY_DAYS), (0, MEMORY_DAYS), (-60, MEMORY_DAYS + 60)])
        bought = [
            (first + timedelta(days=day), random.choice([1, 1, 2]), random.randint(-200, 3000))
            for day in sorted(random.sample(range(begin, end), random.choice([1, 1, 2, 5, 8])))
        ]
        back = (bought[-1][0] + timedelta(days=random.randint(1, 20)), 0, -random.randint(1, 200))
        rows = bought + ([back] if random.random() < 0.3 else [])
        rest = {"units": 1, "discount_minor": 0, "refund_minor": 0}
        for day, orders, net in rows:
            days.append(
                {"day": day, "customer_id": customer_id, "orders": orders, "net_minor": net, "gross_minor": net, **rest}
            )
        sums = {"orders": sum(row[1] for row in rows), "net_minor": sum(row[2] for row in rows)}
        buyers.append({"customer_id": customer_id, "first_day": bought[0][0], "last_day": bought[-1][0], **sums})
        year = [row for row in rows if first <= row[0] <= UNTIL]
        if any(orders for _, orders, _ in year):
            last = max(day for day, orders, _ in year if orders)
            expected[customer_id] = ((UNTIL - last).days, sum(row[1] for row in year), sum(row[2] for row in year))
    with transaction() as session:
        session.execute(table_of(CustomerDay).insert(), days)
        session.execute(table_of(Buyer).insert(), buyers)
    scores = score_customers(db.session(), UNTIL)
    assert {score.customer_id: (score.days_since, score.orders, score.net_minor) for score in scores} == expected
    assert len(scores) == len(expected) < 300, "some bought in other years only"
    counted = {rule.key: [score for score in scores if score.segment == rule.key] for rule in SEGMENTS}
    for segment in sum_segments(db.session(), UNTIL):
        mine = counted[segment.key]
        assert segment.customers == len(mine)
        assert segment.orders == sum(score.orders for score in mine)
        assert segment.net_minor == sum(score.net_minor for score in mine)
        assert segment.days_since == sum(score.days_since for score in mine)
    assert sum(bool(found) for found in counted.values()) >= 6
