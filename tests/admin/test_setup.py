"""Delivery and tax at the desk."""

import pytest

from storefront.core.db import db
from storefront.shipping.models import MethodKind, ShippingMethod
from storefront.shipping.queries import list_offers, list_zones
from storefront.tax.models import TaxRate
from tests.fixtures.factories import make_variant
from tests.fixtures.shop import post

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def owner(sign_in):
    """A browser of the owner."""
    return sign_in("owner")


def offers(country: str, items_minor: int = 100, grams: int = 0) -> list[tuple[str, int]]:
    """What a customer there can choose, with its price."""
    db.session.rollback()
    return [(offer.name, offer.price_minor) for offer in list_offers(db.session(), country, items_minor, grams)]


def method_id(name: str) -> int:
    db.session.rollback()
    return db.session.scalars(db.select(ShippingMethod.id).where(ShippingMethod.name == name)).one()


def test_a_zone_and_its_methods_are_made_changed_and_deleted(owner):
    answer = post(owner, "/admin/shipping/zones", {"name": "Alps", "countries": ["AT", "CH"]})
    assert answer.status_code == 303
    assert offers("AT") == []
    form = {
        "name": "Post",
        "kind": "weight",
        "bands-0-grams": "1000",
        "bands-0-price": "4.50",
        "bands-1-grams": "5000",
        "bands-1-price": "9",
        "free_from": "80",
        "first_day": "2",
        "last_day": "5",
        "is_active": "y",
    }
    assert post(owner, answer.location.removesuffix("/new"), form).status_code == 303
    assert (offers("AT", grams=1000), offers("AT", grams=1001), offers("AT", grams=5001)) == (
        [("Post", 450)],
        [("Post", 900)],
        [],
    )
    assert offers("AT", items_minor=8000, grams=10) == [("Post", 0)]
    page = owner.get("/admin/shipping").text
    assert "up to 1000 g: £4.50" in page
    assert "Austria, Switzerland" in page

    wanted = method_id("Post")
    shown = owner.get(f"/admin/shipping/methods/{wanted}").text
    assert 'value="4.50"' in shown
    post(owner, f"/admin/shipping/methods/{wanted}", {"name": "Post", "kind": "pickup", "note": "At the gate"})
    assert db.session.get_one(ShippingMethod, wanted).kind is MethodKind.PICKUP
    assert offers("AT") == []
    assert "not offered" in owner.get("/admin/shipping").text
    post(owner, f"/admin/shipping/methods/{wanted}/removal")
    zone = next(zone for zone in list_zones(db.session()) if zone.name == "Alps")
    post(owner, f"/admin/shipping/zones/{zone.id}/removal")
    assert offers("AT") == [("International delivery", 1295)]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"name": "", "countries": ["AT"]}, "Enter a name."),
        ({"name": "Alps"}, "Choose at least one country."),
        ({"name": "Alps", "is_rest": "y"}, "The rest of the world belongs to another zone already."),
        ({"name": "Own country", "countries": ["AT"]}, "Own country belongs to another zone already."),
        ({"name": "Alps", "countries": ["GB"]}, "Choose one of the list."),
    ],
)
def test_a_zone_that_cannot_be_is_refused_at_its_field(owner, form, message):
    answer = post(owner, "/admin/shipping/zones", form)
    assert answer.status_code in (409, 422)
    assert message in answer.text
    assert len(list_zones(db.session())) == 2


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"kind": "flat"}, "Enter a price, or 0."),
        ({"kind": "weight"}, "Enter at least one weight with its price."),
        ({"kind": "weight", "bands-0-grams": "5"}, "Enter both, or leave both empty."),
        ({"kind": "flat", "price": "1", "first_day": "3", "last_day": "2"}, "less than the first number of days"),
        ({"kind": "flat", "price": "much"}, "Enter an amount such as 12.50."),
    ],
)
def test_a_method_that_cannot_be_is_refused_at_its_field(owner, form, message):
    zone = list_zones(db.session())[0].id
    answer = post(owner, f"/admin/shipping/zones/{zone}/methods", {"name": "Post", **form})
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Post"' in answer.text


def test_methods_are_put_in_order_and_the_first_is_chosen_at_checkout(owner):
    post(owner, f"/admin/shipping/methods/{method_id('Express delivery')}/position", {"direction": "up"})
    assert [name for name, _price in offers("GB")] == ["Express delivery", "Standard delivery"]


def test_what_stops_orders_is_said_aloud(owner):
    for name in ("Standard delivery", "Express delivery", "International delivery"):
        post(owner, f"/admin/shipping/methods/{method_id(name)}", {"name": name, "kind": "flat", "price": "1"})
    assert "Nothing can be ordered" in owner.get("/admin/shipping").text
    make_variant()
    form = {"name": "Post", "kind": "weight", "bands-0-grams": "9", "bands-0-price": "1", "is_active": "y"}
    post(owner, f"/admin/shipping/methods/{method_id('Express delivery')}", form)
    assert "1 variant on sale has no weight" in owner.get("/admin/shipping").text


def rates(country: str) -> dict[str, int]:
    db.session.rollback()
    found = db.session.scalars(db.select(TaxRate).where(TaxRate.country == country))
    return {rate.tax_class.value: rate.rate_ppm for rate in found}


def test_a_country_is_taxed_changed_and_no_longer_taxed(owner):
    form = {"country": "US", "name": "Sales tax", "standard": "8.875 %", "reduced": "0"}
    assert post(owner, "/admin/taxes", form).status_code == 303
    assert rates("US") == {"standard": 88_750, "reduced": 0}
    page = owner.get("/admin/taxes").text
    assert "8.875%" in page
    assert "it comes on top" in page
    assert 'value="8.875"' in owner.get("/admin/taxes/US").text
    post(owner, "/admin/taxes/US", {"name": "VAT", "standard": "20", "is_included": "y"})
    assert rates("US") == {"standard": 200_000}
    post(owner, "/admin/taxes/US/removal")
    assert rates("US") == {}
    assert owner.get("/admin/taxes/US").status_code == 404


@pytest.mark.parametrize("typed", ["much", "-1", "101", "8.87501", ""])
def test_a_rate_that_is_no_percentage_is_refused(owner, typed):
    answer = post(owner, "/admin/taxes", {"country": "US", "name": "Tax", "standard": typed})
    assert answer.status_code == 422
    assert "Enter a percentage such as 20 or 8.875." in answer.text
    assert rates("US") == {}


def test_a_product_has_its_tax_class_and_its_variants_weigh_something(owner):
    variant = make_variant()
    product = variant.product
    form = {
        "version": product.version,
        "name": product.name,
        "code": product.code,
        "category_id": product.category_id,
        "tax_class": "reduced",
        "variants-0-id": variant.id,
        "variants-0-sku": variant.sku,
        "variants-0-price": "2.50",
        "variants-0-weight": "1250",
        "variants-0-is_active": "y",
    }
    address = f"/admin/products/{product.id}"
    assert post(owner, address, form).status_code == 303
    db.session.rollback()
    assert (variant.weight_grams, product.tax_class.value) == (1250, "reduced")
    shown = owner.get(address).text
    assert 'value="1250"' in shown
    assert '<option selected value="reduced"' in shown
