"""One function computes an order's totals: they always add up, and going back in any steps gives back what was paid."""

import random
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.core.money import share_minor, split_minor, tax_minor
from storefront.orders.totals import NO_DISCOUNT, Discount, PricedLine, compute
from storefront.tax.rules import UNTAXED, TaxRule

VAT = TaxRule(name="VAT", rate_ppm=200_000, is_included=True)
SALES_TAX = TaxRule(name="Sales tax", rate_ppm=88_750, is_included=False)

RULES = st.builds(TaxRule, name=st.just("Tax"), rate_ppm=st.integers(0, 1_000_000), is_included=st.booleans())
LINES = st.lists(st.builds(PricedLine, st.integers(1, 999), st.integers(0, 10**9), RULES), min_size=1, max_size=12)
DISCOUNTS = st.one_of(
    st.builds(Discount, percent=st.integers(0, 100)),
    st.builds(Discount, amount_minor=st.integers(0, 10**12)),
    st.just(Discount(is_shipping_free=True)),
)


@given(LINES, st.integers(0, 10**6), RULES, DISCOUNTS)
def test_lines_discount_tax_and_shipping_always_add_up_to_the_total(
    lines: list[PricedLine], shipping: int, shipping_tax: TaxRule, discount: Discount
) -> None:
    totals = compute(lines, shipping, shipping_tax, discount)
    assert totals.total_minor == (totals.items_minor - totals.discount_minor + totals.shipping_minor + totals.tax_minor)
    paid = sum(line.paid_minor for line in totals.lines) + totals.shipping_minor + totals.shipping_tax_minor
    assert paid == totals.total_minor
    assert sum(line.discount_minor for line in totals.lines) == totals.discount_minor
    assert sum(tax.tax_minor for tax in totals.taxes) == totals.tax_minor + totals.included_tax_minor
    assert all(0 <= line.discount_minor <= line.total_minor for line in totals.lines)
    assert totals.total_minor >= 0


@given(LINES, st.integers(0, 10**6), RULES, DISCOUNTS, st.randoms(use_true_random=False))
def test_any_sequence_of_partial_refunds_returns_exactly_what_was_paid(
    lines: list[PricedLine], shipping: int, shipping_tax: TaxRule, discount: Discount, draw: random.Random
) -> None:
    totals = compute(lines, shipping, shipping_tax, discount)
    back = totals.shipping_minor + totals.shipping_tax_minor
    for line, sums in zip(lines, totals.lines, strict=True):
        gone = 0
        while gone < line.quantity:
            pieces = draw.randint(1, line.quantity - gone)
            after = share_minor(sums.paid_minor, gone + pieces, line.quantity)
            step = after - share_minor(sums.paid_minor, gone, line.quantity)
            assert step >= 0
            back, gone = back + step, gone + pieces
    assert back == totals.total_minor


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_parts_of_an_amount_add_up_and_none_is_off_by_a_minor_unit_or_more(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    parts = split_minor(total, weights)
    if not whole:
        assert not any(parts)
        return
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < whole


@given(st.integers(0, 10**12), st.integers(0, 1_000_000))
def test_tax_is_rounded_half_up_as_decimal_arithmetic_has_it(base: int, rate_ppm: int) -> None:
    rate = Decimal(rate_ppm) / 1_000_000
    on_top = (Decimal(base) * rate).quantize(Decimal(1), ROUND_HALF_UP)
    assert tax_minor(base, rate_ppm, is_included=False) == on_top
    # What is contained: the price without tax, taxed again, is the price.
    contained = tax_minor(base, rate_ppm, is_included=True)
    assert abs(Decimal(base - contained) * (1 + rate) - base) <= (1 + rate) / 2


def test_a_contained_tax_changes_no_price_and_one_on_top_does() -> None:
    inside = compute([PricedLine(3, 1000, VAT)], 395, VAT)
    assert (inside.total_minor, inside.included_tax_minor, inside.tax_minor) == (3395, 500 + 66, 0)
    on_top = compute([PricedLine(3, 1000, SALES_TAX)], 395, SALES_TAX)
    assert (on_top.total_minor, on_top.included_tax_minor, on_top.tax_minor) == (3395 + 266 + 35, 0, 301)
    assert on_top.shipping_tax_minor == 35


def test_tax_is_taken_on_what_is_left_after_the_discount() -> None:
    totals = compute([PricedLine(1, 10_000, SALES_TAX)], 0, UNTAXED, Discount(percent=50))
    assert totals.tax_minor == tax_minor(5000, 88_750, is_included=False) == 444


def test_the_rounding_of_a_discount_goes_to_who_lost_most() -> None:
    totals = compute(
        [PricedLine(1, 333, UNTAXED), PricedLine(1, 333, UNTAXED), PricedLine(1, 334, UNTAXED)],
        0,
        UNTAXED,
        Discount(amount_minor=100),
    )
    assert [line.discount_minor for line in totals.lines] == [33, 33, 34]


def test_an_amount_takes_off_no_more_than_the_goods_cost() -> None:
    totals = compute([PricedLine(1, 500, UNTAXED)], 395, UNTAXED, Discount(amount_minor=2000))
    assert (totals.discount_minor, totals.total_minor) == (500, 395)


def test_free_shipping_leaves_the_goods_alone() -> None:
    totals = compute([PricedLine(1, 500, UNTAXED)], 395, SALES_TAX, Discount(is_shipping_free=True))
    assert (totals.shipping_minor, totals.shipping_tax_minor, totals.total_minor) == (0, 0, 500)


def test_rates_are_summed_up_for_the_receipt() -> None:
    low = TaxRule(name="VAT", rate_ppm=50_000, is_included=True)
    totals = compute([PricedLine(1, 1200, VAT), PricedLine(1, 600, VAT), PricedLine(1, 1050, low)], 120, VAT)
    assert [(tax.rate_ppm, tax.tax_minor) for tax in totals.taxes] == [(200_000, 200 + 100 + 20), (50_000, 50)]


@pytest.mark.parametrize("discount", [NO_DISCOUNT, Discount(percent=100)])
def test_an_order_of_nothing_but_free_things_costs_nothing(discount: Discount) -> None:
    assert compute([PricedLine(2, 0, SALES_TAX)], 0, SALES_TAX, discount).total_minor == 0
