"""Hearts and the wishlist's page: public pages stay the same for everybody, a guest's wish waits for the sign-in."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.accounts import proofs
from storefront.accounts import service as accounts
from storefront.accounts.models import MailProof, ProofKind
from storefront.core.db import db, transaction
from storefront.stock import service as stock
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from storefront.wishlist import service
from storefront.wishlist.models import Wish
from storefront.wishlist.queries import list_wished_ids
from tests.fixtures.factories import make_product
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, post

EMAIL = "ada@example.com"
HTMX = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def lamp(app: Flask) -> tuple[str, int]:
    """The address of a product's page, and its variant."""
    with app.app_context():
        product = make_product(name="Lamp")
        return f"/p/{product.slug}", product.variants[0].id


def wished(app: Flask, user_id: int = 1) -> list[int]:
    with app.app_context():
        return list_wished_ids(db.session(), user_id)


def test_public_pages_are_the_same_bytes_for_everybody(
    client: FlaskClient, sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]
) -> None:
    path, variant_id = lamp
    own = sign_in(email=EMAIL)
    own.post("/wishlist/items", data={"variant_id": variant_id})
    for address in (path, "/", "/search"):
        ours, theirs = own.get(address), client.get(address)
        assert ours.data == theirs.data
        assert ours.headers["Cache-Control"].startswith("public")
        assert f'data-wish="{variant_id}"' in ours.text
    assert f'data-wished="{variant_id}"' in own.get("/cart/badge").text
    assert "data-wished" not in client.get("/cart/badge").text


def test_a_heart_puts_on_and_takes_off(app: Flask, sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]) -> None:
    client = sign_in(email=EMAIL)
    answer = client.post("/wishlist/items", data={"variant_id": lamp[1]})
    assert (answer.status_code, answer.location) == (303, "/account/wishlist")
    assert "Lamp" in client.get("/account/wishlist").text
    answer = client.post("/wishlist/items", data={"variant_id": lamp[1], "wanted": "0"}, headers=HTMX)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, "cart-changed")
    assert wished(app) == []


def follow_mail(client: FlaskClient, app: Flask) -> None:
    with app.app_context():
        secret = app.config["SETTINGS"].secret_key
        proofs.ask(ProofKind.SIGN_IN, EMAIL, secret)
        salt = db.session.scalars(db.select(MailProof.salt).order_by(MailProof.id.desc())).first()
        token = proofs.token_of(str(salt), secret)
        forget()
    post(client, f"/account/links/{token}")


def use_password(client: FlaskClient, _app: Flask) -> None:
    post(client, "/account/sign-in", {"email": EMAIL, "password": PASSWORD})


@pytest.mark.parametrize("come_in", [use_password, follow_mail])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_guest_signs_in_and_finds_what_they_wished_for(
    app: Flask,
    client: FlaskClient,
    lamp: tuple[str, int],
    come_in: Callable[[FlaskClient, Flask], None],
    headers: dict[str, str],
) -> None:
    with app.app_context():
        accounts.create_user(EMAIL, PASSWORD, "Ada")
    asked = client.post("/wishlist/items", data={"variant_id": lamp[1]}, headers=headers)
    to = asked.headers["HX-Redirect"] if headers else asked.location
    assert to == "/account/sign-in?next=/account/wishlist"
    assert "Sign in to keep it on your wishlist." in client.get(to).text
    assert wished(app) == []
    come_in(client, app)
    assert wished(app) == [lamp[1]]


def test_a_wish_that_is_gone_meanwhile_stops_nobody_at_the_door(
    app: Flask, client: FlaskClient, lamp: tuple[str, int]
) -> None:
    with app.app_context():
        accounts.create_user(EMAIL, PASSWORD, "Ada")
    with client.session_transaction() as session:
        session["wish"] = 999
    use_password(client, app)
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize("variant_id", ["", "0", "-1", "x", "999", str(10**30)])
def test_what_is_not_in_the_shop_is_not_wished_for(
    client: FlaskClient, sign_in: Callable[..., FlaskClient], variant_id: str
) -> None:
    for somebody in (client, sign_in(email=EMAIL)):
        assert somebody.post("/wishlist/items", data={"variant_id": variant_id}).status_code == 404


def test_mails_are_switched_on_and_off(app: Flask, sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]) -> None:
    client = sign_in(email=EMAIL)
    client.post("/wishlist/items", data={"variant_id": lamp[1]})
    assert "Tell me when it is cheaper" in client.get("/account/wishlist").text
    post(client, "/account/wishlist/1/mails", {"told": "1"})
    assert "Stop the e-mails" in client.get("/account/wishlist").text
    with app.app_context():
        link = f"/wishlist/mails/{service.stop_token(1, app.config['SETTINGS'].secret_key)}"
    guest = app.test_client()
    assert "Do not write to me" in guest.get(link).text
    with app.app_context():
        assert db.session.get_one(Wish, 1).is_told, "looking at the link changes nothing"
    post(guest, f"{link[:-1]}x/end")
    with app.app_context():
        assert db.session.get_one(Wish, 1).is_told
    post(guest, f"{link}/end")
    with app.app_context():
        assert not db.session.get_one(Wish, 1).is_told


def test_who_stops_mails_about_stock_is_not_asked_for_anew(
    app: Flask, sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]
) -> None:
    client = sign_in(email=EMAIL)
    client.post("/wishlist/items", data={"variant_id": lamp[1]})
    post(client, "/account/wishlist/1/mails", {"told": "1"})
    with app.app_context():
        stock.adjust(lamp[1], -10, "tests", "gone")
        assert service.wait_for_sold_out(db.session()) == 1
        token = db.session.scalars(db.select(StockRequest.token)).one()
        forget()
    post(app.test_client(), f"/stock-requests/{token}/removal")
    with app.app_context():
        assert service.wait_for_sold_out(db.session()) == 0
        assert waiting.find_request(db.session(), token) is None


def test_what_was_taken_off_can_be_put_back(
    app: Flask, sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]
) -> None:
    client = sign_in(email=EMAIL)
    client.post("/wishlist/items", data={"variant_id": lamp[1]})
    post(client, "/account/wishlist/1/removal")
    assert "Lamp was removed." in client.get("/account/wishlist").text
    assert "was removed" not in client.get("/account/wishlist").text
    client.post("/wishlist/items", data={"variant_id": lamp[1]})
    assert wished(app) == [lamp[1]]
    for step, form in (("mails", {"told": "1"}), ("removal", {})):
        assert post(sign_in(email=f"{step}@example.com"), f"/account/wishlist/2/{step}", form).status_code == 404


def test_the_page_tells_what_changed(app: Flask, sign_in: Callable[..., FlaskClient], lamp: tuple[str, int]) -> None:
    client = sign_in(email=EMAIL)
    assert "Nothing on your wishlist yet" in client.get("/account/wishlist").text
    client.post("/wishlist/items", data={"variant_id": lamp[1]})
    with app.app_context(), transaction() as session:
        session.get_one(Wish, 1).price_minor = 300
    assert "was £3.00 when you put it here" in client.get("/account/wishlist").text
    with app.app_context():
        stock.adjust(lamp[1], -10, "tests", "gone")
    page = client.get("/account/wishlist").text
    assert "Tell me when it is back" in page
    assert "Sold out" in page


def test_another_site_puts_nothing_on(client: FlaskClient, lamp: tuple[str, int]) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/wishlist/items", data={"variant_id": lamp[1]}, headers=headers).status_code == 403
