"""Who sees what at the desk, and who may do what."""

import re

import pytest

from storefront.accounts.models import Permission, Role, RolePermission
from storefront.catalog.models import Product
from storefront.core.db import db, transaction
from storefront.core.web.access import access_of
from tests.fixtures.factories import make_order, make_product
from tests.fixtures.shop import post

PAGES = ["/admin/", "/admin/products", "/admin/products/1", "/admin/products/1/stock", "/admin/products/1/pictures"]


@pytest.fixture
def goods(context) -> Product:
    """One product with stock."""
    return make_product(name="Blue jug")


@pytest.mark.parametrize("path", [*PAGES, "/admin/orders", "/admin/jobs", "/admin/products/new"])
def test_a_stranger_is_sent_to_sign_in_and_comes_back(client, goods, path):
    answer = client.get(path)
    assert answer.status_code == 303
    assert "/account/sign-in?next=" in answer.location


@pytest.mark.parametrize("path", [*PAGES, "/admin/orders", "/admin/jobs"])
def test_a_customer_is_refused_without_seeing_the_desk(sign_in, goods, path):
    answer = sign_in().get(path)
    assert answer.status_code == 403
    assert "desk-nav" not in answer.text


@pytest.mark.parametrize("role", ["owner", "manager", "packer", "analyst"])
@pytest.mark.parametrize("path", PAGES)
def test_every_role_may_look_at_products(sign_in, goods, role, path):
    assert sign_in(role).get(path).status_code == 200


@pytest.mark.parametrize(
    ("role", "path", "allowed"),
    [
        ("manager", "/admin/products/new", True),
        ("packer", "/admin/products/new", False),
        ("packer", "/admin/products/1/prices", False),
        ("packer", "/admin/jobs", False),
        ("manager", "/admin/jobs", True),
        ("analyst", "/admin/orders", True),
    ],
)
def test_a_role_opens_only_its_pages(sign_in, goods, role, path, allowed):
    assert sign_in(role).get(path).status_code == (200 if allowed else 403)


@pytest.mark.parametrize(
    ("role", "path", "form"),
    [
        ("packer", "/admin/products/1", {"name": "Hacked"}),
        ("packer", "/admin/products/1/status", {"status": "archived"}),
        ("packer", "/admin/products/1/variants/1/stock-entries", {"kind": "received", "quantity": "5"}),
        ("packer", "/admin/products/1/prices", {"v1-price": "0"}),
        ("packer", "/admin/products/1/pictures", {}),
        ("analyst", "/admin/orders/{number}/fulfilments", {}),
        ("analyst", "/admin/orders/{number}/cancellation", {"reason": "because"}),
        ("analyst", "/admin/orders/{number}/notes", {"text": "Hello"}),
        ("analyst", "/admin/orders/{number}/address", {}),
        ("manager", "/admin/jobs/tries", {}),
    ],
)
def test_a_role_may_not_do_what_it_lacks_the_permission_for(sign_in, goods, role, path, form):
    order = make_order(goods.variants[0])
    answer = post(sign_in(role), path.format(number=order.number), form)
    assert answer.status_code == 403
    assert "Ask the owner" in answer.text or "permission" in answer.text
    db.session.rollback()
    assert db.session.get_one(Product, goods.id).name == "Blue jug"


def test_only_what_a_role_may_do_is_shown(sign_in, goods):
    order = make_order(goods.variants[0])
    analyst, owner = sign_in("analyst"), sign_in("owner")
    assert "Archive this product" in owner.get(f"/admin/products/{goods.id}").text
    assert "Archive this product" not in analyst.get(f"/admin/products/{goods.id}").text
    assert "Book it" not in analyst.get(f"/admin/products/{goods.id}/stock").text
    assert "Cancel this order" not in analyst.get(f"/admin/orders/{order.number}").text
    assert 'href="/admin/jobs"' not in analyst.get("/admin/").text
    assert 'href="/admin/jobs"' in owner.get("/admin/").text


def test_a_form_without_its_token_is_refused_inside_the_desk(sign_in, goods):
    client = sign_in("owner")
    answer = client.post(f"/admin/products/{goods.id}/status", data={"status": "archived"})
    assert answer.status_code == 400
    assert "desk-nav" in answer.text


def test_what_is_not_there_is_told_inside_the_desk(sign_in, goods):
    client = sign_in("owner")
    for path in ("/admin/products/999", "/admin/orders/NOPE-0000", "/admin/products/999/stock"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "desk-nav" in answer.text
        assert answer.text.count("<h1>") == 1


def areas_of(page: str) -> dict[str, bool]:
    """The navigation's addresses, and whether each is the one that is open."""
    bar = page.partition('<nav class="desk-nav"')[2].partition("</nav>")[0]
    return {href: bool(mark) for href, mark in re.findall(r'<a href="([^"]+)"( aria-current="page")?', bar)}


# Who may do nothing but this opens no page by it: it is done on pages of others.
NO_PAGE = {Permission.STOCK_EDIT, Permission.ORDERS_REFUND, Permission.JOBS_EDIT}


@pytest.mark.parametrize("permission", Permission)
def test_the_navigation_shows_exactly_what_one_may_open(app, sign_in, permission):
    with app.app_context(), transaction() as session:
        session.add(Role(name="single", permissions=[RolePermission(permission=permission)]))
    client = sign_in("single")
    own = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("admin.") and access_of(app, rule.endpoint) == permission
        if "GET" in rule.methods and not rule.arguments and not rule.rule.endswith((".csv", ".css"))
    ]
    answer = client.get("/admin/", follow_redirects=True)
    assert answer.status_code == (403 if permission in NO_PAGE else 200)
    shown = areas_of(answer.text)
    assert bool(own) == bool(shown) == (permission not in NO_PAGE)
    assert all(client.get(href).status_code == 200 for href in shown)
    for path in own:
        answer = client.get(path)
        assert (path, answer.status_code, list(areas_of(answer.text).values()).count(True)) == (path, 200, 1)
    is_there = ("/admin/staff/audit" in shown, "/admin/staff" in shown)
    assert is_there == (permission is Permission.AUDIT_VIEW, permission is Permission.PEOPLE_VIEW)


def test_who_sees_people_finds_the_log_under_them(sign_in):
    shown = areas_of(sign_in("owner").get("/admin/staff/audit").text)
    assert ("/admin/staff" in shown, "/admin/staff/audit" in shown) == (True, False)
    assert [href for href, is_open in shown.items() if is_open] == ["/admin/staff"]
