"""Copies that differ from SQL are found, named for what they are, and put right."""

import logging
from dataclasses import replace

import pytest
from redis import Redis

from storefront.catalog.models import Variant
from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.stock import service as stock
from storefront.stock.gate import Copy, Gate, GateAway
from storefront.stock.holds import read_copies
from storefront.stock.models import StockItem
from storefront.stock.reconcile import Drift, DriftKind, find_drift, publish_all, reconcile
from tests.fixtures.factories import make_product, make_variant
from tests.fixtures.shop import on_every_database

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def gate(settings: Settings) -> Gate:
    return Gate(Redis.from_url(settings.redis_stock_url))


def truth(variant_id: int) -> Copy:
    return read_copies(db.session(), [variant_id])[0]


def found(gate: Gate) -> dict[int, DriftKind]:
    return {drift.variant_id: drift.kind for drift in find_drift(db.session(), gate).drifts}


def sold(variant_id: int, quantity: int) -> None:
    stock.adjust(variant_id, -quantity, "tests", "sold")


def forget(variant_id: int, steps: int, available: int) -> None:
    """SQL as a backup from before the last `steps` changes would bring it back."""
    with transaction() as session:
        item = session.get_one(StockItem, variant_id)
        item.version, item.available = item.version - steps, available


@on_every_database
def test_each_kind_of_difference_is_named_and_put_right(gate: Gate) -> None:
    same, missing, behind, ahead = (make_variant(stock_level=10).id for _ in range(4))
    publish_all(db.session(), gate)
    sold(behind, 1)
    sold(ahead, 4)
    gate.publish([truth(ahead)])
    forget(ahead, 1, 10)
    gate._client.delete(f"{{stock}}:v:{missing}")
    expected = {missing: DriftKind.MISSING, behind: DriftKind.BEHIND, ahead: DriftKind.LOST}
    assert found(gate) == expected
    assert {drift.variant_id: drift.kind for drift in reconcile(db.session(), gate).drifts} == expected
    assert found(gate) == {}
    wanted = [same, missing, behind, ahead]
    assert gate.read_copies(wanted) == {variant_id: truth(variant_id) for variant_id in wanted}


def test_another_number_at_the_same_version_is_lost_history(gate: Gate) -> None:
    variant_id = make_variant(stock_level=10).id
    gate.publish([replace(truth(variant_id), available=3)])
    [drift] = reconcile(db.session(), gate).lost
    assert (drift.copy and drift.copy.available, drift.truth.available) == (3, 10)
    assert gate.read_copies([variant_id])[variant_id].available == 10


def test_lost_history_is_said_loudly_and_plain_lag_is_not(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    lagging, broken = make_variant().id, make_variant().id
    publish_all(db.session(), gate)
    sold(lagging, 1)
    with caplog.at_level(logging.ERROR, "storefront.stock"):
        assert len(reconcile(db.session(), gate).drifts) == 1
        assert caplog.records == []
        forget(broken, 1, 0)
        reconcile(db.session(), gate)
    assert f"lost history of 1 variant(s), their copies were replaced; first: {broken}" in caplog.text


class Meanwhile(Gate):
    """A gate beside which an order is committed and published just before the copies are read."""

    def __init__(self, inner: Gate, variant_id: int) -> None:
        super().__init__(inner._client)
        self._variant_id = variant_id

    def read_copies(self, variant_ids):  # type: ignore[no-untyped-def]
        sold(self._variant_id, 1)
        self.publish([truth(self._variant_id)])
        return super().read_copies(variant_ids)


@on_every_database
def test_an_order_during_the_comparison_is_no_lost_history(gate: Gate) -> None:
    variant_id = make_variant(stock_level=10).id
    publish_all(db.session(), gate)
    assert find_drift(db.session(), Meanwhile(gate, variant_id)).drifts == []
    assert truth(variant_id).available == 9


def test_what_is_held_outlives_a_reset(gate: Gate) -> None:
    variant_id = make_variant(stock_level=5).id
    publish_all(db.session(), gate)
    gate.hold("h", "ada", {variant_id: 2})
    assert publish_all(db.session(), gate, is_reset=True) == 1
    assert gate.read_held([variant_id]) == {variant_id: 2}


def test_a_reset_replaces_copies_that_publishing_leaves_alone(gate: Gate) -> None:
    variant_id = make_variant(stock_level=5).id
    gate.publish([Copy(variant_id, 1, 99)])
    publish_all(db.session(), gate)
    assert gate.read_copies([variant_id])[variant_id] == Copy(variant_id, 1, 99)
    publish_all(db.session(), gate, is_reset=True)
    assert gate.read_copies([variant_id])[variant_id] == truth(variant_id)


def test_a_variant_without_a_stock_row_has_none(gate: Gate) -> None:
    product = make_product(stock_level=0)
    variant_id = product.variants[0].id
    with transaction() as session:
        session.execute(db.delete(StockItem).where(StockItem.variant_id == variant_id))
    [drift] = reconcile(db.session(), gate).drifts
    assert (drift.kind, drift.age_seconds) == (DriftKind.MISSING, None)
    assert gate.read_copies([variant_id]) == {variant_id: Copy(variant_id, 0, 0)}


def test_every_variant_is_compared_however_many_there_are(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storefront.stock.reconcile.BATCH", 2)
    make_product(variants=("A", "B", "C", "D", "E"))
    variant_ids = set(db.session.scalars(db.select(Variant.id)))
    report = reconcile(db.session(), gate)
    assert (report.checked, {drift.variant_id for drift in report.drifts}) == (5, variant_ids)
    assert publish_all(db.session(), gate) == 5


def test_the_age_counts_from_the_change_in_sql(gate: Gate) -> None:
    make_variant()
    [drift] = find_drift(db.session(), gate).drifts
    assert isinstance(drift, Drift)
    assert drift.age_seconds is not None
    assert 0 <= drift.age_seconds < 60


def test_without_the_gate_nothing_is_claimed() -> None:
    make_variant()
    with pytest.raises(GateAway):
        reconcile(db.session(), Gate(Redis(unix_socket_path="/nowhere")))
