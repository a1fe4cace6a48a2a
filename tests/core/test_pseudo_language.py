"""A walk through the shop in a pseudo-language: whatever a person reads has gone through the catalogues."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from babel import Locale
from flask import Flask, render_template_string
from flask_babel import force_locale
from jinja2 import Environment
from werkzeug.exceptions import default_exceptions
from wtforms import FieldList, FormField
from wtforms import Form as AnyForm

from storefront.core.errors import PaymentDeclined
from storefront.core.web.access import public
from storefront.core.web.errors import tell
from storefront.core.web.forms import BUILT_IN, Form
from storefront.payments.demo_provider import pages
from tests.core.test_translations import shop_errors, subclasses
from tests.fixtures.pseudo import PSEUDO, bare_texts, pseudo_text, untranslated, unwrapped
from tests.fixtures.walk import stock_shop, walk_all

TEMPLATES = Path(__file__).parents[2] / "templates"
CODES = (400, 402, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503)
RUBBISH = ("", " ", "x", "x" * 6000, "1000000000000000", "-1")
# What the walk's shop is made of, and what is written alike in every language.
NAMES = """
Linden & Rye|Ada Lovelace|Ada|Olive|Hanna|Lamp|LAMP|Oil|Tin & Co|Plate|Red|Blue|12 St James's Square|London|SW1Y 4JH|
Lost|tests|nothing like it|nothing|OSError: gone|order_id|owner|manager|packer|analyst|en_001|lamp.png
"""
SHAPES = (
    r"https?://\S+|/p/\w+",
    r"\S+@example\.com",  # addresses
    r"(SKU-\d+|P|Product|Category)[- ]\d+|[0-9A-Z]{4}-[0-9A-Z]{4}",  # numbered by the factories and by the shop
    r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d{1,2} [A-Z][a-z]+ \d{4}(, \d\d?:\d\d(:\d\d)? [ap]m)?",  # days and minutes
    r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)([a-z]*day)?\b",  # weekdays, written by Babel like these:
    r"\b(January|February|March|April|August|September|October|November|December)\b( \d{4})?",
    r"(\d{1,2} )?\b(Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)\b( \d{4})?",
    r"\d+ (ms|sec|min|hr)\b",
    r"PO-\d{5}|Y = (aX|-?[\d.]+X) [+−-] (b|[\d.]+)",  # numbers of purchases, and a formula
    r"n{9,}|wrong|much|a b",  # what the walk typed
    r"\d+ x ",  # how many, in a mail without markup
)


def data_of_the_walk() -> re.Pattern[str]:
    """What may stand on a page without brackets."""
    countries = sorted(map(re.escape, Locale.parse(PSEUDO).territories.values()), key=len, reverse=True)
    names = [rf"\b{re.escape(name)}\b" for name in NAMES.replace("\n", "").split("|")]
    return re.compile("|".join([*SHAPES, *countries, *names]))


class Recorder:
    """WSGI middleware that keeps every page that passes."""

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app
        self.seen: dict[str, str] = {}

    def __call__(self, environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
        kinds: list[str] = []

        def note(status: str, headers: list[tuple[str, str]], *rest: object) -> object:
            kinds.append(f"{dict(headers).get('Content-Type')} {status}")
            return start_response(status, headers, *rest)

        body = b"".join(self._app(environ, note))
        if kinds[-1].startswith("text/html") and " 303 " not in kinds[-1]:
            self.seen.setdefault(body.decode(), f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {kinds[-1][-20:]}")
        return [body]


def test_every_text_of_every_page_is_translated(pseudo_shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # The provider is told that this is English, and has to speak it like the shop.
    monkeypatch.setitem(pages.LANGUAGES, "en", PSEUDO)

    @public
    def fail(code: int) -> None:
        raise PaymentDeclined if code == 402 else default_exceptions[code]

    pseudo_shop.add_url_rule("/fail/<int:code>", "fail", fail)
    pseudo_shop.wsgi_app = recorder = Recorder(pseudo_shop.wsgi_app)  # type: ignore[method-assign]
    mails = walk_all(pseudo_shop, stock_shop(pseudo_shop, PSEUDO))
    for code in CODES:
        pseudo_shop.test_client().get(f"/fail/{code}")
    data = data_of_the_walk()
    found = {f"{where}: {text}" for html, where in recorder.seen.items() for text in unwrapped(html, data)}
    for mail in mails:
        found |= {f"{mail.key}: {text}" for text in unwrapped(mail.html, data)}
        found |= {f"{mail.key}: {part!r}" for part in (mail.subject, mail.text) if untranslated(part, data)}
    assert len(recorder.seen) > 100
    assert sorted(found) == [], "\n".join(sorted(found))


def test_every_field_says_what_is_wrong_in_the_pages_language(pseudo_shop: Flask) -> None:
    forms = list(subclasses(Form))
    found = {error for form in forms for error in errors_of(pseudo_shop, form)}
    assert len(forms) > 8
    assert len(found) > 20
    assert [error for error in found if untranslated(error, re.compile(r"name@example\.com"))] == []


def errors_of(app: Flask, kind: type[AnyForm]) -> set[str]:
    """Everything that a form has to say about rubbish."""
    found: set[str] = set()
    for rubbish in RUBBISH:
        with app.test_request_context():
            blank = kind()
            data = {field.name: rubbish for field in fields_of(blank)}
        with app.test_request_context(method="POST", data=data):
            form = kind()
            for field in form:
                if hasattr(field, "choices") and field.choices is None:
                    field.choices = [("1", "1")]
            form.validate()
            found |= {str(error) for field in fields_of(form) for error in field.errors}
    return found


def fields_of(form: AnyForm) -> list[object]:
    """The form's fields, those of its rows too."""
    found: list[object] = []
    for field in form:
        rows = [entry.form for entry in field.entries] if isinstance(field, FieldList) else []
        rows += [field.form] if isinstance(field, FormField) else []
        found += [inner for row in rows for inner in fields_of(row)] if rows else [field]
    return found


