"""Every template is rendered at least once by a walk through the shop, and each fragment is a part of its page."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from storefront.core.errors import Conflict
from storefront.core.web.access import public
from tests.fixtures.walk import Stocked, stock_shop, walk_all

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture
def loaded(app: Flask) -> set[str]:
    """The names of all templates that were loaded, included and imported ones too."""
    names: set[str] = set()
    loader = app.jinja_env.loader
    assert loader is not None
    get_source = loader.get_source

    def note(environment, template):  # type: ignore[no-untyped-def]
        names.add(template)
        return get_source(environment, template)

    loader.get_source = note  # type: ignore[method-assign]
    app.jinja_env.cache.clear()  # type: ignore[union-attr]
    return names


@pytest.fixture
def stocked(app: Flask) -> Stocked:
    """A shop with something of everything; gives the addresses of its pages."""
    return stock_shop(app)


def test_every_template_is_rendered_by_somebody(app: Flask, loaded: set[str], stocked: Stocked) -> None:
    walk_all(app, stocked)
    known = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.is_file()}
    assert known - loaded == set()


@pytest.mark.parametrize("path", ["/search?q=plate", "/p/{product}", "/cart", "/orders/{pending}", "/c/{shelf}"])
def test_a_fragment_is_a_part_of_its_page(client: FlaskClient, stocked: Stocked, path: str) -> None:
    address = path.format(**stocked._asdict())
    page, fragment = client.get(address).text, client.get(address, headers=HTMX).text
    assert len(fragment) < len(page)
    assert _plain(fragment) in _plain(page)


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_boosted_and_restored_pages_are_whole(client: FlaskClient, stocked: Stocked, header: str) -> None:
    assert client.get("/cart", headers={**HTMX, header: "true"}).text.startswith("<!doctype")


def test_pages_vary_by_what_they_are_made_for(client: FlaskClient, stocked: Stocked) -> None:
    assert {"HX-Request", "Accept-Language", "Cookie"} <= set(client.get("/").vary)


def test_a_crash_is_answered_with_a_page_that_needs_no_database(app: Flask, settings: object) -> None:
    @public
    def crash() -> str:
        raise RuntimeError("a secret detail")

    app.add_url_rule("/crash", "crash", crash)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/crash")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "<h1>" in answer.text


def test_an_error_of_a_service_is_told_in_its_own_words(app: Flask) -> None:
    class Gone(Conflict):
        message = "There are %(count)s left."

    @public
    def fail() -> str:
        raise Gone(count=3)

    app.add_url_rule("/fail", "fail", fail)
    answer = app.test_client().get("/fail")
    assert (answer.status_code, "There are 3 left." in answer.text) == (409, True)


def _plain(text: str) -> str:
    """Without the CSRF tokens, which differ between two answers, and without indentation."""
    return re.sub(r"\s+", " ", re.sub(r'value="[^"]{40,}"', "", text)).strip()
