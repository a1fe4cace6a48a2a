"""Who comes too late is told so at once, before anything is written, and by the same page as everybody else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from storefront.core.db import db
from storefront.core.web.cache import SharedPages
from storefront.stock import service as stock
from tests.fixtures.factories import make_product

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
HTMX = {**SAME_ORIGIN, "HX-Request": "true"}


@pytest.fixture
def gone(app: Flask) -> int:
    with app.app_context():
        return int(make_product(name="Lamp", stock_level=0).variants[0].id)


def add(client: FlaskClient, variant_id: int, language: str = "en") -> tuple[int, str]:
    headers = {**SAME_ORIGIN, "Accept-Language": language}
    answer = client.post("/cart/lines", data={"variant_id": variant_id, "quantity": 1}, headers=headers)
    return answer.status_code, answer.text


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_what_is_sold_out_does_not_get_into_a_cart(client: FlaskClient, gone: int) -> None:
    status, page = add(client, gone)
    assert status == 409
    assert "Lamp is sold out." in page
    assert 'href="/p/lamp"' in page
    assert "Nothing in your cart yet" in client.get("/cart").text


def test_the_drawer_says_so_too(client: FlaskClient, gone: int) -> None:
    answer = client.post("/cart/lines", data={"variant_id": gone}, headers=HTMX)
    assert (answer.status_code, "Lamp is sold out." in answer.text, "<html" in answer.text) == (200, True, False)


def test_the_answer_is_the_same_for_everybody_and_carries_nobodys_cookie(app: Flask, gone: int) -> None:
    first, other = app.test_client(), app.test_client()
    with app.app_context():
        there = make_product(name="Plate", stock_level=9).variants[0].id
    add(first, there)
    assert add(first, gone) == add(other, gone)
    answer = app.test_client().post("/cart/lines", data={"variant_id": gone}, headers=SAME_ORIGIN)
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"].startswith("public")


def test_a_form_of_another_site_is_refused_whatever_is_kept(client: FlaskClient, gone: int) -> None:
    assert add(client, gone)[0] == 409
    form = {"variant_id": gone, "quantity": 1}
    assert client.post("/cart/lines", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/cart/lines", data=form, headers={"Origin": "https://elsewhere.example"}).status_code == 403


def test_only_the_same_form_gets_the_same_answer(app: Flask, client: FlaskClient, gone: int) -> None:
    with app.app_context():
        there = make_product(name="Plate", stock_level=9).variants[0].id
    assert [add(client, one)[0] for one in (gone, there, gone, there)] == [409, 303, 409, 303]


def test_a_page_is_kept_once_from_wherever_one_comes(app: Flask, gone: int) -> None:
    came_from = [
        {},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://elsewhere.example"},
    ]
    pages = app.wsgi_app.app._answers  # type: ignore[attr-defined]
    for headers in came_from:
        assert app.test_client().get("/p/lamp", headers=headers).status_code == 200
    assert len(pages) == 1


@pytest.mark.parametrize("length", ["1" * 5000, "-1", "x", "257", "0", ""])
def test_what_does_not_say_how_short_it_is_goes_to_the_shop(app: Flask, length: str) -> None:
    asked: list[str] = []

    def shop(environ: dict[str, object], _start: object) -> list[bytes]:
        asked.append(str(environ["CONTENT_LENGTH"]))
        return []

    form = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": length}
    SharedPages(shop, "language")({**form, "PATH_INFO": "/cart/lines"}, lambda *_: print)  # type: ignore[arg-type]
    assert asked == [length]


def test_sql_is_asked_once_a_second_and_not_by_everybody(
    app: Flask, gone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(app.wsgi_app.app, "_clock", lambda: now[0])  # type: ignore[attr-defined]
    asked = []
    for seconds in (0, 0.4, 0.5, 0.2):
        now[0] += seconds
        with counted(app) as statements:
            assert add(app.test_client(), gone)[0] == 409
        asked.append(len(statements))
    assert asked[1:3] == [0, 0]
    assert asked[0] > 0
    assert asked[3] > 0


def test_it_is_in_the_readers_language(app: Flask, gone: int) -> None:
    english, chinese = add(app.test_client(), gone)[1], add(app.test_client(), gone, "zh")[1]
    assert "Sold out" in english
    assert "Sold out" not in chinese
    assert 'lang="zh-Hans"' in chinese


def test_a_piece_that_comes_back_can_be_bought_a_second_later(
    app: Flask, client: FlaskClient, gone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert add(client, gone)[0] == 409
    with app.app_context():
        stock.receive(gone, 1, "test")
    later = time.monotonic() + 1
    monkeypatch.setattr(app.wsgi_app.app, "_clock", lambda: later)  # type: ignore[attr-defined]
    assert add(client, gone)[0] == 303
