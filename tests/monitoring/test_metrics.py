"""What Prometheus reads, and who may."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from jobs.stock import Publisher
from storefront.core import clock, outbox
from storefront.core.db import db, transaction
from storefront.core.redis import QUEUE
from storefront.stock import service as stock
from storefront.stock.gate import Copy, Gate
from storefront.stock.holds import Holds, get_holds
from storefront.stock.reconcile import reconcile
from storefront.stock.service import OutOfStock
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.shop import make_settings
from tests.fixtures.stock import restore_keys, save_keys, turn_clock

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def gate(settings) -> Gate:
    return Gate(Redis.from_url(settings.redis_stock_url))


@pytest.fixture
def scrape(app: Flask):
    """Samples by name and labels, as a scraper reads them."""

    def read() -> dict[str, float]:
        answer = app.test_client().get("/metrics")
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return {
            one.name + "".join(f" {value}" for value in one.labels.values()): one.value
            for family in text_string_to_metric_families(answer.text)
            for one in family.samples
        }

    return read


def test_a_new_shop_has_nothing_to_report(scrape):
    found = scrape()
    assert found["storefront_gate_up"] == found["storefront_queue_up"] == 1
    silent = ("storefront_gate_total refused", "storefront_orders pending", "storefront_outbox_jobs dead")
    assert [found[name] for name in silent] == [0, 0, 0]
    assert found["storefront_outbox_oldest_due_seconds"] == 0
    assert "storefront_gate_compared_timestamp_seconds" not in found


def test_the_gate_is_counted(scrape):
    variant_id = make_variant(stock_level=1).id
    get_holds().hold("ada", {variant_id: 1}, 300)
    for shopper in ("eve", "bob"):
        with pytest.raises(OutOfStock):
            get_holds().hold(shopper, {variant_id: 1})
    found = scrape()
    assert found["storefront_gate_total held"] == 1
    assert found["storefront_gate_total refused"] == 2
    assert found["storefront_gate_live_holds"] == 1
    assert found["storefront_gate_breaker"] == 0


def test_holds_that_end_are_not_live(scrape):
    few, many = make_variant(stock_level=1).id, make_variant(stock_level=9).id
    holds = get_holds()
    placed = holds.hold("ada", {few: 1, many: 1})
    holds.hold("eve", {many: 1})
    holds.hold("eve", {many: 2})
    holds.hold("bob", {many: 1}, 0.001)
    assert scrape()["storefront_gate_live_holds"] == 2
    holds.settle(placed.id, [few, many])
    assert scrape()["storefront_gate_live_holds"] == 1
    holds.gate.forget_holds()
    assert scrape()["storefront_gate_live_holds"] == 0


def test_a_change_that_nobody_published_lags(scrape, monkeypatch):
    variant_id = make_variant(stock_level=5).id
    get_holds().publish([variant_id])
    stock.receive(variant_id, 1, "test")
    turn_clock(monkeypatch, timedelta(seconds=40))
    assert 40 <= scrape()["storefront_gate_publish_lag_seconds"] <= 45
    get_holds().publish([variant_id])
    assert scrape()["storefront_gate_publish_lag_seconds"] == 0


def test_the_last_comparison_is_told_with_its_time(scrape, gate):
    variants = [make_variant(stock_level=5).id for _ in range(3)]
    gate.publish([Copy(variants[0], 9, 99)])
    reconcile(db.session(), gate)
    found = scrape()
    assert found["storefront_gate_drift_variants lost"] == 1
    assert found["storefront_gate_drift_variants missing"] == 2
    assert found["storefront_gate_drift_variants behind"] == 0
    assert abs(found["storefront_gate_compared_timestamp_seconds"] - clock.now().timestamp()) < 5
    reconcile(db.session(), gate)
    assert scrape()["storefront_gate_drift_variants lost"] == 0


def test_a_server_that_came_back_with_an_old_file_is_counted(scrape, settings):
    client = Redis.from_url(settings.redis_stock_url)
    publisher = Publisher(Holds(Gate(client)))
    publisher.publish_due()
    old_file = save_keys(client)
    for _ in range(2):
        publisher._next = 0.0
        publisher.publish_due()
    restore_keys(client, old_file)
    publisher._next = 0.0
    publisher.publish_due()
    assert scrape()["storefront_gate_rollbacks_total"] == 1


def test_orders_and_jobs_that_wait_are_counted(scrape, monkeypatch, settings):
    make_order()
    with transaction():
        outbox.stage("nothing.now")
        outbox.stage("nothing.later", delay_seconds=3600)
    Redis.from_url(settings.redis_queue_url).rpush(f"rq:queue:{QUEUE}", "one")
    before = scrape()
    assert before["storefront_orders pending"] == 1
    assert before["storefront_orders_overdue"] == 0
    assert before["storefront_outbox_jobs waiting"] >= 1
    assert before["storefront_queue_jobs queued"] == 1
    turn_clock(monkeypatch, timedelta(hours=2))
    after = scrape()
    assert after["storefront_orders_overdue"] == 1
    assert after["storefront_outbox_jobs due"] >= 2
    assert 3600 <= after["storefront_outbox_oldest_due_seconds"] <= 7300


class TestWithoutRedis:
    """A server that is away is a reading and no error."""

    @pytest.fixture
    def settings(self, tmp_path):
        return make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", f"unix://{tmp_path / 'nobody.sock'}")

    def test_what_is_left_is_told(self, scrape):
        variant_id = make_variant().id
        for _ in range(4):
            get_holds().hold("ada", {variant_id: 1})
        found = scrape()
        assert found["storefront_gate_up"] == found["storefront_queue_up"] == 0
        assert found["storefront_gate_breaker"] == 2
        assert found["storefront_gate_total failed"] == 3
        assert found["storefront_gate_total skipped"] == 1
        assert found["storefront_gate_total unguarded"] == 4
        assert "storefront_gate_live_holds" not in found


class TestWithToken:
    """METRICS_TOKEN opens it from anywhere, and closes it to everybody else."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, metrics_token="pässword")

    @pytest.mark.parametrize("header", [None, "", "Bearer ", "Bearer password", "Basic pässword", "pässword"])
    def test_without_it_there_is_nothing_here(self, app, header):
        headers = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
        assert app.test_client().get("/metrics", headers=headers).status_code == 404

    def test_with_it_one_reads_from_anywhere(self, app):
        headers = {"Authorization": "Bearer pässword".encode().decode("latin-1")}
        answer = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
        assert answer.status_code == 200


@pytest.mark.parametrize("forwarded", [{"X-Forwarded-For": "127.0.0.1"}, {}])
def test_without_a_token_only_this_machine_reads(app, forwarded):
    address = "127.0.0.1" if forwarded else "203.0.113.9"
    answer = app.test_client().get("/metrics", headers=forwarded, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == 404


class TestInProduction:
    """Behind https a proxy may stand on this machine, so that everybody seems to."""

    @pytest.fixture
    def settings(self, settings):
        return replace(settings, base_url="https://shop.example")

    def test_nobody_reads_without_a_token(self, app):
        assert app.test_client().get("/metrics").status_code == 404
