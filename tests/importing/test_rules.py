"""Which line becomes what: goods, postage, gifts, and everything the shop has no place for."""

from pathlib import Path

import pytest
from sqlalchemy import func, select

from storefront.accounts.models import Customer
from storefront.catalog.models import Category, Product, Variant
from storefront.core.db import db
from storefront.importing.online_retail.account import Outcome
from storefront.orders.models import Order, OrderLine, OrderStatus
from storefront.stock.models import StockEntry, StockItem
from tests.fixtures.shop import on_every_database
from tests.importing.files import MUG, content, reasons, row, run

pytestmark = pytest.mark.usefixtures("context")


def order(invoice: int = 536365) -> Order:
    return db.session.scalars(select(Order).where(Order.external_ref == f"online-retail:{invoice}")).one()


def product(code: str) -> Product:
    return db.session.scalars(select(Product).where(Product.code == code)).one()


@on_every_database
def test_an_invoice_becomes_one_fulfilled_order_of_its_customer(tmp_path: Path) -> None:
    account = run(tmp_path, row(), row(goods=MUG, quantity=2, price=1.25), row(536366, customer=13047))
    found = order()
    assert (found.status, found.number, found.currency, found.country) == (OrderStatus.FULFILLED, "536365", "GBP", "GB")
    assert [(line.sku, line.name, line.quantity, line.unit_price_minor) for line in found.lines] == [
        ("71053", "White Metal Lantern", 6, 339),
        ("22222", "Blue Spot Mug", 2, 125),
    ]
    assert (found.items_minor, found.total_minor) == (6 * 339 + 250, 6 * 339 + 250)
    assert [event.kind for event in found.events] == ["imported"]
    assert db.session.get_one(Customer, found.customer_id).external_ref == "online-retail:17850"
    assert (account.sums.orders, account.customers, account.products) == (2, 2, 2)


@on_every_database
def test_a_second_run_changes_nothing_and_says_so(tmp_path: Path) -> None:
    rows = [
        row(),
        row(goods="POST,POSTAGE", quantity=1, price=18),
        row("C536400", quantity=-2, at="2010-12-05T10:00"),
        row(goods="M,Manual"),
    ]
    first = run(tmp_path, *rows)
    before = content()
    second = run(tmp_path, *rows)
    assert content() == before
    assert +first.outcomes == {Outcome.SALE: 1, Outcome.SHIPPING: 1, Outcome.RETURN: 1}
    assert second.outcomes[Outcome.ALREADY] == second.outcomes.total() == 3
    assert reasons(first) == reasons(second) == {5: "MANUAL"}
    assert (second.sums.orders, second.sums.units, second.products, second.customers) == (0, 0, 0, 0)


def test_a_longer_file_adds_what_is_new(tmp_path: Path) -> None:
    run(tmp_path, row())
    later = [row(), row(536999, MUG, at="2011-01-02T11:00"), row("C537000", quantity=-1, at="2011-01-03T09:00")]
    account = run(tmp_path, *later)
    assert +account.outcomes == {Outcome.ALREADY: 1, Outcome.SALE: 1, Outcome.RETURN: 1}
    assert account.products == 1
    assert [line.quantity for back in order().returns for line in back.lines] == [1]


def test_what_a_merchant_changed_is_left_alone(tmp_path: Path) -> None:
    run(tmp_path, row())
    lantern = product("71053")
    lantern.name, lantern.variants[0].price_minor = "Our Lantern", 999
    db.session.commit()
    run(tmp_path, row(), row(536366, "71053A,RED METAL LANTERN"))
    lantern = product("71053")
    assert (lantern.name, lantern.variants[0].price_minor) == ("Our Lantern", 999)
    assert [variant.sku for variant in lantern.variants] == ["71053", "71053A"]
    assert "71053a" in lantern.search_text
    assert lantern.price_minor == 339


def test_a_guest_order_has_no_customer(tmp_path: Path) -> None:
    run(tmp_path, row(customer=""))
    assert order().customer_id is None
    assert db.session.scalar(select(func.count()).select_from(Customer)) == 0


