"""Coupons, gift cards and store credit at the desk."""

import re
from datetime import UTC, datetime

import pytest

from storefront.core.db import db
from storefront.promotions.credit import digest
from storefront.promotions.models import Coupon, CreditAccount
from storefront.promotions.queries import find_card
from tests.fixtures.factories import make_order, make_variant
from tests.fixtures.promoting import SECRET, balance, make_coupon, with_cards
from tests.fixtures.readings import staged
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def manager(sign_in):
    """A browser of a manager."""
    return sign_in("manager")


def coupon(code: str) -> Coupon:
    db.session.rollback()
    return db.session.scalars(db.select(Coupon).where(Coupon.code == code)).one()


def test_a_coupon_is_made_in_the_shops_days_and_changed(manager):
    form = {
        "code": "spring-1",
        "kind": "percent",
        "percent": "15",
        "starts": "2026-06-01",
        "ends": "2026-06-30",
        "usage_limit": "50",
        "minimum": "20",
        "is_once_per_customer": "y",
        "is_active": "y",
    }
    assert post(manager, "/admin/coupons", form).status_code == 303
    made = coupon("SPRING-1")
    assert (made.starts_at, made.ends_at) == (
        datetime(2026, 5, 31, 23, tzinfo=UTC),
        datetime(2026, 6, 30, 23, tzinfo=UTC),
    )
    assert (made.percent, made.usage_limit, made.minimum_minor) == (15, 50, 2000)
    page = manager.get("/admin/coupons").text
    assert "15 %" in page
    assert "0 of 50" in page
    shown = manager.get(f"/admin/coupons/{made.id}").text
    assert 'value="2026-06-30"' in shown
    post(manager, f"/admin/coupons/{made.id}", {"code": "SPRING-1", "kind": "amount", "amount": "5"})
    changed = coupon("SPRING-1")
    assert (changed.percent, changed.amount_minor, changed.ends_at, changed.is_active) == (0, 500, None, False)
    assert "switched off" in manager.get("/admin/coupons").text


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"code": "a b"}, "Use letters, digits, - and _."),
        ({"code": "OTHER"}, "There is a coupon OTHER already."),
        ({"percent": ""}, "Enter a number from 1 to 100."),
        ({"percent": "101"}, "Enter a number from 1 to 100."),
        ({"kind": "amount"}, "Enter what it takes off."),
        ({"starts": "2026-06-02", "ends": "2026-06-01"}, "The last day is before the first."),
        ({"starts": "soon"}, "Enter a date such as 2026-12-31."),
    ],
)
def test_a_coupon_that_cannot_be_is_refused_at_its_field(manager, form, message):
    make_coupon("OTHER")
    answer = post(manager, "/admin/coupons", {"code": "LAMP", "kind": "percent", "percent": "10", **form})
    assert answer.status_code in (409, 422)
    assert message in answer.text
    assert db.session.scalar(db.select(db.func.count(Coupon.id))) == 1


def test_a_gift_card_shows_its_code_and_is_mailed(manager):
    answer = post(manager, "/admin/credit/cards", {"amount": "25", "email": "Ada@Example.com", "reason": "Prize"})
    assert answer.status_code == 303
    page = manager.get(answer.location).text
    code = re.search(r'card-code figures">([^<]+)<', page)
    assert code
    found = find_card(db.session(), digest(code.group(1), SECRET))
    assert found
    assert (found.email, found.balance_minor) == ("ada@example.com", 2500)
    assert staged("promotions.send_card") == [{"account_id": found.id}]
    assert "The shop owes £25.00 in goods." in manager.get("/admin/credit").text


def test_the_ledger_of_a_card_leads_to_its_orders(manager):
    post(manager, "/admin/credit/cards", {"amount": "25"})
    card_id = db.session.scalars(db.select(CreditAccount.id)).one()
    order = make_order(make_variant(price_minor=1000), applied=with_cards(card_id), quoted=0)
    page = manager.get(f"/admin/credit/{card_id}").text
    assert f'href="/admin/orders/{order.number}"' in page
    assert "-£13.95" in page


def test_store_credit_is_given_once_to_an_account_that_exists(manager):
    form = {"key": "k", "email": "manager@example.com", "amount": "5", "reason": "Sorry"}
    for _ in range(2):
        assert post(manager, "/admin/credit/grants", form).status_code == 303
    assert db.session.scalars(db.select(CreditAccount.balance_minor)).all() == [500]
    answer = post(manager, "/admin/credit/grants", {**form, "email": "nobody@example.com"})
    assert answer.status_code == 409
    assert "Nobody has an account with this e-mail address." in answer.text


def test_a_balance_is_corrected_and_a_card_is_blocked(manager):
    post(manager, "/admin/credit/cards", {"amount": "25"})
    card_id = db.session.scalars(db.select(CreditAccount.id)).one()
    page = f"/admin/credit/{card_id}"
    form = {"key": "k", "direction": "take", "amount": "5", "reason": "Typo"}
    for _ in range(2):
        post(manager, f"{page}/corrections", form)
    assert balance(card_id) == (2000, 2000)
    answer = post(manager, f"{page}/corrections", {**form, "key": "l", "amount": "21"})
    assert (answer.status_code, "There is not so much on it." in answer.text) == (409, True)
    post(manager, f"{page}/state", {"state": "blocked"})
    assert "blocked" in manager.get(page).text
    post(manager, f"{page}/state", {"state": "open"})
    assert db.session.get_one(CreditAccount, card_id).is_active


def test_the_code_of_a_card_is_nothing_for_a_packer(sign_in):
    assert sign_in("packer").get("/admin/credit").status_code == 403
