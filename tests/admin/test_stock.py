"""Stock at the desk: goods received, corrections, the ledger."""

import pytest

from storefront.core.db import db
from storefront.stock import waiting
from storefront.stock.models import StockEntry, StockItem
from tests.fixtures.factories import make_product
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")


def book(client, product, **form: str):
    """Send the stock form of the product's first variant."""
    variant_id = product.variants[0].id
    return post(client, f"/admin/products/{product.id}/variants/{variant_id}/stock-entries", form)


def available(product) -> int:
    """What the database says can be sold of the first variant."""
    variant_id = product.variants[0].id
    db.session.rollback()
    return db.session.get_one(StockItem, variant_id).available


@pytest.mark.parametrize(("kind", "after"), [("received", 14), ("more", 14), ("fewer", 6)])
def test_stock_is_booked_with_who_and_why(sign_in, kind, after):
    product, client = make_product(stock_level=10), sign_in("manager")
    answer = book(client, product, kind=kind, quantity="4", reason="Delivery note 7")
    assert answer.status_code == 303
    assert available(product) == after
    entry = db.session.scalars(db.select(StockEntry).order_by(StockEntry.id.desc())).first()
    assert entry.actor.startswith("user:")
    page = client.get(answer.location).text
    assert "Delivery note 7" in page
    assert "Manager" in page


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"kind": "received", "quantity": ""}, "Enter how many pieces."),
        ({"kind": "received", "quantity": "0"}, "Enter a whole number from 1"),
        ({"kind": "received", "quantity": "1000001"}, "Enter a whole number from 1"),
        ({"kind": "received", "quantity": "-3"}, "Enter a whole number from 1"),
        ({"kind": "fewer", "quantity": "1", "reason": " "}, "Say why the stock is corrected"),
        ({"kind": "stolen", "quantity": "1"}, "Choose one of the list."),
    ],
)
def test_what_makes_no_sense_is_refused_and_books_nothing(sign_in, form, message):
    product = make_product(stock_level=10)
    answer = book(sign_in("manager"), product, **form)
    assert answer.status_code == 422
    assert message in answer.text
    assert available(product) == 10


def test_more_than_there_is_cannot_be_taken_away(sign_in):
    product = make_product(stock_level=3)
    answer = book(sign_in("manager"), product, kind="fewer", quantity="4", reason="broken")
    assert answer.status_code == 409
    assert "Only 3 are available" in answer.text
    assert 'value="broken"' in answer.text
    assert available(product) == 3


def test_the_ledger_of_the_chosen_variant_is_shown(sign_in):
    product, client = make_product(variants=("Red", "Blue"), stock_level=2), sign_in("analyst")
    red, blue = product.variants
    assert (
        f'variant={blue.id}" aria-current="page"'
        in client.get(f"/admin/products/{product.id}/stock?variant={blue.id}").text
    )
    assert (
        f'variant={red.id}" aria-current="page"' in client.get(f"/admin/products/{product.id}/stock?variant=999").text
    )


@pytest.mark.parametrize(("people", "said"), [(1, "1 person waits for this."), (2, "2 people wait for this.")])
def test_the_desk_sees_how_many_people_wait_for_a_variant(sign_in, people, said):
    product = make_product(variants=("Red", "Blue"), stock_level=0)
    red, blue = [variant.id for variant in product.variants]
    for number in range(people):
        waiting.ask(blue, f"person-{number}@example.com", "en")
    client = sign_in("analyst")
    assert said in client.get(f"/admin/products/{product.id}/stock?variant={blue}").text
    assert "for this" not in client.get(f"/admin/products/{product.id}/stock?variant={red}").text


def test_a_variant_of_another_product_is_not_booked(sign_in):
    mine, other = make_product(), make_product(stock_level=10)
    path = f"/admin/products/{mine.id}/variants/{other.variants[0].id}/stock-entries"
    assert post(sign_in("manager"), path, {"kind": "received", "quantity": "1"}).status_code == 404
    assert available(other) == 10
