"""Reorder advice, and purchase orders whose goods are booked once."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, timedelta
from functools import partial
from math import sqrt

import numpy as np
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from storefront.catalog.models import Variant
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.insight.forecast.models import ForecastRun, VariantForecast
from storefront.insight.reorder import service
from storefront.insight.reorder.advice import Terms, advise, demand_quantile, in_packs
from storefront.insight.reorder.models import PurchaseStatus
from storefront.insight.reorder.queries import Show, Wanted, get_purchase, list_advice
from storefront.insight.reorder.service import NewLine, SupplierData, TermsData
from storefront.stock.models import StockEntry, StockItem
from tests.fixtures.factories import make_variant
from tests.fixtures.races import at_once
from tests.fixtures.shop import on_every_database, post, token_of

TODAY = date(2026, 11, 29)
HTMX = {"HX-Request": "true"}
WEEKLY = Terms(lead_days=14, review_days=7, pack_size=6, minimum=12)


def test_stock_that_lasts_is_ordered_later() -> None:
    found = advise(TODAY, 100, 0, mean=7, deviation=0.001, terms=WEEKLY, service=0.95)
    # One a day: 14 days before it ends at the latest, so that 14 are left when it arrives.
    assert found.stock_out == TODAY + timedelta(days=100)
    assert found.order_by == TODAY + timedelta(days=85)
    assert (found.reorder_point, found.safety, found.quantity) == (15, 1, 12)


def test_what_is_already_short_is_ordered_today_with_what_is_missing() -> None:
    found = advise(TODAY, 2, 0, mean=7, deviation=0.001, terms=WEEKLY, service=0.95)
    assert (found.order_by, found.quantity) == (TODAY, 24)


def test_what_is_on_its_way_is_not_ordered_twice() -> None:
    calm = advise(TODAY, 2, 98, mean=7, deviation=0.001, terms=WEEKLY, service=0.95)
    assert calm.order_by == TODAY + timedelta(days=85)
    assert calm.stock_out == TODAY + timedelta(days=2)


def test_without_a_lead_time_only_the_end_is_told() -> None:
    found = advise(TODAY, 70, 0, mean=7, deviation=3, terms=Terms(None), service=0.95)
    assert found.stock_out == TODAY + timedelta(days=70)
    assert (found.order_by, found.quantity, found.reorder_point) == (None, 0, None)


def test_what_does_not_sell_is_not_ordered() -> None:
    assert advise(TODAY, 0, 0, mean=0.001, deviation=1, terms=WEEKLY, service=0.95).quantity == 0


@given(st.floats(0.1, 500), st.floats(0.01, 500), st.integers(1, 120), st.sampled_from([0.8, 0.9, 0.95]))
def test_a_higher_service_level_never_orders_later_or_keeps_less(
    mean: float, deviation: float, lead: int, service_level: float
) -> None:
    terms = Terms(lead)
    low = advise(TODAY, 50, 0, mean, deviation, terms, service_level)
    high = advise(TODAY, 50, 0, mean, deviation, terms, service_level + 0.04)
    assert (high.order_by or date.max) <= (low.order_by or date.max)
    assert (high.reorder_point or 0) >= (low.reorder_point or 0)


def test_the_quantile_is_that_of_drawn_demand() -> None:
    random = np.random.default_rng(4)
    mean, deviation = 10.0, 6.0
    variance = np.log(1 + (deviation / mean) ** 2)
    drawn = random.lognormal(np.log(mean) - variance / 2, sqrt(variance), 400_000)
    assert demand_quantile(mean, deviation, 7, 0.95) == pytest.approx(np.quantile(drawn, 0.95), rel=0.01)


@pytest.mark.parametrize(("pieces", "expected"), [(1, 12), (13, 18), (-5, 12), (12, 12)])
def test_quantities_are_whole_packs_and_at_least_the_minimum(pieces: float, expected: int) -> None:
    assert in_packs(pieces, WEEKLY) == expected


@pytest.fixture
def shelf(context: Flask) -> Variant:
    """A variant with 10 pieces that sells 7 a week."""
    variant = make_variant(stock_level=10)
    forecast_for(variant.id, mean=7)
    return variant


def forecast_for(variant_id: int, mean: float, season: Sequence[float] = ()) -> None:
    with transaction() as session:
        category_id = session.get_one(Variant, variant_id).product.category_id
        run = ForecastRun(
            as_of=TODAY,
            first_week=TODAY,
            horizon=4,
            history_start=TODAY,
            history_weeks=9,
            variants=1,
            seconds=1,
            seasons={str(category_id): list(season)} if season else {},
        )
        session.add(run)
        session.flush()
        numbers = dict.fromkeys(("point", "low", "high", "slope", "intercept"), 0.0)
        session.add(
            VariantForecast(
                variant_id=variant_id, run_id=run.id, model="typical-week", mean=mean, deviation=3, **numbers
            )
        )


def rows(show: Show = Show.ALL, **wanted) -> list:
    db.session.rollback()
    return list_advice(db.session(), Wanted(show=show, **wanted), TODAY)


def test_a_missing_lead_time_is_asked_for_and_not_invented(shelf: Variant) -> None:
    assert [row.variant_id for row in rows(Show.MISSING)] == [shelf.id]
    assert rows(Show.NOW) == []
    service.set_terms({shelf.id: TermsData(lead_days=14, pack_size=6)})
    assert rows(Show.MISSING) == []
    (row,) = rows(Show.NOW)
    assert row.advice.quantity % 6 == 0
    assert row.advice.order_by == TODAY


def test_the_season_of_the_weeks_until_the_next_order_has_come_is_ordered_for(context: Flask) -> None:
    variant = make_variant(stock_level=10)
    forecast_for(variant.id, mean=7, season=[1.0, 2.0, 3.0, 9.0])
    assert [row.mean for row in rows()] == [7], "a week until the next order, its lead time being unknown"
    service.set_terms({variant.id: TermsData(lead_days=14)})
    assert [row.mean for row in rows()] == [14]
    db.session.rollback()
    (later,) = list_advice(db.session(), Wanted(show=Show.ALL), TODAY + timedelta(days=7))
    assert later.mean == pytest.approx(7 * 14 / 3)
    db.session.rollback()
    (last,) = list_advice(db.session(), Wanted(show=Show.ALL), TODAY + timedelta(days=90))
    assert last.mean == 63, "an old forecast's last week stands for what comes after it"


def test_a_suppliers_terms_hold_until_a_variant_has_its_own(shelf: Variant) -> None:
    supplier_id = service.add_supplier(SupplierData("Tin & Co", lead_days=30, pack_size=10, minimum=20))
    service.set_terms({shelf.id: TermsData(supplier_id=supplier_id)})
    assert rows()[0].terms == Terms(30, 7, 10, 20)
    service.change_terms([shelf.id], {"lead_days": 3})
    assert rows(supplier_id=supplier_id)[0].terms == Terms(3, 7, 10, 20)
    assert rows(supplier_id=0) == []


def test_the_most_urgent_comes_first(shelf: Variant) -> None:
    later = make_variant(stock_level=500)
    forecast_for(later.id, mean=7)
    service.change_terms([shelf.id, later.id], {"lead_days": 7})
    assert [row.variant_id for row in rows()] == [shelf.id, later.id]
    assert [row.sku for row in rows(text=later.sku.lower())] == [later.sku]


def purchase(shelf: Variant, quantity: int = 24, key: str = "k1") -> int:
    supplier_id = service.add_supplier(SupplierData(f"Tin {key}"))
    line = NewLine(shelf.id, shelf.sku, "Lamp", quantity)
    return service.place_purchase(key, supplier_id, [line], "user:1", None)


def sent(shelf: Variant, quantity: int = 24) -> int:
    """A purchase order that is on its way."""
    purchase_id = purchase(shelf, quantity)
    service.send_purchase(purchase_id, {}, UTC)
    return purchase_id


def lines_of(purchase_id: int) -> dict[str, int]:
    """Pieces by SKU."""
    db.session.rollback()
    return {line.sku: line.quantity for line in get_purchase(db.session(), purchase_id).lines}


def stock_of(variant: Variant) -> tuple[int, int]:
    """Available, and the ledger's sum."""
    db.session.rollback()
    item = db.session.get_one(StockItem, variant.id)
    total = db.session.scalar(select(func.sum(StockEntry.quantity)).where(StockEntry.variant_id == variant.id))
    return item.available, int(total)


