"""Text is compared folded, and becomes safe parts of addresses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.core.text import NUMBER_ALPHABET, fold, read_id, slugify, spoken_number


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Café  au\tLAIT ", "cafe au lait"),
        ("Straße", "strasse"),
        ("ＬＡＭＰ", "lamp"),
        ("灯", "灯"),
        ("Lamp™", "lamptm"),
    ],
)
def test_text_is_folded_for_comparison(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Lamp, large & red", "lamp-large-red"),
        ("Grandma's Café", "grandmas-cafe"),
        ("snake_case", "snake-case"),
        ("灯 台", "灯-台"),
        ("!!!", "item"),
        ("", "item"),
    ],
)
def test_a_slug_is_words_joined_by_hyphens(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_a_slug_is_never_empty_too_long_or_unsafe(text: str, length: int) -> None:
    slug = slugify(text, max(length, 4))
    assert 1 <= len(slug) <= max(length, 4)
    assert re.fullmatch(r"[^\W_]+(-[^\W_]+)*", slug)


def test_a_spoken_number_is_grouped_and_has_no_sign_that_is_misheard() -> None:
    numbers = {spoken_number() for _ in range(500)}
    assert len(numbers) == 500
    for number in numbers:
        assert re.fullmatch(rf"[{NUMBER_ALPHABET}]{{4}}-[{NUMBER_ALPHABET}]{{4}}", number)
    assert not set("ILOU") & set(NUMBER_ALPHABET)
    assert len(spoken_number(12)) == 14


@pytest.mark.parametrize(
    ("text", "found"), [("12", 12), ("0", 0), ("", None), ("-1", None), ("٣", None), ("1" * 5000, None)]
)
def test_an_id_is_a_number_of_sensible_length(text: str, found: int | None) -> None:
    assert read_id(text) == found
