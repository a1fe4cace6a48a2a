from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import create_engine, delete, update

from storefront.catalog.models import Variant
from storefront.core.db import db, readable_url, transaction
from storefront.core.redis import connect
from storefront.orders.models import OrderStatus
from storefront.stock.gate import Copy, Gate
from storefront.stock.holds import read_copies
from storefront.stock.models import EntryKind, StockEntry, StockItem
from storefront.torture import truth
from storefront.torture.database import own_database
from storefront.torture.plan import Facts, Plan
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.servers import ADMIN_URLS
from tests.plugin import need

PLAN = Plan(buyers=3, stock=1)
LOST = {"ada@example.com", "nobody@example.com"}


def rules_broken(
    variant_id: int, plan: Plan = PLAN, acknowledged: set[str] = frozenset(), paid: set[str] = frozenset()
):  # type: ignore[no-untyped-def, assignment]
    crowd = SimpleNamespace(acknowledged=acknowledged, paid=paid)
    sold = len(truth.buyers_of(db.session()))
    facts = Facts(sold=sold, refused=2, errors=0, available=0, ledger=0, drift=0, slowest_seconds=1.0, seconds=1.0)
    return list(truth.broken_rules(plan, facts, crowd, truth.read_shelves(db.session(), [variant_id])))  # type: ignore[arg-type]


@pytest.fixture
def variant_id(context: Flask) -> int:
    """One piece, and it is sold."""
    variant = make_variant(stock_level=1)
    variant_id = variant.id
    make_order(variant)
    return variant_id


def test_a_sale_that_kept_every_rule_is_passed(variant_id: int) -> None:
    assert rules_broken(variant_id, acknowledged={"ada@example.com"}) == []


def test_a_sale_without_its_ledger_entry_is_noticed(variant_id: int) -> None:
    with transaction() as session:
        session.execute(delete(StockEntry).where(StockEntry.kind == EntryKind.SALE))
    broken = " / ".join(rules_broken(variant_id))
    assert "the ledger says 1, not 0" in broken
    assert "1 order lines took no stock" in broken


def test_overselling_is_noticed(variant_id: int) -> None:
    with transaction() as session:
        session.execute(update(StockItem).values(available=1))
    make_order(db.session.get_one(Variant, variant_id))
    broken = " / ".join(rules_broken(variant_id))
    assert "2 orders instead of 1" in broken
    assert "2 of 1 sold" in broken


def test_a_lost_order_and_a_lost_payment_are_noticed(variant_id: int) -> None:
    broken = rules_broken(variant_id, acknowledged=LOST, paid={"ada@example.com"})
    assert broken == ["1 orders were acknowledged and are gone", "1 payments were never confirmed"]
    assert truth.buyers_of(db.session(), OrderStatus.PENDING) == ["ada@example.com"]


def test_drift_is_counted_until_the_copy_is_what_sql_says(
    variant_id: int, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(truth, "DRIFT_SECONDS", 0.2)
    gate, session = Gate(connect(redis_url, 1)), db.session()
    assert truth.settle_drift(session, gate, [variant_id]) == 1
    gate.publish([Copy(variant_id, 9, 1)])
    assert truth.settle_drift(session, gate, [variant_id]) == 1
    gate.publish(read_copies(session, [variant_id]))
    assert truth.settle_drift(session, gate, [variant_id]) == 0


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_database_of_its_own_is_cut_off_and_dropped(kind: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    need(ADMIN_URLS[kind], f"{kind}: set TEST_{kind.upper()}_URL")
    with own_database(ADMIN_URLS[kind], tmp_path) as database:
        engine = create_engine(readable_url(database.url))
        held = engine.connect()
        assert database.cut_connections() == 1
        with pytest.raises(Exception, match=r"(?i)terminat|closed|lost|gone|kill"):
            held.exec_driver_sql("SELECT 1")
        held.invalidate()
        engine.dispose()
    engine = create_engine(readable_url(database.url))
    with pytest.raises(Exception, match=r"(?i)does not exist|unknown database"):
        engine.connect()