@on_every_database
def test_a_delivery_sent_twice_is_booked_once(shelf: Variant) -> None:
    purchase_id = sent(shelf)
    (line,) = get_purchase(db.session(), purchase_id).lines
    assert rows()[0].on_order == 24
    assert service.receive(purchase_id, "form-1", {line.id: 10}, "user:1")
    assert not service.receive(purchase_id, "form-1", {line.id: 10}, "user:1")
    assert stock_of(shelf) == (20, 20)
    assert rows()[0].on_order == 14
    found = get_purchase(db.session(), purchase_id)
    assert (found.status, found.received, len(found.receipts)) == (PurchaseStatus.PARTLY, 10, 1)
    assert service.receive(purchase_id, "form-2", {line.id: 14}, "user:1")
    db.session.rollback()
    assert get_purchase(db.session(), purchase_id).status == PurchaseStatus.RECEIVED
    assert stock_of(shelf) == (34, 34)


@on_every_database
def test_more_than_was_ordered_is_refused_whole(shelf: Variant) -> None:
    purchase_id = sent(shelf)
    (line,) = get_purchase(db.session(), purchase_id).lines
    with pytest.raises(service.TooMuchReceived):
        service.receive(purchase_id, "form-1", {line.id: 25}, "user:1")
    assert stock_of(shelf) == (10, 10)
    assert service.receive(purchase_id, "form-1", {line.id: 24}, "user:1")


