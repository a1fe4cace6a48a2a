"""The season is seen where two years agree on it, and nowhere else."""

from collections.abc import Sequence

import numpy as np
import pytest

from storefront.insight.forecast.arrays import Floats, History
from storefront.insight.forecast.model import Forecast, forecast
from storefront.insight.forecast.season import Season

YEAR = 52
# Seven weeks before the third Christmas, with the two years that a forecast looks back on.
ORIGIN, HORIZON = 144, 8
CATEGORY = np.repeat([7, 8], 150)


def shop(peaks: tuple[float, float] = (2.0, 0.0), at: Sequence[int] = (47, 99, 151), seed: int = 4) -> Floats:
    """Three years of 300 variants; each of the two categories sells that much more around the weeks `at`."""
    random = np.random.default_rng(seed)
    bump = np.zeros(3 * YEAR)
    for week in at:
        bump += np.exp(-0.5 * ((np.arange(3 * YEAR) - week) / 3.0) ** 2)
    rates = random.lognormal(1, 1, 300)[:, None] * (1 + np.array(peaks)[CATEGORY - 7][:, None] * bump)
    return random.negative_binomial(1.5, 1.5 / (1.5 + rates)).astype(float)


def made_of(units: Floats) -> Forecast:
    return forecast(History.of(units[:, ORIGIN - 2 * YEAR : ORIGIN], category=CATEGORY), HORIZON)


def error(units: Floats, made: Forecast) -> float:
    actual = units[:, ORIGIN : ORIGIN + HORIZON]
    return float(np.abs(actual - made.weekly(made.point)).sum() / actual.sum())


def test_what_sold_more_at_two_christmases_is_expected_to_at_the_third(monkeypatch: pytest.MonkeyPatch) -> None:
    units = shop()
    made = made_of(units)
    gifts, others = made.season[0], made.season[-1]
    assert gifts[-1] > 1.5, "the eighth week is Christmas"
    assert gifts[0] < gifts[4] < gifts[-1]
    assert others.max() < 1.3
    monkeypatch.setattr(Season, "_choose", lambda *_: 0.0)
    without = made_of(units)
    assert (without.season == 1).all()
    assert error(units, made) < 0.95 * error(units, without)


@pytest.mark.parametrize("at", [(), (60, 125)], ids=["no season", "another season"])
def test_a_year_that_was_not_repeated_is_not_followed(at: tuple[int, ...]) -> None:
    assert (made_of(shop((2.0, 2.0), at)).season == 1).all()


def test_what_would_win_next_to_nothing_is_not_followed() -> None:
    assert (made_of(shop((0.5, 0.5), seed=7)).season == 1).all()


def test_the_luck_of_a_dozen_variants_is_no_season() -> None:
    history = History.of(shop((0.0, 0.0), seed=19)[:12, ORIGIN - 2 * YEAR : ORIGIN], category=CATEGORY[:12])
    assert (forecast(history, HORIZON).season == 1).all()


def test_a_few_weeks_of_a_second_year_show_no_season() -> None:
    history = History.of(shop((2.0, 2.0), (8, 60))[:, : YEAR + 20], category=CATEGORY)
    assert (forecast(history, HORIZON).season == 1).all()


def test_intervals_move_with_the_season() -> None:
    made = made_of(shop())
    low, point, high = (made.weekly(each) for each in (made.low, made.point, made.high))
    assert ((low <= point) & (point <= high)).all()
    assert high[0, -1] > 1.5 * made.high[0]
