"""A guest's cart comes along by every way in, and no line of it is lost, whatever there is in stock."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.accounts import entry, proofs
from storefront.accounts import service as accounts
from storefront.accounts.models import MailProof, ProofKind
from storefront.accounts.queries import find_user
from storefront.cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from storefront.cart.queries import find_users_cart
from storefront.cart.service import add_line
from storefront.core.db import db
from storefront.stock import service as stock
from tests.accounts.test_passkey_pages import options
from tests.fixtures.authenticator import Authenticator
from tests.fixtures.factories import make_variant
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, post, token_of

EMAIL = "grace@example.com"


def secret_of(app: Flask) -> str:
    return str(app.config["SETTINGS"].secret_key)


def follow(app: Flask, client: FlaskClient, form: dict[str, object] | None = None) -> None:
    """Follow the newest link that was mailed."""
    with app.app_context():
        salt = db.session.scalars(db.select(MailProof.salt).order_by(MailProof.id.desc())).first()
        token = proofs.token_of(str(salt), secret_of(app))
        forget()
    assert post(client, f"/account/links/{token}", form).status_code == 303


def by_password(app: Flask, client: FlaskClient) -> None:
    assert post(client, "/account/sign-in", {"email": EMAIL, "password": PASSWORD}).status_code == 303


def by_mail(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        proofs.ask(ProofKind.SIGN_IN, EMAIL, secret_of(app))
    follow(app, client)


def by_reset(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        proofs.ask(ProofKind.RESET, EMAIL, secret_of(app))
    follow(app, client, {"password": "a sieve for coffee"})


def by_passkey(app: Flask, client: FlaskClient) -> None:
    own, device = app.test_client(), Authenticator()
    by_password(app, own)
    answer = device.create(options(own, "/account/passkeys/options"))
    post(own, "/account/passkeys", {"answer": answer, "passkey_name": "Phone"})
    answer = device.get(options(client, "/account/sign-in/passkeys/options"))
    assert post(client, "/account/sign-in/passkeys", {"answer": answer}).status_code == 303


def by_registering(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        entry.ask_to_register(EMAIL, PASSWORD, "Grace", secret_of(app))
    follow(app, client)


WAYS = [by_password, by_mail, by_reset, by_passkey]


def fill(app: Flask, client: FlaskClient, *lines: tuple[int, int]) -> None:
    """The guest's cart, as the pages fill it."""
    for variant_id, quantity in lines:
        client.post("/cart/lines", data={"variant_id": variant_id, "quantity": quantity})


def users_lines(app: Flask) -> dict[int, int]:
    """What is in the cart of whoever has that address."""
    with app.app_context():
        user = find_user(db.session(), EMAIL)
        cart = find_users_cart(db.session(), user.id) if user else None
        return {line.variant_id: line.quantity for line in cart.lines} if cart else {}


@pytest.fixture
def variants(app: Flask) -> list[int]:
    with app.app_context():
        return [make_variant(stock_level=5).id for _ in range(3)]


@pytest.mark.parametrize("come_in", WAYS, ids=lambda way: way.__name__)
def test_both_carts_come_together_by_every_way_in(
    app: Flask, client: FlaskClient, variants: list[int], come_in: Callable[[Flask, FlaskClient], None]
) -> None:
    guests, both, own = variants
    with app.app_context():
        user_id = accounts.create_user(EMAIL, PASSWORD, "Grace")
        token = add_line(None, both, 4, user_id)
        add_line(token, own, 1, user_id)
    fill(app, client, (guests, 2), (both, 3))
    with app.app_context():
        stock.adjust(guests, -5, "tests", "sold out meanwhile")
    come_in(app, client)
    # More than there is in stock (5) stays in the cart, which says so; nothing of it is dropped in silence.
    assert users_lines(app) == {guests: 2, both: 7, own: 1}
    assert "10<span" in client.get("/cart/badge").text
    page = client.get("/cart").text
    assert "Some of this is sold out, or there are fewer than you want:" in page
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Cart)) == 1


def test_a_new_account_takes_the_guests_cart_over(app: Flask, client: FlaskClient, variants: list[int]) -> None:
    fill(app, client, (variants[0], 2), (variants[1], 5))
    by_registering(app, client)
    assert users_lines(app) == {variants[0]: 2, variants[1]: 5}


@pytest.mark.parametrize("come_in", WAYS, ids=lambda way: way.__name__)
def test_a_full_cart_takes_the_guests_lines_too(
    app: Flask, client: FlaskClient, variants: list[int], come_in: Callable[[Flask, FlaskClient], None]
) -> None:
    with app.app_context():
        user_id = accounts.create_user(EMAIL, PASSWORD, "Grace")
        more = [make_variant(stock_level=0).id for _ in range(MAX_LINES - 1)]
        token = add_line(None, variants[1], MAX_QUANTITY - 1, user_id)
        cart_id = db.session.scalars(db.select(Cart.id).where(Cart.token == token)).one()
        db.session.add_all(CartLine(cart_id=cart_id, variant_id=one, quantity=1) for one in more)
        db.session.commit()
    fill(app, client, (variants[0], 2), (variants[1], 5))
    come_in(app, client)
    lines = users_lines(app)
    assert len(lines) == MAX_LINES + 1
    assert (lines[variants[0]], lines[variants[1]]) == (2, MAX_QUANTITY)


def test_signing_in_twice_doubles_nothing(app: Flask, client: FlaskClient, variants: list[int]) -> None:
    with app.app_context():
        accounts.create_user(EMAIL, PASSWORD, "Grace")
    fill(app, client, (variants[0], 2))
    by_password(app, client)
    by_mail(app, client)
    assert users_lines(app) == {variants[0]: 2}
    assert token_of(client)