def test_an_order_sent_twice_is_made_once(shelf: Variant) -> None:
    supplier_id = service.add_supplier(SupplierData("Tin & Co"))
    line = NewLine(shelf.id, shelf.sku, "Lamp", 24)
    first = service.place_purchase("k", supplier_id, [line], "user:1", None)
    assert service.place_purchase("k", supplier_id, [line], "user:1", None) == first
    db.session.rollback()
    assert len(get_purchase(db.session(), first).lines) == 1
    with pytest.raises(service.NothingToOrder):
        service.place_purchase("other", supplier_id, [], "user:1", None)


@pytest.mark.parametrize("made", [purchase, sent])
def test_what_will_not_come_is_no_longer_awaited(shelf: Variant, made: Callable[[Variant], int]) -> None:
    purchase_id = made(shelf)
    assert rows()[0].on_order == 24
    service.close_purchase(purchase_id)
    assert rows()[0].on_order == 0
    with pytest.raises(service.AlreadySent):
        service.send_purchase(purchase_id, {}, UTC)


@on_every_database
def test_quantities_change_until_the_order_is_sent(shelf: Variant) -> None:
    other = make_variant(stock_level=1)
    supplier_id = service.add_supplier(SupplierData("Tin & Co"))
    lines = [NewLine(one.id, one.sku, "Lamp", 24) for one in (shelf, other)]
    purchase_id = service.place_purchase("k", supplier_id, lines, "user:1", date(2026, 12, 9))
    ids = {line.sku: line.id for line in get_purchase(db.session(), purchase_id).lines}
    with pytest.raises(service.NothingLeft):
        service.change_quantities(purchase_id, dict.fromkeys(ids.values(), 0))
    with pytest.raises(service.NotSent):
        service.receive(purchase_id, "early", {ids[shelf.sku]: 1}, "user:1")
    assert lines_of(purchase_id) == {shelf.sku: 24, other.sku: 24}
    for _ in range(2):
        service.change_quantities(purchase_id, {ids[shelf.sku]: 30, ids[other.sku]: 0})
    assert lines_of(purchase_id) == {shelf.sku: 30}
    assert rows()[0].on_order == 30
    for _ in range(2):
        service.send_purchase(purchase_id, {ids[shelf.sku]: 36}, UTC)
    with pytest.raises(service.AlreadySent):
        service.send_purchase(purchase_id, {ids[shelf.sku]: 37}, UTC)
    with pytest.raises(service.AlreadySent):
        service.change_quantities(purchase_id, {ids[shelf.sku]: 37})
    assert lines_of(purchase_id) == {shelf.sku: 36}


