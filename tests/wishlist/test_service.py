"""Wishlists: kept once, told of each drop once, and of what is back with everybody else who waits."""

import pytest
from flask import Flask

from storefront.accounts import service as accounts
from storefront.accounts.models import User
from storefront.catalog.models import Product, ProductStatus, Variant
from storefront.catalog.queries import UnknownProduct
from storefront.config import Settings
from storefront.core.db import db, transaction
from storefront.core.mail import Mail
from storefront.stock import service as stock
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from storefront.wishlist import mails, service
from storefront.wishlist.queries import UnknownWish, list_wished_ids, list_wishes
from storefront.wishlist.service import ToldOfTooMany, WishlistFull
from tests.fixtures.factories import make_variant
from tests.fixtures.races import at_once
from tests.fixtures.readings import forget, staged
from tests.fixtures.shop import PASSWORD, on_every_database

EMAIL = "ada@example.com"


def make_user(email: str = EMAIL) -> int:
    return accounts.create_user(email, PASSWORD, "Ada")


def wish(user_id: int, *, price_minor: int = 1000, stock_level: int = 5, is_told: bool = True) -> tuple[int, int]:
    """A variant on the wishlist; gives the wish's id and the variant's."""
    variant_id = make_variant(price_minor=price_minor, stock_level=stock_level).id
    forget()
    service.add(user_id, variant_id)
    forget()
    wish_id = list_wishes(db.session(), user_id)[0].id
    if is_told:
        service.tell(user_id, wish_id, is_told=True)
    return wish_id, variant_id


def set_price(variant_id: int, price_minor: int) -> None:
    with transaction() as session:
        session.get_one(Variant, variant_id).price_minor = price_minor


def tell_cheaper() -> int:
    forget()
    return service.tell_cheaper(db.session())


def wait_for_sold_out() -> int:
    forget()
    return service.wait_for_sold_out(db.session())


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Mail]:
    found: list[Mail] = []
    monkeypatch.setattr(mails, "send", lambda mail, _settings: found.append(mail))
    return found


def send_all(settings: Settings) -> None:
    for job in staged("wishlist.send_cheaper"):
        mails.send_cheaper(job["user_id"], job["drops"], settings)


@on_every_database
def test_a_variant_is_kept_once_however_often_its_heart_is_tapped(context: Flask) -> None:
    user_id, variant_id = make_user(), make_variant().id
    forget()
    at_once(context, [lambda: service.add(user_id, variant_id)] * 4).won()
    forget()
    assert list_wished_ids(db.session(), user_id) == [variant_id]
    service.remove(user_id, variant_id)
    service.remove(user_id, variant_id)
    assert list_wished_ids(db.session(), user_id) == []


@pytest.mark.usefixtures("context")
def test_what_is_not_in_the_shop_is_not_kept() -> None:
    with pytest.raises(UnknownProduct):
        service.add(make_user(), 999)


@pytest.mark.usefixtures("context")
def test_a_wishlist_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_WISHES", 1)
    user_id = make_user()
    _wish_id, variant_id = wish(user_id)
    with pytest.raises(WishlistFull):
        service.add(user_id, make_variant().id)
    service.add(user_id, variant_id)


@pytest.mark.usefixtures("context")
def test_mails_have_an_end_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MAX_TOLD", 1)
    user_id = make_user()
    first, _variant = wish(user_id)
    second, _other = wish(user_id, is_told=False)
    with pytest.raises(ToldOfTooMany):
        service.tell(user_id, second, is_told=True)
    service.tell(user_id, first, is_told=True)
    service.tell(user_id, first, is_told=False)
    service.tell(user_id, second, is_told=True)


@pytest.mark.usefixtures("context")
def test_somebody_elses_wish_is_not_there() -> None:
    wish_id, _variant_id = wish(make_user())
    with pytest.raises(UnknownWish):
        service.tell(make_user("eve@example.com"), wish_id, is_told=False)


@on_every_database
def test_each_drop_is_told_once_and_a_rise_is_not(context: Flask) -> None:
    _wish_id, variant_id = wish(make_user())
    told = []
    for price_minor in (1000, 900, 900, 950, 940, 1200, 1100):
        set_price(variant_id, price_minor)
        told.append(tell_cheaper())
    assert told == [0, 1, 0, 0, 1, 0, 1]
    drops = [job["drops"][0][1:] for job in staged("wishlist.send_cheaper")]
    assert drops == [[1000, 900], [950, 940], [1200, 1100]]


