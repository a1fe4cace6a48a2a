"""What must hold for every forecast, whatever the history."""

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storefront.insight.forecast.arrays import History
from storefront.insight.forecast.model import CATEGORY, NEW, TYPICAL, UNSOLD, Forecast, forecast

SHAPES = st.tuples(st.integers(1, 90), st.integers(1, 40))
Seeds = st.integers(0, 2**32 - 1)


def lumpy(seed: int, variants: int, weeks: int) -> Any:
    """Sales as a shop has them: many zeros, some regular sellers, now and then a huge order."""
    random = np.random.default_rng(seed)
    level = random.lognormal(1, 1.5, variants)[:, None]
    units = random.poisson(level * random.gamma(0.7, 1.4, (variants, weeks))).astype(float)
    return units * np.where(random.random(units.shape) < 0.002, 500, 1)


def columns(made: Forecast) -> list[Any]:
    return [made.point, made.low, made.high, made.mean, made.deviation]


@settings(deadline=None, max_examples=40)
@given(Seeds, SHAPES, st.integers(1, 12))
@example(8, (1, 5), 1)  # Sold for the first time in its last week: a shop with nothing to learn from.
def test_points_are_not_negative_and_lie_in_their_interval(seed: int, shape: tuple[int, int], horizon: int) -> None:
    made = forecast(History.of(lumpy(seed, *shape)), horizon)
    for column in columns(made):
        assert np.isfinite(column).all()
        assert (column >= 0).all()
    assert (made.low <= made.point).all()
    assert (made.point <= made.high).all()


@settings(deadline=None, max_examples=25)
@given(Seeds, SHAPES)
def test_the_order_of_variants_does_not_matter(seed: int, shape: tuple[int, int]) -> None:
    units = lumpy(seed, *shape)
    order = np.random.default_rng(seed).permutation(len(units))
    straight, mixed = forecast(History.of(units), 4), forecast(History.of(units[order]), 4)
    for one, other in zip(columns(straight), columns(mixed), strict=True):
        np.testing.assert_allclose(one[order], other, rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(Seeds, SHAPES, st.sampled_from([0.25, 2.0, 12.0, 1000.0]))
def test_dozens_are_forecast_as_pieces_are(seed: int, shape: tuple[int, int], factor: float) -> None:
    units = lumpy(seed, *shape)
    pieces, dozens = forecast(History.of(units), 4), forecast(History.of(units * factor), 4)
    for one, other in zip(columns(pieces), columns(dozens), strict=True):
        np.testing.assert_allclose(one * factor, other, rtol=1e-6, atol=1e-6 * factor)


def test_one_huge_order_does_not_move_the_forecast_much() -> None:
    units = lumpy(5, 200, 30)
    units[7] = 20
    calm = forecast(History.of(units), 4).point[7]
    units[7, -2] = 74_215
    assert forecast(History.of(units), 4).point[7] < 1.6 * calm


def test_a_week_that_was_sold_out_is_not_weak_demand() -> None:
    units = lumpy(6, 200, 30)
    units[3] = 40
    units[3, -2:] = 0
    known = np.ones(units.shape, dtype=bool)
    weak = forecast(History.of(units, known), 4)
    known[3, -2:] = False
    sold_out = forecast(History.of(units, known), 4)
    assert sold_out.point[3] > 30 > weak.point[3]


def test_a_closed_shop_is_not_weak_demand() -> None:
    units = np.random.default_rng(8).poisson(30, (200, 30)).astype(float)
    units[:, -1] = 0
    assert forecast(History.of(units), 4).point == pytest.approx(np.full(200, 30), abs=12)


def test_a_quiet_week_of_a_small_shop_counts() -> None:
    units = np.zeros((3, 30))
    units[:, ::2] = 6
    assert History.of(units).known.all()


def test_the_interval_holds_on_weeks_it_has_not_seen() -> None:
    units = lumpy(9, 1500, 34)
    made = forecast(History.of(units[:, :30]), 4)
    inside = (units[:, 30:] >= made.low[:, None]) & (units[:, 30:] <= made.high[:, None])
    assert 0.85 <= inside.mean() <= 0.95


def test_a_newcomer_is_named_and_gets_more_than_its_empty_weeks_say() -> None:
    units = lumpy(10, 300, 30)
    units[0] = 0
    units[0, -2:] = 50
    made = forecast(History.of(units), 4)
    assert made.model[0] == NEW
    assert made.point[0] > 50 * 2 / 30


def test_what_was_just_put_on_sale_gets_what_its_categorys_newcomers_sell() -> None:
    units = np.random.default_rng(11).poisson(20, (60, 30)).astype(float)
    category = np.repeat([1, 2], 30)
    for row in range(12):
        units[row, : 10 + row] = 0
        units[30 + row, : 10 + row] = 0
    units[:12, 10:] *= 3
    units[[12, 42, 43], :] = 0
    launched = np.zeros(60, dtype=bool)
    launched[[12, 42]] = True
    made = forecast(History.of(units, category=category), 4, launched)
    assert list(made.model[[12, 42, 43]]) == [CATEGORY, CATEGORY, UNSOLD]
    assert made.point[12] > 2 * made.point[42] > 0
    assert made.point[43] == 0 < made.high[43]
    assert made.model[50] == TYPICAL