@on_every_database
def test_what_was_sent_is_what_the_supplier_read(app: Flask, shelf: Variant) -> None:
    for attempt in range(5):
        purchase_id = purchase(shelf, key=f"k{attempt}")
        (line,) = get_purchase(db.session(), purchase_id).lines
        db.session.rollback()
        steps = [partial(service.change_quantities, purchase_id, {line.id: 40 + count}) for count in range(8)]
        steps.insert(4, partial(service.send_purchase, purchase_id, {line.id: 36}, UTC))
        race = at_once(app, steps)
        assert {type(error) for error in race.errors} <= {service.AlreadySent}
        assert lines_of(purchase_id) == {shelf.sku: 36}


def test_an_order_is_due_so_many_days_after_it_is_sent(shelf: Variant, monkeypatch: pytest.MonkeyPatch) -> None:
    supplier_id = service.add_supplier(SupplierData("Tin & Co"))
    line = NewLine(shelf.id, shelf.sku, "Lamp", 24)
    purchase_id = service.place_purchase("k", supplier_id, [line], "user:1", date(2026, 12, 9))
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr("storefront.core.clock.now", lambda: later)
    service.send_purchase(purchase_id, {}, UTC)
    db.session.rollback()
    assert get_purchase(db.session(), purchase_id).due_on == date(2026, 12, 12)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("typed", ["soon", "", "1.5", "-1", "1000001"])
def test_a_wrong_quantity_saves_nothing_and_keeps_what_was_typed(
    shelf: Variant, sign_in, headers: dict[str, str], typed: str
) -> None:
    other = make_variant(stock_level=1)
    supplier_id = service.add_supplier(SupplierData("Tin & Co"))
    lines = [NewLine(one.id, one.sku, "Lamp", 24) for one in (shelf, other)]
    purchase_id = service.place_purchase("k", supplier_id, lines, "user:1", None)
    ids = {line.sku: line.id for line in get_purchase(db.session(), purchase_id).lines}
    form = {f"line-{ids[shelf.sku]}": "48", f"line-{ids[other.sku]}": typed, "send": "1"}
    client = sign_in("manager")
    form["csrf_token"] = token_of(client)
    headers = {**headers, "Sec-Fetch-Site": "same-origin"}
    answer = client.post(f"/admin/insight/purchases/{purchase_id}/quantities", data=form, headers=headers)
    assert answer.status_code == 422
    assert ("<html" in answer.text) == ("HX-Request" not in headers)
    for name, value in ((f"line-{ids[shelf.sku]}", "48"), (f"line-{ids[other.sku]}", typed)):
        assert f'name="{name}" value="{value}"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert f'id="line-{ids[other.sku]}-error"' in answer.text
    assert lines_of(purchase_id) == {shelf.sku: 24, other.sku: 24}
    assert get_purchase(db.session(), purchase_id).is_draft


def test_a_draft_is_changed_and_sent_at_the_desk(shelf: Variant, sign_in) -> None:
    purchase_id = purchase(shelf)
    (line,) = get_purchase(db.session(), purchase_id).lines
    client, address = sign_in("manager"), f"/admin/insight/purchases/{purchase_id}"
    assert "Not sent yet" in client.get(address).text
    assert post(client, f"{address}/quantities", {f"line-{line.id}": "0"}).status_code == 409
    answer = post(client, f"{address}/quantities", {f"line-{line.id}": "30"})
    assert answer.status_code == 303
    text = client.get(address, headers=HTMX).text
    assert "The quantities are saved." in text
    assert 'value="30"' in text
    assert '"30"' in client.get(f"{address}.csv").get_data(as_text=True)
    assert post(client, f"{address}/quantities", {f"line-{line.id}": "36", "send": "1"}).status_code == 303
    assert lines_of(purchase_id) == {shelf.sku: 36}
    text = client.get(address).text
    assert "The order counts as sent" in text
    assert "Book what arrived" in text
    assert post(client, f"{address}/quantities", {f"line-{line.id}": "37"}).status_code == 409