@on_every_database
def test_two_runs_at_once_tell_a_drop_once(context: Flask) -> None:
    _wish_id, variant_id = wish(make_user())
    set_price(variant_id, 900)
    race = at_once(context, [lambda: service.tell_cheaper(db.session())] * 4)
    assert sum(race.won()) == 1
    assert len(staged("wishlist.send_cheaper")) == 1


@pytest.mark.usefixtures("context")
def test_several_drops_are_one_mail(sent: list[Mail], settings: Settings) -> None:
    user_id = make_user()
    variants = [wish(user_id)[1] for _ in range(3)]
    for variant_id in variants[:2]:
        set_price(variant_id, 900)
    assert tell_cheaper() == 1
    send_all(settings)
    (mail,) = sent
    assert (mail.to, mail.subject) == (EMAIL, "2 things on your wishlist are cheaper now")
    assert "£9.00 instead of £10.00" in mail.text
    assert "/account/wishlist" in mail.text


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("change", ["switched off", "taken off", "dearer again", "sold out", "archived", "blocked"])
def test_what_does_not_hold_any_more_is_not_told(sent: list[Mail], settings: Settings, change: str) -> None:
    user_id = make_user()
    wish_id, variant_id = wish(user_id)
    set_price(variant_id, 900)
    assert tell_cheaper() == 1
    with transaction() as session:
        variant, user = session.get_one(Variant, variant_id), session.get_one(User, user_id)
        if change == "archived":
            variant.product.status = ProductStatus.ARCHIVED
        if change == "blocked":
            user.is_active = False
        if change == "dearer again":
            variant.price_minor = 950
    if change == "switched off":
        service.tell(user_id, wish_id, is_told=False)
    if change == "taken off":
        service.remove(user_id, variant_id)
    if change == "sold out":
        stock.adjust(variant_id, -5, "tests", "gone")
    send_all(settings)
    assert sent == []


@pytest.mark.usefixtures("context")
def test_a_drop_of_what_is_sold_out_is_told_when_it_is_back() -> None:
    _wish_id, variant_id = wish(make_user(), stock_level=0)
    set_price(variant_id, 900)
    assert tell_cheaper() == 0
    stock.receive(variant_id, 3, "tests")
    assert tell_cheaper() == 1


@pytest.mark.usefixtures("context")
def test_nobody_is_told_who_did_not_ask() -> None:
    user_id = make_user()
    _wish_id, variant_id = wish(user_id, is_told=False)
    set_price(variant_id, 900)
    assert tell_cheaper() == 0
    stock.adjust(variant_id, -5, "tests", "gone")
    assert wait_for_sold_out() == 0


@on_every_database
def test_what_is_sold_out_is_waited_for_each_time(context: Flask) -> None:
    _wish_id, variant_id = wish(make_user(), stock_level=0)
    for level in (1, 2):
        assert (wait_for_sold_out(), wait_for_sold_out()) == (1, 0)
        stock.receive(variant_id, 1, "tests")
        assert waiting.tell_waiting(db.session()) == 1
        forget()
        assert db.session.query(StockRequest).count() == level
        stock.adjust(variant_id, -1, "tests", "sold")


@pytest.mark.usefixtures("context")
def test_archived_things_and_blocked_people_are_left_alone() -> None:
    user_id = make_user()
    _wish_id, variant_id = wish(user_id, stock_level=0)
    with transaction() as session:
        session.get_one(User, user_id).is_active = False
    assert wait_for_sold_out() == 0
    with transaction() as session:
        session.get_one(User, user_id).is_active = True
        product_id = session.get_one(Variant, variant_id).product_id
        session.get_one(Product, product_id).status = ProductStatus.ARCHIVED
    assert wait_for_sold_out() == 0


@pytest.mark.usefixtures("context")
def test_only_the_mails_own_link_stops_the_mails() -> None:
    user_id = make_user()
    token = service.stop_token(user_id, "a secret")
    assert service.user_behind(token, "a secret") == user_id
    for wrong in ("", "x", "1", "1-", f"2-{token[2:]}", f"{token}0", "٣-x", "9" * 40):
        assert service.user_behind(wrong, "a secret") is None
    assert service.user_behind(token, "another") is None
