"""The stock gate at the desk: how it stands, what differs, publishing now."""

import re

import pytest
from redis import Redis

from storefront.stock.breaker import BreakerState
from storefront.stock.gate import Copy, Gate
from storefront.stock.holds import get_holds
from storefront.stock.service import OutOfStock
from tests.fixtures.factories import make_product
from tests.fixtures.shop import make_settings, post

pytestmark = pytest.mark.usefixtures("context")


@pytest.fixture
def gate(settings) -> Gate:
    return Gate(Redis.from_url(settings.redis_stock_url))


def tile(page: str, label: str) -> str:
    """What stands above the label."""
    return re.search(rf"<strong>([^<]*)</strong> <span>{label}</span>", page)[1]


def test_a_missing_copy_is_listed_and_published(sign_in, gate):
    product, client = make_product(name="Blue jug", stock_level=7), sign_in("manager")
    page = client.get("/admin/drift").text
    assert "Blue jug" in page
    assert "no copy" in page
    answer = post(client, "/admin/drift/publications")
    page = client.get(answer.location).text
    assert "1 copy was put right." in page
    assert "Every copy is right" in page
    assert gate.read_copies([product.variants[0].id])[product.variants[0].id].available == 7


def test_lost_history_is_shown_and_told_after_publishing(sign_in, gate):
    variant_id, client = make_product().variants[0].id, sign_in("manager")
    gate.publish([Copy(variant_id, 3, 50)])
    assert "The database has lost history of 1 variant." in client.get("/admin/drift").text
    answer = post(client, "/admin/drift/publications")
    assert "The database had lost what some copies were made from." in client.get(answer.location).text
    assert gate.read_copies([variant_id])[variant_id].available == 10


def test_holds_and_refusals_are_counted(sign_in, gate):
    variant_id = make_product(stock_level=1).variants[0].id
    get_holds().hold("ada", {variant_id: 1})
    for shopper in ("eve", "bob"):
        with pytest.raises(OutOfStock):
            get_holds().hold(shopper, {variant_id: 1})
    page = sign_in("analyst").get("/admin/drift").text
    assert tile(page, "Goods kept at checkout") == "1"
    assert tile(page, "Turned away, sold out") == "2"
    assert tile(page, "The gate") == "in use"


def test_who_may_only_look_cannot_publish(sign_in, gate):
    variant_id, client = make_product().variants[0].id, sign_in("analyst")
    assert "Publish now" not in client.get("/admin/drift").text
    assert post(client, "/admin/drift/publications").status_code == 403
    assert gate.read_copies([variant_id]) == {}


def test_a_customer_sees_nothing_of_it(sign_in):
    assert sign_in().get("/admin/drift").status_code == 403


def test_only_the_first_are_listed_and_all_are_counted(sign_in, monkeypatch):
    monkeypatch.setattr("storefront.admin.views.drift.SHOWN", 2)
    make_product(variants=("Red", "Green", "Blue"))
    page = sign_in("owner").get("/admin/drift").text
    assert "The first 2 of 3." in page
    assert page.count("no copy") == 2


class TestWithoutRedis:
    """The stock server is away."""

    @pytest.fixture
    def settings(self, tmp_path):
        return make_settings(tmp_path, f"sqlite:///{tmp_path / 'shop.sqlite3'}", f"unix://{tmp_path / 'nobody.sock'}")

    def test_the_page_says_so_and_how_the_breaker_stands(self, sign_in):
        variant_id, client = make_product().variants[0].id, sign_in("owner")
        for _ in range(3):
            assert get_holds().hold("ada", {variant_id: 1}) is None
        assert get_holds().breaker.state is BreakerState.OPEN
        page = client.get("/admin/drift").text
        assert "The stock server does not answer." in page
        assert tile(page, "The gate") == "left out"
        assert tile(page, "Questions without an answer") == "3"
        answer = post(client, "/admin/drift/publications")
        assert "nothing was published" in client.get(answer.location).text