def test_times_are_london_time_stored_as_utc(tmp_path: Path) -> None:
    run(tmp_path, row(1), row(2, at="2011-07-01T08:26"))
    assert order(1).placed_at.isoformat() == "2010-12-01T08:26:00+00:00"
    assert order(2).placed_at.isoformat() == "2011-07-01T07:26:00+00:00"


def test_an_order_is_placed_when_its_first_line_was_typed(tmp_path: Path) -> None:
    run(tmp_path, row(at="2010-12-01T08:27"), row(goods=MUG, at="2010-12-01T08:26"))
    assert order().placed_at.minute == 26


def test_postage_becomes_the_shipping_of_its_order(tmp_path: Path) -> None:
    account = run(
        tmp_path, row(), row(goods="POST,POSTAGE", quantity=3, price=18), row(goods="C2,CARRIAGE", quantity=1, price=50)
    )
    assert (order().shipping_minor, order().total_minor) == (10_400, 10_400 + 6 * 339)
    assert +account.outcomes == {Outcome.SALE: 1, Outcome.SHIPPING: 2}
    assert account.sums.shipping_minor == 10_400


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"goods": "gift_0001_20,Gift Voucher", "customer": ""}, "VOUCHER"),
        ({"goods": "BANK CHARGES,Bank Charges"}, "FEE"),
        ({"goods": "AMAZONFEE,AMAZON FEE"}, "FEE"),
        ({"goods": "CRUK,CRUK Commission"}, "FEE"),
        ({"goods": "m,Manual"}, "MANUAL"),
        ({"goods": "D,Discount"}, "DISCOUNT"),
        ({"goods": "S,SAMPLES"}, "SAMPLE"),
        ({"goods": "PADS,PADS TO MATCH ALL CUSHIONS"}, "NOT_GOODS"),
        ({"invoice": "A563185", "goods": "B,Adjust bad debt"}, "BAD_DEBT"),
        ({"price": "-3.39"}, "NEGATIVE_PRICE"),
        ({"price": "0.001"}, "BELOW_PENNY"),
        ({"quantity": 0}, "NO_QUANTITY"),
        ({"quantity": -9, "price": 0, "customer": "", "goods": "71053,damaged"}, "WRITE_OFF"),
        ({"quantity": 5, "price": 0, "customer": "", "goods": "71053,found"}, "STOCK_MOVEMENT"),
        ({"quantity": 1, "invoice": "C536400"}, "POSITIVE_CANCELLATION"),
        ({"quantity": 2, "goods": "71054,?"}, "NO_NAME"),
        ({"invoice": 536999, "goods": "DOT,DOTCOM POSTAGE", "quantity": 1}, "SHIPPING_ALONE"),
        ({"invoice": "C536400", "goods": "POST,POSTAGE", "quantity": -1}, "SHIPPING_BACK"),
        ({"goods": "POST,POSTAGE", "quantity": -1}, "SHIPPING_BACK"),
    ],
)
def test_what_is_not_goods_is_listed_with_its_reason(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    account = run(tmp_path, row(), row(**changes))  # type: ignore[arg-type]
    assert reasons(account) == {3: reason}
    assert (account.sums.orders, account.sums.units, account.sums.items_minor) == (1, 6, 2034)
    assert account.is_complete


def test_an_exact_duplicate_is_imported_once(tmp_path: Path) -> None:
    account = run(tmp_path, row(), row(goods=MUG), row(), row(quantity=1), row(536366))
    assert reasons(account) == {4: "DUPLICATE"}
    assert [line.quantity for line in order().lines] == [6, 6, 1]


def test_what_a_customer_got_for_nothing_is_a_line_without_a_price(tmp_path: Path) -> None:
    account = run(tmp_path, row(), row(quantity=1, price=0))
    assert [line.total_minor for line in order().lines] == [2034, 0]
    assert account.is_complete


def test_letters_after_five_digits_are_variants_of_one_product(tmp_path: Path) -> None:
    run(
        tmp_path,
        row(goods="84029G,KNITTED UNION FLAG HOT WATER BOTTLE", price=3.39),
        row(goods="84029E,RED WOOLLY HOT WATER BOTTLE", price=4.25),
        row(goods="84029e,RED WOOLLY HOT WATER BOTTLE", price=4.25, quantity=1),
    )
    found = product("84029")
    assert (found.name, found.price_minor, found.category.slug) == ("Hot Water Bottle", 339, "textiles")
    assert [(v.sku, v.name, v.price_minor) for v in found.variants] == [
        ("84029E", "Red Woolly", 425),
        ("84029G", "Knitted Union Flag", 339),
    ]


def test_variants_that_cannot_be_told_apart_by_name_get_their_letter(tmp_path: Path) -> None:
    run(tmp_path, row(goods="10001A,WOODEN TOY CAR"), row(goods="10001B,WOODEN TOY CAR"))
    assert [variant.name for variant in product("10001").variants] == ["A", "B"]


def test_the_most_frequent_name_that_is_no_remark_is_the_name(tmp_path: Path) -> None:
    names = ("BLUE SPOT MUG", "BLUE SPOTTY MUG", "BLUE SPOTTY MUG", "damages?", "damages?", "damages?")
    run(tmp_path, *(row(536400 + i, f"22222,{name}") for i, name in enumerate(names)))
    assert product("22222").name == "Blue Spotty Mug"
    lines = db.session.scalars(select(OrderLine.name).order_by(OrderLine.id)).all()
    assert lines == ["Blue Spot Mug", *["Blue Spotty Mug"] * 5]


def test_the_price_is_the_usual_one_of_the_last_90_days_of_sales(tmp_path: Path) -> None:
    old = [row(100 + i, MUG, price=9.99, at="2010-12-02T10:00") for i in range(5)]
    new = [row(200 + i, MUG, price=price, at=f"2011-06-0{i + 1}T10:00") for i, price in enumerate((1.25, 1.45, 1.45))]
    run(tmp_path, *old, *new)
    assert product("22222").variants[0].price_minor == 145


def test_of_equally_usual_prices_the_latest_counts(tmp_path: Path) -> None:
    run(tmp_path, row(1, MUG, price=1.25), row(2, MUG, price=1.65, at="2010-12-03T10:00"))
    assert product("22222").price_minor == 165


def test_opening_stock_is_two_months_of_demand_and_nothing_of_what_is_dead(tmp_path: Path) -> None:
    days = ("2011-01-01", "2011-03-01", "2011-05-01", "2011-07-01")  # 181 days, 5.95 months
    run(
        tmp_path,
        row(1, MUG, at="2011-01-01T09:00"),
        *(row(2 + i, quantity=30, at=f"{d}T09:00") for i, d in enumerate(days)),
    )
    stock = dict(tuple(found) for found in db.session.execute(select(Variant.sku, StockItem.available).join(StockItem)))
    assert stock == {"71053": 41, "22222": 0}
    entries = db.session.scalars(select(StockEntry)).all()
    assert [(entry.quantity, entry.kind, entry.order_line_id) for entry in entries] == [(41, "receipt", None)]
    assert all(item.available == item.on_hand for item in db.session.scalars(select(StockItem)))


def test_two_products_of_one_name_get_two_addresses(tmp_path: Path) -> None:
    run(tmp_path, row(), row(goods="71054,WHITE METAL LANTERN"))
    assert {product("71053").slug, product("71054").slug} == {"white-metal-lantern", "white-metal-lantern-71054"}


def test_best_sellers_count_the_imported_pieces(tmp_path: Path) -> None:
    run(tmp_path, row(), row(536366, quantity=4), row(536367, MUG, quantity=3))
    assert (product("71053").sold, product("22222").sold) == (10, 3)


def test_categories_come_once_and_in_the_order_of_the_shelves(tmp_path: Path) -> None:
    run(tmp_path, row(), row(goods=MUG), row(536366, "22223,RED SPOT MUG"))
    names = db.session.scalars(select(Category.name).order_by(Category.position)).all()
    assert names == ["Kitchen & Dining", "Lighting & Candles"]
