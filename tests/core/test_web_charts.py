"""Charts say in their table what they draw, keep within their picture, and need no colour."""

import re
from itertools import pairwise

import pytest
from flask import Flask, render_template_string

from storefront.core.web.charts import HEIGHT, WIDTH, Band, Series, bar_chart, line_chart, spark_path

LABELS = ["Mon", "Tue", "Wed"]
DRAW = '{% from "components/charts.html" import chart %}{{ chart(data) }}'


def test_a_line_stays_in_its_picture_and_lifts_its_pen_over_a_gap() -> None:
    chart = line_chart("Sales", "Day", LABELS, [Series("Now", [1, None, 400])])
    ((mark, path, label),) = chart.lines
    assert (mark, label, path.count("M")) == ("solid", "Now", 2)
    numbers = [float(number) for number in re.findall(r"[\d.]+", path)]
    assert all(0 <= x <= WIDTH for x in numbers[::2])
    assert all(0 <= y <= HEIGHT for y in numbers[1::2])


def test_the_table_says_what_is_drawn() -> None:
    band = Band("90 %", [0, 1, 2], [4, 5, 6])
    chart = line_chart("Sales", "Day", LABELS, [Series("Now", [1, None, 3])], bands=[band], show=lambda v: f"£{v}")
    assert chart.columns == ["Now", "90 % ↓", "90 % ↑"]
    assert chart.rows[1] == ("Tue", ["–", "£1", "£5"])
    assert len(chart.bands[0][0].split()) == 6


@pytest.mark.parametrize("values", [[0, 0, 0], [5, 5, 5], [-3, 0, 2], [1e9, 2, 3], [None, None, None]])
def test_any_values_can_be_drawn(values: list[float | None]) -> None:
    for chart in (
        line_chart("S", "D", LABELS, [Series("N", values)]),
        bar_chart("S", "D", LABELS, [Series("N", values)]),
    ):
        assert all(0 <= tick.at <= HEIGHT for tick in chart.ticks)
        assert all(bar.height >= 0 and 0 <= bar.x <= WIDTH for bar in chart.bars)


def test_pointing_above_a_label_tells_all_its_values() -> None:
    both = [Series("Now", [1, None, 3]), Series("Before", [3, 2, None], "dashed")]
    told = ["Mon: Now 1, Before 3", "Tue: Before 2", "Wed: Now 3"]
    for chart in (line_chart("Sales", "Day", LABELS, both), bar_chart("Sales", "Day", LABELS, both)):
        assert [hint.text for hint in chart.hints] == told
        ends = [(hint.x, hint.x + hint.width) for hint in chart.hints]
        assert (ends[0][0], ends[-1][1]) == (0, WIDTH)
        assert all(right == pytest.approx(left, abs=0.2) for (_, right), (left, _) in pairwise(ends))
        assert all(0 <= mark.at <= 100 for mark in chart.marks)
    assert line_chart("Sales", "Day", ["Day"] * 121, [Series("Now", [1] * 121)]).hints == []


@pytest.mark.parametrize(
    ("labels", "wide", "narrow"),
    [(["Mon"] * 7, 7, 7), (["Dec 2010"] * 12, 12, 4), (["28 Aug"] * 28, 14, 5), (["2010年12月"] * 12, 6, 3)],
)
def test_labels_have_room_beside_each_other(labels: list[str], wide: int, narrow: int) -> None:
    marks = bar_chart("Sales", "Day", labels, [Series("Now", [1] * len(labels))]).marks
    assert (len(marks), sum(not mark.is_minor for mark in marks)) == (wide, narrow)


def test_bars_are_as_high_as_their_values_say() -> None:
    chart = bar_chart("Sales", "Day", LABELS, [Series("Now", [10, 20, -10])])
    heights = [bar.height for bar in chart.bars]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert heights[2] == pytest.approx(heights[0], abs=0.2)
    assert chart.bars[2].y > chart.bars[0].y


def test_nothing_is_told_by_colour_alone(app: Flask) -> None:
    chart = line_chart("Sales", "Day", LABELS, [Series("Now", [1, 2, 3]), Series("Before", [3, 2, 1], "dashed")])
    with app.test_request_context():
        html = render_template_string(DRAW, data=chart)
    assert 'role="img"' in html
    assert 'aria-label="Sales. "' in html
    assert html.count("chart-dashed") == 2
    assert "<table" in html
    assert "style=" not in html


def test_an_empty_chart_says_so(app: Flask) -> None:
    with app.test_request_context():
        html = render_template_string(DRAW, data=line_chart("Sales", "Day", [], []))
    assert "<svg" not in html


def test_a_spark_needs_two_values() -> None:
    assert (spark_path([]), spark_path([1, None])) == ("", "")
    assert spark_path([1, 2, 3]).startswith("M0.0 ")
