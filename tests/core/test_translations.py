"""The catalogues: everything a person reads is in them, in every language, and nothing else is."""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from babel.messages.catalog import Catalog, Message

import storefront
from hatch_build import compile_translation
from storefront.core.errors import ShopError
from tests.fixtures.catalogues import extracted, locales, translated

T = TypeVar("T")
PLACE = re.compile(r"%\(\w+\)[a-z]|%%")
CHINESE_PAIRS = [("“", "”"), ("（", "）")]
every_language = pytest.mark.parametrize("locale", locales())


def messages_of(catalog: Catalog) -> Iterator[Message]:
    """The catalogue's texts, without its header."""
    return (message for message in catalog if message.id)


def forms_of(text: object) -> tuple[str, ...]:
    """The text in its plural forms; one for what is not counted."""
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]


def subclasses(root: type[T]) -> Iterator[type[T]]:
    """Every class of the shop that is a `root`, whoever imported it."""
    for found in pkgutil.walk_packages(storefront.__path__, "storefront."):
        importlib.import_module(found.name)
    waiting = [root]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("storefront"):
            yield kind


def shop_errors() -> list[type[ShopError]]:
    """Every named error of the shop."""
    return list(subclasses(ShopError))


def unmarked(errors: Iterable[type[ShopError]]) -> list[type[ShopError]]:
    """Those whose words are not in the catalogues."""
    known = {message.id for message in messages_of(extracted())}
    return [error for error in errors if error.message not in known]


def test_chinese_is_among_the_languages() -> None:
    assert "zh_Hans" in locales()


@every_language
def test_a_catalogue_has_exactly_the_texts_of_the_shop(locale: str) -> None:
    wanted = {message.id for message in messages_of(extracted())}
    there = {message.id for message in messages_of(translated(locale))}
    assert sorted(wanted - there, key=str) == [], "missing: run make translations"
    assert sorted(there - wanted, key=str) == [], "no longer used: run make translations"


@every_language
def test_every_text_is_translated_and_none_is_a_guess(locale: str) -> None:
    catalog = translated(locale)
    missing = [message.id for message in messages_of(catalog) if not all(forms_of(message.string))]
    assert missing == []
    assert [message.id for message in messages_of(catalog) if message.fuzzy] == []
    assert list(catalog.obsolete) == []


@every_language
def test_a_translation_has_the_places_of_its_source(locale: str) -> None:
    for message in messages_of(translated(locale)):
        source = [sorted(PLACE.findall(form)) for form in forms_of(message.id)]
        for form in forms_of(message.string):
            assert sorted(PLACE.findall(form)) in source, message.id


@every_language
def test_a_counted_text_has_as_many_forms_as_the_language_asks_for(locale: str) -> None:
    catalog = translated(locale)
    counted = [message for message in messages_of(catalog) if not isinstance(message.id, str)]
    assert counted
    assert {len(forms_of(message.string)) for message in counted} == {catalog.num_plurals}


def test_chinese_is_written_with_chinese_signs() -> None:
    """Half-width sentence signs between Chinese characters are what gives a careless translation away."""
    for message in messages_of(translated("zh_Hans")):
        for text in forms_of(message.string):
            assert not re.search(r"[\u4e00-\u9fff)s][,;:!?](?!\w)|[\u4e00-\u9fff]\.|\.\.\.", text), text
            assert all(text.count(left) == text.count(right) for left, right in CHINESE_PAIRS), text


def test_one_thing_has_one_name_in_chinese() -> None:
    words = {"cart": "购物车", "variant": "规格", "variants": "规格", "checkout": "结账", "sku": "SKU"}
    for message in messages_of(translated("zh_Hans")):
        spoken = set(re.findall(r"[a-z]+", PLACE.sub("", " ".join(forms_of(message.id)).lower())))
        for text in forms_of(message.string):
            assert all(name in text for word, name in words.items() if word in spoken), (message.id, text)


def test_the_words_of_every_named_error_are_in_the_catalogues() -> None:
    errors = shop_errors()
    assert len(errors) > 30
    assert unmarked(errors) == []


def test_an_error_whose_words_are_not_marked_is_found() -> None:
    class Unmarked(ShopError):
        message = "Nobody marked this."

    assert unmarked([Unmarked]) == [Unmarked]


def test_a_guess_is_not_compiled(tmp_path: Path) -> None:
    source = tmp_path / "messages.po"
    source.write_text('msgid ""\nmsgstr ""\n\n#, fuzzy\nmsgid "Cart"\nmsgstr "车"\n\nmsgid "Order"\nmsgstr "订单"\n')
    compile_translation(source)
    compiled = source.with_suffix(".mo").read_bytes()
    assert "订单".encode() in compiled
    assert "车".encode() not in compiled