def test_two_suppliers_have_two_names(shelf: Variant) -> None:
    service.add_supplier(SupplierData("Tin & Co"))
    other = service.add_supplier(SupplierData("Clay & Co"))
    with pytest.raises(service.TakenName):
        service.add_supplier(SupplierData("Tin & Co"))
    with pytest.raises(service.TakenName):
        service.change_supplier(other, SupplierData("Tin & Co"))


def test_the_page_asks_for_the_lead_time_and_then_says_what_to_order(shelf: Variant, sign_in) -> None:
    client = sign_in("manager")
    assert "Lead time missing" in client.get("/admin/insight/reorder").text
    form = {"variant": shelf.id, f"supplier-{shelf.id}": "0", f"lead-{shelf.id}": "14", f"pack-{shelf.id}": "6"}
    assert post(client, "/admin/insight/reorder/terms?show=missing", form).status_code == 303
    advice = rows(Show.NOW)[0].advice
    text = client.get("/admin/insight/reorder?show=now").text
    assert f"Order {advice.quantity} today" in text
    file = client.get("/admin/insight/reorder.csv?show=now").get_data(as_text=True)
    assert f'"{shelf.sku}"' in file


def test_a_wrong_number_saves_nothing_and_keeps_what_was_typed(shelf: Variant, sign_in) -> None:
    client = sign_in("manager")
    form = {"variant": shelf.id, f"lead-{shelf.id}": "soon", f"pack-{shelf.id}": "6"}
    answer = post(client, "/admin/insight/reorder/terms?show=missing", form)
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text
    assert rows()[0].own == (None, None, None)


def test_terms_are_set_for_everything_the_filter_shows(shelf: Variant, sign_in) -> None:
    others = [make_variant(stock_level=5) for _ in range(60)]
    for other in others:
        forecast_for(other.id, mean=3)
    client = sign_in("manager")
    assert post(client, "/admin/insight/reorder/all?show=missing", {"lead": "9", "pack": ""}).status_code == 303
    assert {row.own for row in rows()} == {(9, None, None)}
    assert post(client, "/admin/insight/reorder/all?show=all", {"lead": ""}).status_code == 422


def test_an_order_goes_from_the_advice_to_the_shelf(shelf: Variant, sign_in) -> None:
    supplier_id = service.add_supplier(SupplierData("Tin & Co", lead_days=14))
    service.change_terms([shelf.id], {"supplier_id": supplier_id})
    client = sign_in("manager")
    wanted = rows(Show.NOW)[0].advice.quantity
    for _ in range(2):
        answer = post(client, f"/admin/insight/purchases?show=now&supplier={supplier_id}", {"key": "pressed twice"})
        assert answer.status_code == 303
    assert rows()[0].on_order == wanted
    assert f'"Lamp","{wanted}"' in client.get(f"{answer.location}.csv").get_data(as_text=True).replace(
        rows()[0].name, "Lamp"
    )
    (line,) = get_purchase(db.session(), int(answer.location.rsplit("/", 1)[1])).lines
    db.session.rollback()
    assert post(client, f"{answer.location}/receipts", {"all": "1", "key": "early"}).status_code == 409
    assert post(client, f"{answer.location}/quantities", {"send": "1"}).status_code == 303
    assert (
        post(client, f"{answer.location}/receipts", {f"line-{line.id}": str(wanted + 1), "key": "a"}).status_code == 409
    )
    for _ in range(2):
        assert post(client, f"{answer.location}/receipts", {"all": "1", "key": "b"}).status_code == 303
    assert stock_of(shelf) == (10 + wanted, 10 + wanted)


def test_who_may_only_look_changes_nothing(shelf: Variant, sign_in) -> None:
    client = sign_in("analyst")
    assert client.get("/admin/insight/reorder?show=all").status_code == 200
    assert post(client, "/admin/insight/reorder/all?show=all", {"lead": "9"}).status_code == 403
    assert post(client, "/admin/insight/suppliers", {"name": "X", "review_days": "7"}).status_code == 403
    assert rows()[0].own == (None, None, None)
