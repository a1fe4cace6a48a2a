"""The plain line is what least squares anywhere else give, for all variants at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from storefront.insight.forecast.arrays import History
from storefront.insight.forecast.line import fit_line, t_quantile

PIECES = st.integers(0, 5_000).map(float)


@settings(deadline=None)
@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(2, 60)), elements=PIECES))
def test_the_line_equals_polyfit(units: np.ndarray) -> None:
    line = fit_line(History.of(units, np.ones(units.shape, dtype=bool)))
    x = np.arange(1.0, units.shape[1] + 1)
    for row, series in enumerate(units):
        slope, intercept = np.polyfit(x, series, 1)
        assert line.slope[row] == pytest.approx(slope, abs=1e-6)
        assert line.intercept[row] == pytest.approx(intercept, abs=1e-5)


def test_weeks_that_are_not_known_do_not_bend_the_line() -> None:
    units = np.array([[2.0, 4.0, 0.0, 8.0, 10.0]])
    line = fit_line(History.of(units, units > 0))
    assert line.slope[0] == pytest.approx(2.0)
    assert line.intercept[0] == pytest.approx(0.0, abs=1e-12)


def test_one_week_gives_a_flat_line() -> None:
    line = fit_line(History.of(np.array([[7.0]]), np.ones((1, 1), dtype=bool)))
    assert (line.slope[0], line.intercept[0]) == (0.0, 7.0)


def test_the_prediction_interval_is_the_textbooks() -> None:
    units = np.array([[1.0, 3.0, 2.0, 5.0, 4.0]])
    low, high = fit_line(History.of(units, np.ones((1, 5), dtype=bool))).interval(np.array([6.0]))
    # By hand: a = 0.8, b = 0.6, s = sqrt(3.6 / 3), t(0.95; 3) = 2.3534, sqrt(1 + 1/5 + 9/10).
    width = 2.3534 * np.sqrt(1.2) * np.sqrt(2.1)
    assert low[0, 0] == pytest.approx(5.4 - width, abs=0.01)
    assert high[0, 0] == pytest.approx(5.4 + width, abs=0.01)


@pytest.mark.parametrize(
    ("degrees", "table"),
    [(1, 6.3138), (2, 2.9200), (3, 2.3534), (5, 2.0150), (10, 1.8125), (37, 1.6871), (102, 1.6599)],
)
def test_students_t_is_that_of_the_tables(degrees: int, table: float) -> None:
    assert t_quantile(0.95, degrees) == pytest.approx(table, abs=0.005)
