"""Coupons, gift cards and store credit at the desk."""

import re
from datetime import UTC, datetime

import pytest

from storefront.core.db import db, insert_rows
from storefront.promotions.credit import digest
from storefront.promotions.models import Coupon, CouponKind, CreditAccount
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


def rows_of(page: str) -> list[str]:
    """What the first column of a list says."""
    return re.findall(r'<th scope="row"><a[^>]*>([^<]+)<', page)


def test_ten_thousand_coupons_come_by_the_page_and_are_found_by_a_part_of_their_code(manager):
    codes = [{"code": f"MAIL-{number:05}", "kind": CouponKind.PERCENT, "percent": 5} for number in range(10_000)]
    insert_rows(db.session(), Coupon, codes)
    db.session.commit()
    first, last = manager.get("/admin/coupons").text, manager.get("/admin/coupons?page=400").text
    assert rows_of(first) == [f"MAIL-{number:05}" for number in range(9_999, 9_974, -1)]
    assert rows_of(last)[-1] == "MAIL-00000"
    assert "10000 coupons" in first or "10,000 coupons" in first
    assert 'href="/admin/coupons?page=2"' in first
    found = manager.get("/admin/coupons?q=l-0004").text
    assert rows_of(found) == [f"MAIL-{number:05}" for number in range(49, 39, -1)]
    assert 'value="l-0004"' in found
    pages = manager.get("/admin/coupons?q=l-00&page=2").text
    assert rows_of(pages)[0] == "MAIL-00974"
    assert 'href="/admin/coupons?q=l-00&amp;page=3"' in pages


@pytest.mark.parametrize("where", ["coupons", "credit"])
def test_a_search_without_a_result_says_how_to_search_and_an_empty_list_what_it_is_for(manager, where):
    empty = manager.get(f"/admin/{where}").text
    assert 'role="search"' not in empty
    nothing = manager.get(f"/admin/{where}?q=%25&page=x").text
    assert 'role="search"' in nothing
    assert "Show all" in nothing
    part = manager.get(f"/admin/{where}?q=%25", headers={"HX-Request": "true", "HX-Target": "results"}).text
    assert part.lstrip().startswith('<section id="results"')


def test_cards_come_by_the_page_and_are_found_by_address_and_last_characters(manager):
    cards = [
        {"kind": "gift_card", "email": f"b{number % 10}@example.com", "currency": "GBP", "last_four": f"Z{number:03}"}
        for number in range(60)
    ]
    insert_rows(db.session(), CreditAccount, [{**card, "code_digest": str(at)} for at, card in enumerate(cards)])
    db.session.commit()
    names = [rows_of(manager.get(f"/admin/credit?page={number}").text) for number in (1, 2, 3, 4)]
    assert [len(each) for each in names] == [25, 25, 10, 10]
    assert len({name for each in names for name in each}) == 60
    for words in ("z042", "Z042", "abcd-efgh-jkmn-z042"):
        assert rows_of(manager.get(f"/admin/credit?q={words}").text) == ["Gift card ending in Z042"], words
    assert len(rows_of(manager.get("/admin/credit?q=B7@").text)) == 6
    assert rows_of(manager.get("/admin/credit?q=7@example").text) == []