def test_every_named_error_is_told_in_the_pages_language(pseudo_shop: Flask) -> None:
    places = re.compile(r"%\((\w+)\)[sd]")
    with pseudo_shop.app_context():
        for kind in shop_errors():
            facts = dict.fromkeys(places.findall(kind.message), "7")
            told = tell(kind(**facts))
            assert told == pseudo_text(kind.message) % facts, kind


def test_no_words_stand_bare_in_a_template() -> None:
    templates = sorted(path for path in TEMPLATES.rglob("*") if path.is_file())
    assert len(templates) > 80
    found = {path.name: list(bare_texts(Environment(), path.read_text())) for path in templates}
    assert {name: texts for name, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>",
        "<p>{{ _('Cart') }} and more</p>",
        "<button aria-label='Close'>x</button>",
        "<input placeholder='Search'>",
        "<img alt='A lamp'>",
        "<input type='submit' value='Send'>",
        "<p>{{ 'Hello' if true else _('Cart') }}</p>",
        "<title>{{ _('Cart') }} – now</title>",
        "<p title='Read me'>{{ _('Cart') }}</p>",
        "<select><option>All</option></select>",
        "<meta name='description' content='A shop'>",
        "<p>{{ _('%(price)s each', price='cheap') }}{{ 'ly' }}</p>",
    ],
)
def test_a_text_that_was_not_wrapped_is_found(pseudo_shop: Flask, source: str) -> None:
    with pseudo_shop.app_context(), force_locale(PSEUDO):
        html = render_template_string(source)
    assert list(unwrapped(html, re.compile(r"\bx\b")))


@pytest.mark.parametrize("source", ["<p>{% if x %}Hello{% endif %}</p>", "<{{ tag }} class='a'>Read me</{{ tag }}>"])
def test_words_that_stand_bare_are_found(source: str) -> None:
    assert list(bare_texts(Environment(), source))


def test_what_was_wrapped_is_not_complained_about(pseudo_shop: Flask) -> None:
    source = "<p title=\"{{ _('Close') }}\">{{ _('%(price)s each', price=_('Cart')) }}: 12 · <code>job.name</code></p>"
    with pseudo_shop.app_context(), force_locale(PSEUDO):
        html = render_template_string(source)
    assert "⟦⟦Çárt⟧ éáçh⟧" in html
    assert list(unwrapped(html, re.compile(r"\bx\b"))) == []


def test_the_shop_says_everything_of_wtforms_in_its_own_words() -> None:
    assert all(str(own) != text for text, own in BUILT_IN.items())
