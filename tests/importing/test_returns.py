"""Which earlier sale a cancellation takes back, and when an order counts as cancelled."""

from pathlib import Path

import pytest
from sqlalchemy import select

from storefront.core.db import db
from storefront.importing.online_retail import stored_sums
from storefront.orders.models import Order, OrderStatus
from tests.importing.files import MUG, reasons, row, run

pytestmark = pytest.mark.usefixtures("context")


def taken_back() -> dict[str, list[tuple[str, int, int]]]:
    """By order number: the returned SKU, pieces and value of every return line."""
    found = {}
    for order in db.session.scalars(select(Order).order_by(Order.id)):
        sku = {line.id: line.sku for line in order.lines}
        lines = [(sku[line.order_line_id], line.quantity, line.amount_minor) for r in order.returns for line in r.lines]
        if lines:
            found[order.number] = lines
    return found


def status(number: str) -> OrderStatus:
    return db.session.scalars(select(Order.status).where(Order.number == number)).one()


def back(invoice: str = "C900", quantity: int = -2, at: str = "2010-12-09T10:00", **changes: object) -> str:
    return row(invoice, quantity=quantity, at=at, **changes)  # type: ignore[arg-type]


def test_a_return_goes_to_the_latest_earlier_sale(tmp_path: Path) -> None:
    run(tmp_path, row(101), row(102, at="2010-12-05T09:00"), row(103, at="2010-12-20T09:00"), back())
    assert taken_back() == {"102": [("71053", 2, 678)]}


def test_a_sale_at_the_same_price_comes_before_a_later_one(tmp_path: Path) -> None:
    run(tmp_path, row(101), row(102, at="2010-12-05T09:00", price=4.95), back())
    assert taken_back() == {"101": [("71053", 2, 678)]}


def test_a_return_may_take_back_several_sales(tmp_path: Path) -> None:
    account = run(tmp_path, row(101), row(102, at="2010-12-05T09:00"), back(quantity=-8))
    assert taken_back() == {"101": [("71053", 2, 678)], "102": [("71053", 6, 2034)]}
    assert (account.sums.returned_units, account.sums.returned_minor) == (8, 2712)


def test_no_piece_is_taken_back_twice(tmp_path: Path) -> None:
    account = run(tmp_path, row(101), back("C900", -5), back("C901", -5, "2010-12-10T10:00"))
    assert taken_back() == {"101": [("71053", 5, 1695)]}
    assert reasons(account) == {4: "UNMATCHED_RETURN"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"customer": 13047}, "UNMATCHED_RETURN"),
        ({"goods": MUG}, "UNMATCHED_RETURN"),
        ({"at": "2010-12-01T08:25"}, "UNMATCHED_RETURN"),
        ({"quantity": -7}, "UNMATCHED_RETURN"),
        ({"price": 3.40}, "DEARER_RETURN"),
        ({"customer": ""}, "GUEST_RETURN"),
    ],
)
def test_a_return_without_a_matching_sale_is_listed(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    account = run(tmp_path, row(101), back(**changes))  # type: ignore[arg-type]
    assert reasons(account) == {3: reason}
    assert taken_back() == {}
    assert account.is_complete


def test_a_return_below_the_price_gives_back_what_it_says(tmp_path: Path) -> None:
    run(tmp_path, row(101), back(price=1.00))
    assert taken_back() == {"101": [("71053", 2, 200)]}


def test_returns_are_matched_in_the_order_of_their_times(tmp_path: Path) -> None:
    later = back("C901", -4, "2010-12-20T10:00")
    account = run(tmp_path, later, back("C900", -4), row(101))
    assert reasons(account) == {2: "UNMATCHED_RETURN"}


def test_an_order_taken_back_whole_within_24_hours_is_cancelled(tmp_path: Path) -> None:
    account = run(
        tmp_path,
        row(101),
        row(101, MUG),
        back(quantity=-6, at="2010-12-02T08:26"),
        back(quantity=-6, at="2010-12-02T08:00", goods=MUG),
    )
    assert status("101") is OrderStatus.CANCELLED
    assert account.sums.cancelled_orders == stored_sums(db.session()).cancelled_orders == 1


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param([back(quantity=-6, at="2010-12-02T08:27")], id="a minute too late"),
        pytest.param([back(quantity=-5, at="2010-12-01T09:00")], id="not all of it"),
        pytest.param([back(quantity=-6, at="2010-12-01T09:00", price=2.00)], id="not at its price"),
        pytest.param(
            [back(quantity=-3, at="2010-12-01T09:00"), back("C901", quantity=-3, at="2010-12-07T09:00")], id="half late"
        ),
    ],
)
def test_any_other_return_leaves_the_order_fulfilled(tmp_path: Path, returned: list[str]) -> None:
    run(tmp_path, row(101), *returned)
    assert status("101") is OrderStatus.FULFILLED
    assert taken_back()["101"]


def test_a_cancelled_order_is_no_demand_and_no_best_seller(tmp_path: Path) -> None:
    run(tmp_path, row(101, quantity=74_215), back(quantity=-74_215, at="2010-12-01T08:42"), row(102))
    product = db.session.scalars(select(Order).where(Order.number == "102")).one().lines[0]
    from storefront.catalog.models import Product, Variant
    from storefront.stock.models import StockItem

    variant = db.session.get_one(Variant, product.variant_id)
    assert db.session.get_one(StockItem, variant.id).available == 12
    assert db.session.get_one(Product, variant.product_id).sold == 6
