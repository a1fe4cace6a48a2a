"""The forecast is kept, replaced by the next one, made by the job, and shown on the product's page."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobs import find_handler
from jobs.cron import TABLE
from storefront.catalog.models import Variant
from storefront.config import LONDON
from storefront.core import clock
from storefront.core.db import db
from storefront.core.outbox import OutboxJob
from storefront.insight.forecast.command import forecast
from storefront.insight.forecast.models import ForecastRun, VariantForecast
from storefront.insight.forecast.queries import find_forecast, find_run, weekly_units
from storefront.insight.forecast.season import Season
from storefront.insight.forecast.service import run_forecast
from tests.fixtures.factories import make_product
from tests.fixtures.shop import on_every_database, post
from tests.insight.forecast.sales import FIRST, SKUS, export, fill, rows

pytestmark = pytest.mark.usefixtures("context")
AS_OF = date(2011, 6, 13)


@on_every_database
def test_the_newest_run_replaces_the_older_one(app: Flask, tmp_path: Path) -> None:
    fill(tmp_path, rows(FIRST, 160))
    run_forecast(AS_OF, 13, LONDON)
    newest = run_forecast(AS_OF, 8, LONDON)
    run = find_run(db.session())
    assert run is not None
    assert (run.id, run.horizon, run.variants, run.history_weeks) == (newest, 8, len(SKUS), 23)
    assert 0 < (run.wape or 0) < 2
    kept = list(db.session.scalars(select(VariantForecast)))
    assert len(kept) == len(SKUS)
    assert {each.run_id for each in kept} == {newest}
    assert all(each.mean > 0 and each.error is not None for each in kept[:5])


def test_the_weeks_of_the_page_are_those_of_the_forecast(app: Flask, tmp_path: Path) -> None:
    fill(tmp_path, rows(FIRST, 160))
    run_forecast(AS_OF, 13, LONDON)
    run = find_run(db.session())
    assert run is not None
    variant_id = db.session.scalars(select(Variant.id).where(Variant.sku == "22000")).one()
    weeks = weekly_units(db.session(), variant_id, run, LONDON)
    assert len(weeks) == run.history_weeks
    found = db.session.get_one(VariantForecast, variant_id)
    count = len(weeks)
    middle = (count + 1) / 2
    slope = sum((place + 1 - middle) * units for place, (_start, units) in enumerate(weeks))
    slope /= sum((place + 1 - middle) ** 2 for place in range(count))
    assert found.slope == pytest.approx(slope, rel=1e-4)


def test_the_job_runs_every_night_and_twice_does_no_harm(app: Flask, tmp_path: Path) -> None:
    fill(tmp_path, rows(FIRST, 100))
    assert "insight.forecast" in {entry.job for entry in TABLE}
    handler = find_handler("insight.forecast")
    handler()
    handler()
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(ForecastRun)) == 2
    assert db.session.scalar(select(func.count()).select_from(VariantForecast)) == len(SKUS)


def test_the_command_says_what_it_kept(app: Flask, tmp_path: Path) -> None:
    fill(tmp_path, rows(FIRST, 160))
    result = app.test_cli_runner().invoke(forecast, ["run", "--as-of", "2011-06-13", "--horizon", "6"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("14 variants, 6 week(s) from 2011-06-13, 23 weeks of history: WAPE 0.")


def test_a_shop_without_orders_keeps_a_forecast_of_nothing(app: Flask) -> None:
    make_product()
    run_forecast(AS_OF, 13, LONDON)
    assert db.session.scalars(select(VariantForecast)).one().model == "never-sold"


def test_the_product_page_says_the_forecast_in_words(app: Flask, tmp_path: Path, sign_in) -> None:
    fill(tmp_path, rows(FIRST, 160))
    product_id = db.session.scalars(select(Variant.product_id).where(Variant.sku == "22000")).one()
    client = sign_in("manager")
    empty = client.get(f"/admin/products/{product_id}/forecast").text
    assert "No forecast yet" in empty
    run_forecast(AS_OF, 13, LONDON)
    found = db.session.scalars(select(VariantForecast).order_by(VariantForecast.variant_id)).first()
    text = client.get(f"/admin/products/{product_id}/forecast").text
    assert f"Y = {'−' if found.slope < 0 else ''}{abs(round(found.slope, 2)):g}X" in text
    assert "In the last weeks it was wrong by" in text
    assert "As a table" in text


def test_a_season_is_kept_drawn_and_exported(app: Flask, tmp_path: Path, sign_in, monkeypatch) -> None:
    fill(tmp_path, rows(FIRST, 600))
    as_of = FIRST + timedelta(days=595)
    run_forecast(as_of, 13, LONDON)
    assert find_run(db.session()).seasons == {}, "these sales have none"
    monkeypatch.setattr(Season, "_choose", lambda *_: 1.0)
    run_forecast(as_of, 13, LONDON)
    run, variant = find_run(db.session()), db.session.scalars(select(Variant).where(Variant.sku == "22000")).one()
    season = run.season(variant.product.category_id)
    assert len(season) == 13
    assert len(set(season)) > 5
    assert run.season(-1) == [1.0] * 13
    text = sign_in("manager").get(f"/admin/products/{variant.product_id}/forecast").text
    assert f"It follows the last year: in these weeks its category sold {min(season):.0%} to {max(season):.0%}" in text
    found = find_forecast(db.session(), variant.id)
    made = export(app, "--as-of", f"{as_of}", "--horizon", "13")
    points = [float(line["point"]) for line in made if line["sku"] == "22000"]
    assert points == pytest.approx([found.point * factor for factor in season], rel=0.01, abs=0.02)


def test_the_forecast_is_asked_for_once_a_minute(app: Flask, sign_in, monkeypatch) -> None:
    product, client, moment = make_product(), sign_in("manager"), clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    for _ in range(2):
        assert post(client, f"/admin/products/{product.id}/forecast").status_code == 303
    db.session.rollback()
    staged = db.session.scalars(select(OutboxJob).where(OutboxJob.name == "insight.forecast")).all()
    assert len(staged) == 1


def test_a_packer_sees_no_forecast(app: Flask, sign_in) -> None:
    product, client = make_product(), sign_in("packer")
    assert client.get(f"/admin/products/{product.id}/forecast").status_code == 403
    assert "/forecast" not in client.get(f"/admin/products/{product.id}/stock").text
