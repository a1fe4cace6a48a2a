"""What is sold was there: the guard, the ledger and their sums."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from storefront.catalog.models import Product
from storefront.core.db import db, transaction
from storefront.stock import service as stock
from storefront.stock.models import EntryKind, StockEntry, StockItem
from storefront.stock.queries import find_item, is_product_in_stock, list_entries, map_available
from storefront.stock.service import InvalidQuantity, NotEnoughStock, NotOnShelf, OutOfStock, StockLine
from tests.fixtures.factories import make_product, make_variant
from tests.fixtures.readings import forget, ledger_sum, stock_of
from tests.fixtures.shop import on_every_database


def take(*lines: StockLine) -> None:
    with transaction():
        stock.take(lines, "shopper")


def release(*lines: StockLine) -> None:
    with transaction():
        stock.release(lines, "shopper", "changed their mind")


@pytest.mark.usefixtures("context")
def test_a_sale_takes_what_can_be_sold_and_leaves_the_shelf_until_it_is_shipped() -> None:
    variant_id = make_variant(stock_level=10).id
    take(StockLine(variant_id, 4, 1))
    assert stock_of(variant_id) == (6, 10)
    with transaction():
        stock.ship([StockLine(variant_id, 4, 1)])
    assert stock_of(variant_id) == (6, 6)
    assert ledger_sum(variant_id) == 6


@on_every_database
@pytest.mark.usefixtures("context")
def test_more_than_there_is_is_not_sold_and_nothing_is_written() -> None:
    variant_id = make_variant(stock_level=3).id
    with pytest.raises(OutOfStock) as refused:
        take(StockLine(variant_id, 4, 1))
    (short,) = refused.value.facts["lines"]
    assert (short.variant_id, short.wanted, short.available) == (variant_id, 4, 3)
    assert stock_of(variant_id) == (3, 3)
    assert ledger_sum(variant_id) == 3


@pytest.mark.usefixtures("context")
def test_all_lines_are_sold_or_none_and_every_short_one_is_named() -> None:
    plenty, few = make_variant(stock_level=10).id, make_variant(stock_level=1).id
    nothing = make_product(stock_level=0, variants=("blue",)).variants[0]
    sku, name = nothing.sku, f"{nothing.product.name} – blue"
    with pytest.raises(OutOfStock) as refused:
        take(StockLine(plenty, 2, 1), StockLine(few, 2, 2), StockLine(nothing.id, 1, 3))
    short = refused.value.facts["lines"]
    assert [line.variant_id for line in short] == [few, nothing.id]
    assert (short[1].sku, short[1].name, short[1].available) == (sku, name, 0)
    assert stock_of(plenty) == (10, 10)


@on_every_database
@pytest.mark.usefixtures("context")
def test_one_variant_on_two_lines_counts_as_one_quantity() -> None:
    variant_id = make_variant(stock_level=5).id
    with pytest.raises(OutOfStock) as refused:
        take(StockLine(variant_id, 3, 1), StockLine(variant_id, 3, 2))
    assert [line.wanted for line in refused.value.facts["lines"]] == [6]
    take(StockLine(variant_id, 3, 1), StockLine(variant_id, 2, 2))
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 0


@on_every_database
@pytest.mark.usefixtures("context")
def test_an_order_line_is_sold_once() -> None:
    variant_id = make_variant(stock_level=5).id
    take(StockLine(variant_id, 2, 1))
    with pytest.raises(IntegrityError):
        take(StockLine(variant_id, 2, 1))
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 3


@on_every_database
@pytest.mark.usefixtures("context")
def test_an_order_line_is_released_once() -> None:
    variant_id = make_variant(stock_level=5).id
    take(StockLine(variant_id, 2, 1))
    release(StockLine(variant_id, 2, 1))
    with pytest.raises(IntegrityError):
        release(StockLine(variant_id, 2, 1))
    assert stock_of(variant_id)[0] == ledger_sum(variant_id) == 5


@on_every_database
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("column", [StockItem.available, StockItem.on_hand])
def test_the_database_itself_refuses_less_than_nothing(column: object) -> None:
    variant_id = make_variant(stock_level=1).id
    with pytest.raises(Exception, match=r"(?i)constraint"), transaction() as session:
        session.execute(update(StockItem).where(StockItem.variant_id == variant_id).values({column: -1}))
    assert stock_of(variant_id) == (1, 1)


@pytest.mark.usefixtures("context")
def test_every_change_makes_the_version_one_higher() -> None:
    variant_id = make_variant(stock_level=5).id
    versions = [version_of(variant_id)]
    take(StockLine(variant_id, 1, 1))
    versions.append(version_of(variant_id))
    release(StockLine(variant_id, 1, 1))
    versions.append(version_of(variant_id))
    with pytest.raises(OutOfStock):
        take(StockLine(variant_id, 6, 2))
    versions.append(version_of(variant_id))
    assert versions == [1, 2, 3, 3]


def version_of(variant_id: int) -> int:
    forget()
    item = find_item(db.session(), variant_id)
    assert item is not None
    return item.version


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_goods_that_arrive_are_counted_from_one_to_a_million(quantity: int) -> None:
    variant_id = make_variant(stock_level=1).id
    with pytest.raises(InvalidQuantity):
        stock.receive(variant_id, quantity, "staff")
    assert stock_of(variant_id) == (1, 1)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("quantity", [0, -1_000_001, 1_000_001])
def test_stock_is_not_corrected_by_nothing_or_by_too_much(quantity: int) -> None:
    variant_id = make_variant(stock_level=1).id
    with pytest.raises(InvalidQuantity):
        stock.adjust(variant_id, quantity, "staff", "counted")


@pytest.mark.usefixtures("context")
def test_a_correction_below_nothing_is_refused_and_leaves_no_trace() -> None:
    variant_id = make_variant(stock_level=5).id
    take(StockLine(variant_id, 3, 1))
    with pytest.raises(NotEnoughStock) as refused:
        stock.adjust(variant_id, -3, "staff", "counted")
    assert refused.value.facts == {"available": 2, "quantity": -3}
    stock.adjust(variant_id, -2, "staff", "counted")
    assert stock_of(variant_id) == (0, 3)
    assert ledger_sum(variant_id) == 0


@pytest.mark.usefixtures("context")
def test_the_ledger_says_who_did_what_and_why_the_newest_first() -> None:
    variant_id = make_variant(stock_level=5).id
    stock.adjust(variant_id, -1, "packer@example.com", "broken")
    take(StockLine(variant_id, 2, 7))
    entries = list_entries(db.session(), variant_id)
    seen = [(entry.kind, entry.quantity, entry.actor, entry.reason, entry.order_line_id) for entry in entries]
    assert seen == [
        (EntryKind.SALE, -2, "shopper", "", 7),
        (EntryKind.ADJUSTMENT, -1, "packer@example.com", "broken", None),
        (EntryKind.RECEIPT, 5, "tests", "", None),
    ]
    assert len(list_entries(db.session(), variant_id, limit=1)) == 1


@pytest.mark.usefixtures("context")
def test_shipping_what_does_not_lie_on_the_shelf_is_refused() -> None:
    variant_id = make_variant(stock_level=2).id
    with pytest.raises(NotOnShelf), transaction():
        stock.ship([StockLine(variant_id, 3, 1)])
    assert stock_of(variant_id) == (2, 2)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("step", [stock.take, lambda lines, _: stock.ship(lines)])
def test_steps_that_belong_to_an_order_join_its_transaction(step) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(RuntimeError, match="joins a transaction"):
        step([StockLine(1, 1, 1)], "shopper")


@pytest.mark.usefixtures("context")
def test_a_variant_without_a_stock_row_has_nothing() -> None:
    known, new = make_variant(stock_level=4).id, make_variant(stock_level=0).id
    assert map_available(db.session(), [known, new]) == {known: 4, new: 0}
    assert map_available(db.session(), []) == {}
    assert find_item(db.session(), new) is None


@pytest.mark.usefixtures("context")
def test_a_new_variant_is_given_its_row_once() -> None:
    variant_id = make_variant(stock_level=0).id
    with transaction():
        stock.ensure_item(variant_id)
        stock.ensure_item(variant_id)
    assert stock_of(variant_id) == (0, 0)
    assert db.session.scalars(select(StockEntry)).all() == []


@pytest.mark.usefixtures("context")
def test_a_product_is_in_stock_when_some_active_variant_is() -> None:
    full, empty = make_product(variants=("red", "blue")), make_product(stock_level=0)
    in_stock = db.session.scalars(select(Product.id).where(is_product_in_stock())).all()
    assert in_stock == [full.id]
    with transaction() as session:
        for variant in session.get_one(Product, full.id).variants:
            variant.is_active = False
    assert db.session.scalars(select(Product.id).where(is_product_in_stock())).all() == []
    assert empty.id
