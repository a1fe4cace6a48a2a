"""`storefront stock`: what a person or a watchdog sees."""

from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from redis import Redis

from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.stock.command import stock as commands
from storefront.stock.gate import Copy, Gate
from storefront.stock.models import StockItem
from tests.fixtures.factories import make_variant
from tests.fixtures.shop import make_settings


@pytest.fixture
def gate(settings: Settings) -> Gate:
    return Gate(Redis.from_url(settings.redis_stock_url))


def invoke(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(commands, arguments)


def make_old(app: Flask) -> Copy:
    """A variant with 10 pieces that changed a minute ago and was never published."""
    with app.app_context():
        variant_id = make_variant(stock_level=10).id
        with transaction() as session:
            item = session.get_one(StockItem, variant_id)
            item.changed_at = clock.now() - timedelta(minutes=1)
            return Copy(variant_id, item.available, item.version)


def test_old_drift_is_listed_and_ends_with_1(app: Flask) -> None:
    make_old(app)
    result = invoke(app, "drift")
    assert result.exit_code == 1
    assert "missing  database 10 at 1" in result.output
    assert "age 60 s" in result.output
    assert "1 of 1 variant(s) differ, 0 of them lost history" in result.output


def test_drift_that_the_publisher_is_about_to_end_is_listed_and_ends_with_0(app: Flask) -> None:
    make_old(app)
    result = invoke(app, "drift", "--older-than", "300")
    assert result.exit_code == 0
    assert "missing" in result.output


def test_publishing_ends_drift(app: Flask, gate: Gate) -> None:
    truth = make_old(app)
    assert invoke(app, "publish").output == "1 variant(s) compared, 1 published\n"
    assert gate.read_copies([truth.variant_id]) == {truth.variant_id: truth}
    result = invoke(app, "drift")
    assert (result.exit_code, result.output) == (0, "0 of 1 variant(s) differ, 0 of them lost history\n")


def test_lost_history_is_never_young_and_publishing_says_so(app: Flask, gate: Gate) -> None:
    truth = make_old(app)
    gate.publish([Copy(truth.variant_id, 2, 7)])
    assert invoke(app, "drift", "--older-than", "300").exit_code == 1
    result = invoke(app, "publish")
    assert result.exit_code == 1
    assert "had lost history of 1 variant(s)" in result.output
    assert gate.read_copies([truth.variant_id]) == {truth.variant_id: truth}


def test_a_reset_replaces_every_copy(app: Flask, gate: Gate) -> None:
    truth = make_old(app)
    gate.publish([Copy(truth.variant_id, 2, 7)])
    result = invoke(app, "publish", "--reset")
    assert (result.exit_code, result.output) == (0, "1 copies replaced\n")
    assert gate.read_copies([truth.variant_id]) == {truth.variant_id: truth}


class TestWithoutRedis:
    """The stock server is away."""

    @pytest.fixture
    def settings(self, tmp_path: Path) -> Settings:
        return make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", f"unix://{tmp_path / 'nobody.sock'}")

    @pytest.mark.parametrize("arguments", [["drift"], ["publish"], ["publish", "--reset"]])
    def test_every_command_says_so_in_one_line(self, app: Flask, arguments: list[str]) -> None:
        make_old(app)
        result = invoke(app, *arguments)
        assert result.exit_code == 1
        assert result.output.startswith("Error: The stock server does not answer:")
        with app.app_context():
            assert db.session.query(StockItem).count() == 1
