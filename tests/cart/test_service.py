"""Carts keep every line, within their bounds, whoever adds at the same moment."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from storefront.accounts.service import create_user
from storefront.cart import service as carts
from storefront.cart.models import MAX_LINES, MAX_QUANTITY, Cart, CartLine
from storefront.cart.queries import count_units, find_cart, find_users_cart, items_minor
from storefront.cart.service import CartFull, InvalidLineQuantity, NotForSale, UnknownLine
from storefront.catalog import service as catalog
from storefront.catalog.queries import UnknownProduct
from storefront.core import clock
from storefront.core.db import db, transaction
from tests.fixtures.factories import make_cart, make_product, make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget
from tests.fixtures.shop import PASSWORD, on_every_database


def lines(token: str | None) -> dict[int, int]:
    forget()
    cart = find_cart(db.session(), token)
    assert cart is not None
    return {line.variant_id: line.quantity for line in cart.lines}


def line_id(token: str) -> int:
    cart = find_cart(db.session(), token)
    assert cart is not None
    return cart.lines[0].id


def make_user(email: str = "ada@example.com") -> int:
    return create_user(email, PASSWORD, "Ada")


def count_carts() -> int:
    forget()
    return db.session.scalar(select(func.count()).select_from(Cart)) or 0


@pytest.mark.usefixtures("context")
def test_the_first_line_makes_a_cart_with_a_token_nobody_guesses() -> None:
    variant_id = make_variant().id
    first, second = make_cart((variant_id, 1)), make_cart((variant_id, 1))
    assert first != second
    assert min(len(first), len(second)) >= 43


@pytest.mark.usefixtures("context")
def test_adding_what_is_there_adds_up() -> None:
    variant = make_variant(price_minor=250)
    token = make_cart((variant.id, 2), (variant.id, 3))
    cart = find_cart(db.session(), token)
    assert cart is not None
    assert lines(token) == {variant.id: 5}
    assert (count_units(db.session(), token), items_minor(cart)) == (5, 1250)


@pytest.mark.usefixtures("context")
def test_a_line_never_holds_more_than_the_bound() -> None:
    variant_id = make_variant().id
    assert lines(make_cart((variant_id, MAX_QUANTITY), (variant_id, MAX_QUANTITY))) == {variant_id: MAX_QUANTITY}


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("quantity", [0, -1, MAX_QUANTITY + 1])
def test_a_quantity_out_of_bounds_is_not_added(quantity: int) -> None:
    with pytest.raises(InvalidLineQuantity):
        carts.add_line(None, make_variant().id, quantity)
    assert count_carts() == 0


@pytest.mark.usefixtures("context")
def test_a_full_cart_takes_more_of_what_it_has_but_nothing_new() -> None:
    product = make_product(variants=tuple(str(n) for n in range(MAX_LINES + 1)), stock_level=1)
    ids = [variant.id for variant in product.variants]
    token = make_cart((ids[0], 1))
    with transaction() as session:
        cart = session.scalars(select(Cart)).one()
        session.add_all(CartLine(cart_id=cart.id, variant_id=variant_id, quantity=1) for variant_id in ids[1:MAX_LINES])
    with pytest.raises(CartFull):
        carts.add_line(token, ids[MAX_LINES], 1)
    carts.add_line(token, ids[0], 1)
    assert len(lines(token)) == MAX_LINES


@pytest.mark.usefixtures("context")
def test_what_is_off_the_shelves_cannot_be_added() -> None:
    product = make_product()
    catalog.archive_product(product.id)
    with pytest.raises(NotForSale):
        carts.add_line(None, product.variants[0].id, 1)
    with pytest.raises(UnknownProduct):
        carts.add_line(None, 10**6, 1)


@pytest.mark.usefixtures("context")
def test_an_unknown_token_gets_a_new_cart() -> None:
    token = carts.add_line("there-is-none", make_variant().id, 1)
    assert token != "there-is-none"
    assert len(lines(token)) == 1


@pytest.mark.usefixtures("context")
def test_a_line_is_set_and_removed() -> None:
    variant_id = make_variant().id
    token = make_cart((variant_id, 1))
    carts.change_line(token, line_id(token), 7)
    assert lines(token) == {variant_id: 7}
    carts.change_line(token, line_id(token), 0)
    assert lines(token) == {}


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("quantity", [-1, MAX_QUANTITY + 1])
def test_a_line_is_not_set_out_of_bounds(quantity: int) -> None:
    token = make_cart((make_variant().id, 1))
    with pytest.raises(InvalidLineQuantity):
        carts.change_line(token, line_id(token), quantity)


@pytest.mark.usefixtures("context")
def test_nobody_changes_the_line_of_another_cart() -> None:
    variant_id = make_variant().id
    mine, theirs = make_cart((variant_id, 1)), make_cart((variant_id, 2))
    for token in (mine, None, "there-is-none"):
        with pytest.raises(UnknownLine):
            carts.change_line(token, line_id(theirs), 0)
    assert lines(theirs) == {variant_id: 2}


@on_every_database
def test_two_tabs_adding_at_once_lose_nothing(context: Flask) -> None:
    one, two = make_variant().id, make_variant().id
    token = make_cart((one, 1))
    steps = [lambda: carts.add_line(token, one, 1), lambda: carts.add_line(token, two, 1)] * 5
    assert set(at_once(context, steps).won()) == {token}
    assert lines(token) == {one: 6, two: 5}


@on_every_database
def test_a_user_who_begins_a_cart_in_two_tabs_at_once_has_one_cart(context: Flask) -> None:
    variant_id, user_id = make_variant().id, make_user()
    race = at_once(context, [lambda: carts.add_line(None, variant_id, 1, user_id)] * 6)
    assert len(set(race.won())) == 1
    assert lines(race.results[0]) == {variant_id: 6}
    assert count_carts() == 1


@on_every_database
def test_merging_loses_no_line(context: Flask) -> None:
    one, two, three = (make_variant().id for _ in range(3))
    user_id = make_user()
    own = carts.add_line(None, one, 2, user_id)
    own = carts.add_line(own, two, 1, user_id)
    guest = make_cart((two, 4), (three, 5))
    assert carts.merge(guest, user_id) == own
    assert lines(own) == {one: 2, two: 5, three: 5}
    assert find_cart(db.session(), guest) is None


@pytest.mark.usefixtures("context")
def test_merging_goes_beyond_the_number_of_lines_rather_than_lose_one() -> None:
    product = make_product(variants=tuple(str(n) for n in range(MAX_LINES + 1)), stock_level=1)
    ids, user_id = [variant.id for variant in product.variants], make_user()
    own, guest = carts.add_line(None, ids[0], 1, user_id), make_cart((ids[0], MAX_QUANTITY), (ids[1], 1))
    with transaction() as session:
        cart = session.scalars(select(Cart).where(Cart.token == own)).one()
        session.add_all(CartLine(cart_id=cart.id, variant_id=variant_id, quantity=1) for variant_id in ids[2:])
    carts.merge(guest, user_id)
    merged = lines(own)
    assert set(merged) == set(ids)
    assert merged[ids[0]] == MAX_QUANTITY


@pytest.mark.usefixtures("context")
def test_the_cart_of_a_guest_becomes_the_users_first_one() -> None:
    user_id, guest = make_user(), make_cart((make_variant().id, 3))
    assert carts.merge(guest, user_id) == guest
    own = find_users_cart(db.session(), user_id)
    assert own is not None
    assert own.token == guest
    assert carts.merge(guest, user_id) == guest


@pytest.mark.usefixtures("context")
def test_a_user_never_takes_over_the_cart_of_another() -> None:
    variant_id = make_variant().id
    ada, eve = make_user(), make_user("eve@example.com")
    token = carts.add_line(None, variant_id, 2, ada)
    assert carts.merge(token, eve) is None
    assert carts.merge(None, ada) == token
    assert lines(token) == {variant_id: 2}


@on_every_database
def test_signing_in_twice_at_once_merges_once(context: Flask) -> None:
    variant_id, user_id = make_variant().id, make_user()
    own, guest = carts.add_line(None, variant_id, 1, user_id), make_cart((variant_id, 2))
    assert set(at_once(context, [lambda: carts.merge(guest, user_id)] * 4).won()) == {own}
    assert lines(own) == {variant_id: 3}


@on_every_database
def test_two_guests_carts_that_become_one_users_at_once_lose_no_line(context: Flask) -> None:
    one, two, user_id = make_variant().id, make_variant().id, make_user()
    phone, desk = make_cart((one, 1)), make_cart((two, 2))
    race = at_once(context, [lambda: carts.merge(phone, user_id), lambda: carts.merge(desk, user_id)])
    assert len(set(race.won())) == 1
    assert lines(race.results[0]) == {one: 1, two: 2}


@pytest.mark.usefixtures("context")
def test_what_went_off_the_shelves_is_not_put_back() -> None:
    kept, gone = make_product(), make_product()
    ids = (kept.variants[0].id, gone.variants[0].id)
    catalog.archive_product(gone.id)
    token = carts.put_back(None, [(ids[0], 2), (ids[1], 1)])
    assert lines(token) == {ids[0]: 2}
    assert carts.put_back(token, [(ids[1], 1)]) == token
    assert carts.put_back(None, [(ids[1], 1)]) is None


@pytest.mark.usefixtures("context")
def test_what_is_put_back_joins_what_was_added_meanwhile() -> None:
    variant_id = make_variant().id
    token = make_cart((variant_id, 1))
    assert carts.put_back(token, [(variant_id, 2)]) == token
    assert lines(token) == {variant_id: 3}


@on_every_database
def test_guests_are_forgotten_after_sixty_days_and_users_never(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    variant_id, user_id = make_variant().id, make_user()
    start = clock.now()
    old = make_cart((variant_id, 1))
    own = carts.add_line(None, variant_id, 1, user_id)
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=1))
    recent = make_cart((variant_id, 1))
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=60, hours=1))
    assert carts.forget_old_guests() == 1
    assert carts.forget_old_guests() == 0
    assert find_cart(db.session(), old) is None
    assert lines(recent) == lines(own) == {variant_id: 1}


@pytest.mark.usefixtures("context")
def test_a_cart_that_is_used_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    variant_id = make_variant().id
    token, start = make_cart((variant_id, 1)), clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=59))
    carts.change_line(token, line_id(token), 2)
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=90))
    assert carts.forget_old_guests() == 0


@pytest.mark.usefixtures("context")
def test_no_token_is_no_cart() -> None:
    assert find_cart(db.session(), None) is None
    assert count_units(db.session(), None) == 0
    assert count_units(db.session(), "there-is-none") == 0
