"""Every state change at the desk leaves a row, whoever wrote its view; and no row holds a secret or a customer."""

import json
import re
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from storefront.admin.views.insight import purchases
from storefront.catalog.models import Category
from storefront.core.audit.chain import verify
from storefront.core.audit.models import AuditRow
from storefront.core.db import db, table_of
from storefront.core.web.audit import is_watched
from storefront.core.web.limits import limiter
from storefront.insight.reorder.models import PurchaseOrder, Supplier
from tests.fixtures.factories import make_order
from tests.fixtures.shop import PASSWORD, post
from tests.fixtures.walk import Stocked, stock_shop, walk_all

# Values that the walk types or the shop makes, and that must be nowhere in the log.
CARD = re.compile(r"\b\d{13,19}\b")


@pytest.fixture
def walked(app: Flask) -> list[AuditRow]:
    walk_all(app, stock_shop(app))
    with app.app_context():
        rows = list(db.session.scalars(select(AuditRow).order_by(AuditRow.id)))
        db.session.expunge_all()
        return rows


def test_every_state_changing_route_of_the_desk_leaves_a_row(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: dict[str, set[int]] = {}

    def note(response: Any) -> Any:
        if is_watched(app, request.endpoint, request.method):
            answered.setdefault((request.endpoint or "").removeprefix("admin."), set()).add(response.status_code)
        return response

    app.after_request(note)
    stocked = stock_shop(app)
    walk_all(app, stocked)
    _do_the_rest(app, stocked, monkeypatch)
    with app.app_context():
        written = set(db.session.scalars(select(AuditRow.action)))
        assert verify(db.session(), [str(app.secret_key)], {}).fault == ""
    wanted = {
        rule.endpoint.removeprefix("admin.")
        for rule in app.url_map.iter_rules()
        if any(is_watched(app, rule.endpoint, method) for method in rule.methods or ())
    }
    missing = {name: sorted(answered.get(name, set())) for name in wanted - written}
    assert missing == {}, missing


def _do_the_rest(app: Flask, stocked: Stocked, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the walk only fails at."""
    limiter.reset()
    client = app.test_client()
    post(client, "/account/sign-in", {"email": "owner@example.com", "password": PASSWORD})
    post(client, "/admin/drift/publications")
    with app.app_context():
        category_id = db.session.scalar(select(db.func.max(Category.id)))
    post(client, f"/admin/categories/{category_id}", {"name": "Wicks and oils"})
    post(client, f"/admin/products/{stocked.product_id}/prices", _prices(client, stocked))
    _buy_in(app, client, stocked, monkeypatch)


def _buy_in(app: Flask, client: FlaskClient, stocked: Stocked, monkeypatch: pytest.MonkeyPatch) -> None:
    """A purchase order that is made from the advice, and closed before its goods come."""
    with app.app_context():
        (supplier_id,) = db.session.scalars(db.select(Supplier.id))
    advice = SimpleNamespace(quantity=6, order_by=date(2026, 11, 30))
    row = SimpleNamespace(
        variant_id=stocked.variant_id, sku="LAMP", name="Lamp", advice=advice, terms=SimpleNamespace(lead_days=9)
    )
    monkeypatch.setattr(purchases, "list_advice", lambda *_: [row])
    post(client, f"/admin/insight/suppliers/{supplier_id}", {"name": "Wicks and oils", "review_days": "7"})
    post(client, f"/admin/insight/purchases?supplier={supplier_id}", {"key": "rest"})
    with app.app_context():
        purchase_id = db.session.scalar(db.select(db.func.max(PurchaseOrder.id)))
    post(client, f"/admin/insight/purchases/{purchase_id}/closing")


def _prices(client: FlaskClient, stocked: Stocked) -> dict[str, str]:
    """Every price of the form as the page names it."""
    text = client.get(f"/admin/products/{stocked.product_id}/prices").text
    return dict.fromkeys(re.findall(r'name="([^"]*price[^"]*)"', text), "7.77")


def test_nothing_secret_and_nobody_gets_into_the_log(app: Flask, walked: list[AuditRow]) -> None:
    text = "\n".join(f"{row.subject} {row.changes}" for row in walked)
    assert len(walked) > 50
    with app.app_context():
        tables = db.metadata.tables
        for table, column in (
            ("user_account", "email"),
            ("user_account", "password_hash"),
            ("user_account", "factor_salt"),
            ("mail_proof", "salt"),
            ("mail_proof", "digest"),
            ("shop_order", "token"),
            ("shop_order", "email"),
            ("shop_order", "phone"),
            ("user_session", "digest"),
            ("recovery_code", "digest"),
        ):
            values = db.session.scalars(select(tables[table].c[column])).all()
            assert [value for value in values if value and f'"{value}"' in text] == [], (table, column)
    assert PASSWORD not in text
    assert not CARD.search(text)
    assert '"password_hash": "' not in text.replace('"password_hash": "(hidden)"', "")


def test_a_row_says_who_from_where_what_and_both_values(app: Flask, sign_in) -> None:  # type: ignore[no-untyped-def]
    client = sign_in("owner")
    with app.app_context():
        number = make_order().number
    form = {"name": "Own land", "countries": ["GB"]}
    post(client, "/admin/shipping/zones/1", form)
    post(client, f"/admin/orders/{number}/notes", {"text": "Call her back"})
    with app.app_context():
        rows = {row.action: row for row in db.session.scalars(select(AuditRow))}
    row = rows["change_zone"]
    assert (row.actor, row.address, row.subject) == ("user:1", "127.0.0.1", "zone 1")
    assert len(row.origin) == 12
    (changed,) = [one for one in json.loads(row.changes) if one["table"] == "shipping_zone"]
    assert (changed["before"]["name"], changed["after"]["name"]) == ("Own country", "Own land")
    assert rows["add_note"].subject == f"number {number}"
    assert "Call her back" not in rows["add_note"].changes


def test_what_is_refused_leaves_nothing(app: Flask, sign_in) -> None:  # type: ignore[no-untyped-def]
    client = sign_in("packer")
    with app.app_context():
        before = db.session.scalars(select(AuditRow.id)).all()
    post(client, "/admin/shipping/zones/1", {"name": "Own land"})
    with app.app_context():
        assert db.session.scalars(select(AuditRow.id)).all() == before


def test_orders_of_customers_leave_no_row(app: Flask) -> None:
    with app.app_context():
        make_order()
        assert db.session.scalars(select(AuditRow.id)).all() == []


def test_the_page_finds_by_who_what_object_and_day(app: Flask, sign_in) -> None:  # type: ignore[no-untyped-def]
    client = sign_in("owner")
    post(client, "/admin/shipping/zones/1", {"name": "Own land", "countries": ["GB"]})
    for query, is_there in (
        ("", True),
        ("who=1", True),
        ("who=2", False),
        ("what=change_z", True),
        ("what=change_q", False),
        ("subject=zone+1", True),
        ("first=2020-01-01&last=2100-01-01", True),
        ("last=2020-01-01", False),
        ("first=nonsense&before=x&who=%27", False),
    ):
        answer = client.get(f"/admin/staff/audit?{query}")
        assert answer.status_code == 200
        assert ("<code>change_zone</code>" in answer.text) == is_there, query


def test_only_whoever_may_see_it_does(sign_in) -> None:  # type: ignore[no-untyped-def]
    assert sign_in("manager").get("/admin/staff/audit").status_code == 403


def test_a_hundred_thousand_rows_are_paged_through(app: Flask, sign_in) -> None:  # type: ignore[no-untyped-def]
    client: FlaskClient = sign_in("owner")
    with app.app_context():
        first = (db.session.scalar(select(db.func.max(AuditRow.id))) or 0) + 1
        row = {"actor": "user:1", "address": "", "origin": "", "action": "tried", "subject": "thing", "changes": "[{}]"}
        from storefront.core import clock

        rows = [{**row, "id": number, "at": clock.now(), "digest": ""} for number in range(first, first + 100_000)]
        db.session.execute(insert(table_of(AuditRow)), rows)
        db.session.commit()
        explained = db.session.execute(
            db.text("EXPLAIN QUERY PLAN SELECT * FROM audit_row WHERE actor = 'x' AND id < 9 ORDER BY id DESC LIMIT 51")
        ).all()
        assert "ix_audit_row_actor_id" in str(explained)
    page = client.get("/admin/staff/audit?what=tried&who=1")
    numbers = re.findall(r">No\. (\d+)<", page.text)
    assert len(numbers) == 50
    older = re.search(r'href="([^"]+before=\d+)"', page.text)
    assert older
    following = re.findall(r">No\. (\d+)<", client.get(older.group(1).replace("&amp;", "&")).text)
    assert int(following[0]) == int(numbers[-1]) - 1
