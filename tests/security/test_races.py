"""A hundred requests at the same moment for every kind of change: nothing is given twice, and no sum is wrong."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from storefront.accounts import proofs
from storefront.accounts.models import MailProof, ProofKind, User, UserSession
from storefront.cart.models import Cart, CartLine
from storefront.catalog.models import Category, Product, Variant
from storefront.core import db as database
from storefront.core.db import db, transaction
from storefront.orders.models import Order, OrderEvent, OrderReturn, OrderStatus
from storefront.payments.models import Payment, Refund
from storefront.promotions.models import Coupon, CouponUse, CreditAccount, CreditEntry
from storefront.stock.models import StockEntry, StockItem
from tests.fixtures.databases import Databases
from tests.fixtures.factories import make_order, make_product
from tests.fixtures.paying import make_paid
from tests.fixtures.promoting import make_coupon
from tests.fixtures.provider import Provider
from tests.fixtures.shop import PASSWORD
from tests.security.conftest import make_town
from tests.security.visitors import Town

CROWD = 100
SECRET = "a key for tests only"
ADDRESS = {"name": "Ada Lovelace", "line1": "Lamp", "city": "London", "postcode": "SW1Y 4JH", "country": "GB"}
FINE = {200, 204, 303, 402, 403, 404, 409, 422, 429, 503}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, valkey_url: str, databases: Databases
) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("races")
    with pytest.MonkeyPatch.context() as patch:
        # A hundred writers wait for each other in one process here; a shop has four threads in each.
        patch.setattr(database, "BUSY_SECONDS", 180)
        for town in make_town(folder, valkey_url, databases.url(request.param, folder)):
            with town.app.app_context():
                yield town
                db.session.remove()


def rush(town: Town, clients: list[FlaskClient], path: str | list[str], form: Callable[[int], Any]) -> list[int]:
    """Everybody sends their form at the same moment; the statuses, none of which is an error of ours."""
    db.session.rollback()
    barrier, paths = Barrier(len(clients), timeout=120), [path] * len(clients) if isinstance(path, str) else path

    def send(number: int) -> int:
        barrier.wait()
        return int(town.send(clients[number], "POST", paths[number], form(number)).status_code)

    with ThreadPoolExecutor(len(clients)) as pool:
        statuses = list(pool.map(send, range(len(clients))))
    db.session.rollback()
    assert set(statuses) <= FINE
    assert_stock_adds_up()
    return statuses


def assert_stock_adds_up() -> None:
    """What can be sold is the sum of the ledger, for every variant, and never below zero."""
    ledger = select(StockEntry.variant_id, func.sum(StockEntry.quantity)).group_by(StockEntry.variant_id)
    sums = {variant_id: int(total) for variant_id, total in db.session.execute(ledger)}
    items = db.session.execute(select(StockItem.variant_id, StockItem.available, StockItem.on_hand)).all()
    assert {item.variant_id: item.available for item in items if item.available} == {
        variant_id: total for variant_id, total in sums.items() if total
    }
    assert all(0 <= item.available <= item.on_hand for item in items)


def twins(client: FlaskClient, town: Town) -> list[FlaskClient]:
    """A hundred tabs of one browser."""
    cookie = client.get_cookie("shop")
    assert cookie
    found = []
    for _ in range(CROWD):
        twin = town.app.test_client()
        twin.set_cookie("shop", cookie.value)
        found.append(twin)
    return found


def shoppers(town: Town, variant_id: int, number: int = CROWD) -> tuple[list[FlaskClient], list[dict[str, str]]]:
    """Guests who have filled a cart and the form of the checkout."""
    clients, forms = [], []
    for _ in range(number):
        client = town.visitor("anonymous")
        client.post("/cart/lines", data={"variant_id": variant_id, "quantity": 1})
        text = client.get("/checkout").text
        kept = {name: re.search(rf'name="{name}"[^>]* value="([^"]+)"', text) for name in ("key", "quoted_minor")}
        form = {name: found[1] for name, found in kept.items() if found}
        email = f"shopper{len(clients)}@example.com"
        forms.append(form | {"email": email, "terms": "y", "shipping_method": "standard", **ADDRESS})
        clients.append(client)
    return clients, forms


def count(model: Any, *where: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model).where(*where)) or 0


def make_variant(stock_level: int = 500) -> int:
    product = make_product(stock_level=stock_level)
    return int(product.variants[0].id)


def test_one_cart_filled_from_a_hundred_tabs(crowded: Town) -> None:
    variant_id, client = make_variant(), crowded.visitor("stranger")
    client.post("/cart/lines", data={"variant_id": variant_id})
    rush(crowded, twins(client, crowded), "/cart/lines", lambda _: {"variant_id": variant_id, "quantity": "1"})
    lines = list(db.session.scalars(select(CartLine).where(CartLine.variant_id == variant_id)))
    assert [line.quantity for line in lines] == [CROWD + 1]
    assert count(Cart, Cart.user_id == crowded.people["stranger"]) == 1


def test_a_hundred_shoppers_for_ten_pieces(crowded: Town) -> None:
    variant_id = make_variant(CROWD)
    clients, forms = shoppers(crowded, variant_id)
    with transaction() as session:
        session.execute(db.update(StockItem).where(StockItem.variant_id == variant_id).values(available=10, on_hand=10))
        taken = {"variant_id": variant_id, "quantity": 10 - CROWD, "kind": "write_off", "actor": "tests"}
        session.add(StockEntry(**taken))
    rush(crowded, clients, "/checkout", lambda number: forms[number])
    sold = select(StockEntry.id).where(StockEntry.variant_id == variant_id, StockEntry.kind == "sale")
    assert len(db.session.scalars(sold).all()) <= 10
    assert db.session.get_one(StockItem, variant_id).available >= 0


def test_the_same_order_from_a_hundred_tabs_is_one(crowded: Town) -> None:
    (client,), (form,) = shoppers(crowded, make_variant(), 1)
    rush(crowded, twins(client, crowded), "/checkout", lambda _: form)
    assert count(Order, Order.checkout_key == form["key"]) == 1


def test_a_coupon_for_five_orders(crowded: Town) -> None:
    coupon = make_coupon(usage_limit=5, percent=0, kind="free_shipping")
    clients, forms = shoppers(crowded, make_variant(), 40)
    forms = [{**form, "quoted_minor": "250"} for form in forms]
    for client, form in zip(clients, forms, strict=True):
        crowded.send(client, "POST", "/checkout", {**form, "code": coupon.code})
    rush(crowded, clients, "/checkout", lambda number: forms[number])
    used = count(CouponUse, CouponUse.coupon_id == coupon.id)
    assert (used, db.session.get_one(Coupon, coupon.id).used) == (5, 5)


def test_an_order_is_cancelled_once(crowded: Town) -> None:
    variant_id = make_variant()
    variant = db.session.get_one(Variant, variant_id)
    order = make_order(variant)
    order_id, token = order.id, order.token
    rush(crowded, [crowded.visitor("anonymous") for _ in range(CROWD)], f"/orders/{token}/cancellation", lambda _: {})
    assert db.session.get_one(Order, order_id).status is OrderStatus.CANCELLED
    assert count(OrderEvent, OrderEvent.order_id == order_id, OrderEvent.kind == "cancelled") == 1
    assert db.session.get_one(StockItem, variant_id).available == 500


def test_no_more_is_paid_back_than_was_taken(crowded: Town) -> None:
    paid = make_paid(Provider(crowded.app), db.session.get_one(Variant, make_variant()))
    forms = [{"key": f"k{number}", "other": "2.00", "reason": "sorry"} for number in range(CROWD)]
    clients = [crowded.visitor("owner") for _ in range(CROWD)]
    rush(crowded, clients, f"/admin/orders/{paid.number}/refunds", lambda number: forms[number])
    payment = db.session.get_one(Payment, paid.payment_id)
    wanted = db.session.scalar(select(func.sum(Refund.amount_minor)).where(Refund.order_id == paid.order_id))
    assert wanted == payment.refunded_minor <= payment.captured_minor == paid.total_minor
    assert wanted > paid.total_minor - 200


def test_goods_come_back_once(crowded: Town) -> None:
    paid = make_paid(Provider(crowded.app), db.session.get_one(Variant, make_variant()))
    crowded.send(crowded.visitor("owner"), "POST", f"/admin/orders/{paid.number}/fulfilments", {})
    line = f"line-{paid.line_ids[0]}"
    form = {line: "1", "goods": "restock", "reason": "too small"}
    clients = [crowded.visitor("owner") for _ in range(CROWD)]
    path = f"/admin/orders/{paid.number}/returns"
    rush(crowded, clients, path, lambda number: {**form, "key": f"k{number}"})
    assert count(OrderReturn, OrderReturn.order_id == paid.order_id) == 1


def test_a_hundred_deliveries_are_a_hundred_pieces(crowded: Town) -> None:
    variant_id = make_variant(1)
    product_id = db.session.get_one(Variant, variant_id).product_id
    form = {"kind": "received", "quantity": "1"}
    path = f"/admin/products/{product_id}/variants/{variant_id}/stock-entries"
    rush(crowded, [crowded.visitor("owner") for _ in range(CROWD)], path, lambda _: form)
    assert db.session.get_one(StockItem, variant_id).available == 1 + CROWD


def test_one_address_opens_one_account_and_gets_few_mails(crowded: Town) -> None:
    form = {"name": "Nora", "email": "nora@example.com", "password": PASSWORD}
    clients = [crowded.visitor("anonymous") for _ in range(CROWD)]
    rush(crowded, clients, "/account/register", lambda _: form)
    # Two who look at once may both find room for one more mail.
    assert count(MailProof, MailProof.email == "nora@example.com") <= proofs.MOST_PER_HOUR + 26
    proof = db.session.scalars(
        select(MailProof).where(MailProof.email == "nora@example.com", MailProof.used_at.is_(None))
    ).all()
    paths = [f"/account/links/{proofs.token_of(one.salt, SECRET)}" for one in proof]
    many = [paths[number % len(paths)] for number in range(CROWD)]
    rush(crowded, [crowded.visitor("anonymous") for _ in range(CROWD)], many, lambda _: {})
    assert count(User, User.email == "nora@example.com") == 1


def test_a_mailed_link_signs_in_one_of_a_hundred(crowded: Town) -> None:
    user_id = crowded.people["stranger"]
    proofs.ask(ProofKind.SIGN_IN, "stranger@example.com", SECRET)
    salt = db.session.scalars(
        select(MailProof.salt).where(MailProof.email == "stranger@example.com").order_by(MailProof.id.desc())
    ).first()
    assert salt
    before = count(UserSession, UserSession.user_id == user_id)
    clients = [crowded.visitor("anonymous") for _ in range(CROWD)]
    rush(crowded, clients, f"/account/links/{proofs.token_of(salt, SECRET)}", lambda _: {})
    assert count(UserSession, UserSession.user_id == user_id) == before + 1


@pytest.mark.parametrize(
    ("path", "form", "model", "column"),
    [
        ("/admin/categories", {"name": "Rush"}, Category, Category.name),
        ("/admin/coupons", {"code": "RUSH", "kind": "percent", "percent": "5"}, Coupon, Coupon.code),
        (
            "/admin/products",
            {"name": "Rush", "code": "RUSH", "variants-0-sku": "RUSH-1", "variants-0-price": "1.00"},
            Product,
            Product.code,
        ),
    ],
)
def test_what_has_one_name_is_made_once(
    crowded: Town, path: str, form: dict[str, str], model: Any, column: Any
) -> None:
    data = {"category_id": str(crowded.facts["category_id"]), "tax_class": "standard", **form}
    rush(crowded, [crowded.visitor("owner") for _ in range(CROWD)], path, lambda _: data)
    assert count(model, column == (form.get("code") or form["name"])) == 1


def test_a_card_is_not_overdrawn_by_corrections(crowded: Town) -> None:
    account_id = crowded.facts["account_id"]
    form = {"direction": "take", "amount": "1.50", "reason": "count"}
    clients = [crowded.visitor("owner") for _ in range(CROWD)]
    rush(crowded, clients, f"/admin/credit/{account_id}/corrections", lambda n: {**form, "key": f"c{n}"})
    balance = db.session.get_one(CreditAccount, account_id).balance_minor
    total = select(func.sum(CreditEntry.amount_minor)).where(CreditEntry.account_id == account_id)
    assert balance == db.session.scalar(total) == 2000 % 150


def test_a_request_to_hear_of_goods_is_noted_once(crowded: Town, tmp_path: Path) -> None:
    from storefront.stock.models import StockRequest

    variant_id = make_variant(0)
    form = {"variant_id": str(variant_id), "email": "wait@example.com"}
    rush(crowded, [crowded.visitor("anonymous") for _ in range(CROWD)], "/stock-requests", lambda _: form)
    assert count(StockRequest, StockRequest.variant_id == variant_id) == 1
