"""A variant's forecast in words and as a chart: history, what is expected, and the plain line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from storefront.core.web.charts import Band, Chart, Series, line_chart
from storefront.insight import words
from storefront.insight.forecast.models import ForecastRun, VariantForecast

DRAWN_WEEKS = 26
# What is written as 0.00 is not called a rise.
LEVEL = 0.005
MODELS = {
    "typical-week": _l("its typical week of late, corrected by what became of variants in the same situation"),
    "new": _l("its first weeks, corrected by what became of other newcomers"),
    "category-share": _l("what newcomers of its category sell, because it has just been put on sale"),
    "never-sold": _l("nothing so far: it was never sold"),
}


@dataclass(frozen=True)
class Outlook:
    """What the page says of one variant."""

    chart: Chart
    point: str
    interval: str
    model: str
    error: str
    season: str
    line: str
    tendency: str


def describe(
    run: ForecastRun, found: VariantForecast, weeks: Sequence[tuple[date, int]], season: Sequence[float]
) -> Outlook:
    """The forecast of a variant whose weeks (first day, pieces; the oldest first) and season are known.

    Expected is the mean of the weeks to come, and nine of ten lie between the lowest and the highest end of theirs.
    """
    low, high = rounded(found.low * min(season)), rounded(found.high * max(season))
    return Outlook(
        chart=_draw(run, found, weeks, season),
        point=rounded(found.point * fmean(season)),
        season=_season(season),
        interval=_("%(low)s to %(high)s", low=low, high=high),
        model=str(MODELS.get(found.model, found.model)),
        error=_error(found),
        line=_line(found),
        tendency=_tendency(found),
    )


def rounded(value: float) -> str:
    """Pieces as a person counts them: whole from ten on, with one decimal below."""
    return words.number(round(value) if value >= 10 else round(value, 1))


def _error(found: VariantForecast) -> str:
    if found.error is None or found.sold is None:
        return str(_("There are too few weeks yet to say how good this is."))
    text = _(
        "In the last weeks it was wrong by %(error)s pieces a week in the mean, where %(sold)s were sold.",
        error=rounded(found.error),
        sold=rounded(found.sold),
    )
    return str(text)


def _season(season: Sequence[float]) -> str:
    """What the year before says of the weeks to come; "" in a shop without a season."""
    if set(season) == {1.0}:
        return ""
    low, high = (words.whole_percent(end(season)) for end in (min, max))
    text = _(
        "It follows the last year: in these weeks its category sold %(low)s to %(high)s of what it sold just before.",
        low=low,
        high=high,
    )
    return str(text)


def _line(found: VariantForecast) -> str:
    sign = "−" if round(found.intercept, 2) < 0 else "+"
    return f"Y = {_signed(found.slope)}X {sign} {_plain(abs(found.intercept))}"


def _tendency(found: VariantForecast) -> str:
    facts = {"slope": _plain(abs(found.slope)), "start": _plain(found.intercept)}
    if abs(found.slope) < LEVEL:
        text = _("On this line sales neither rise nor fall: a is 0, b is %(start)s.", **facts)
    elif found.slope > 0:
        text = _(
            "On this line each week sells %(slope)s pieces more than the one before (a); it begins at %(start)s (b).",
            **facts,
        )
    else:
        text = _(
            "On this line each week sells %(slope)s pieces fewer than the one before (a); it begins at %(start)s (b).",
            **facts,
        )
    return str(text)


def _draw(
    run: ForecastRun, found: VariantForecast, weeks: Sequence[tuple[date, int]], season: Sequence[float]
) -> Chart:
    past = weeks[-DRAWN_WEEKS:]
    coming = [run.first_week + timedelta(days=7 * number) for number in range(run.horizon)]
    starts = [start for start, _units in past] + coming
    gap = [None] * len(past)

    def weekly(pieces: float) -> list[float | None]:
        return [*gap, *(round(pieces * factor, 1) for factor in season)]

    line = [found.slope * _place(run, start) + found.intercept for start in starts]
    return line_chart(
        _("Pieces a week"),
        _("Week from"),
        [words.short_day(start) for start in starts],
        [
            Series(_("Ordered"), [*(units for _start, units in past), *[None] * run.horizon]),
            Series(_("Expected"), weekly(found.point), "dashed"),
            Series("Y = aX + b", [max(round(height, 1), 0) for height in line], "dotted"),
        ],
        show=words.number,
        summary=ngettext(
            "%(num)s week before %(day)s and what is expected after it.",
            "%(num)s weeks before %(day)s and what is expected after it.",
            len(past),
            day=words.day(run.first_week),
        ),
        bands=[Band(_("Nine of ten weeks"), weekly(found.low), weekly(found.high))],
    )


def _place(run: ForecastRun, start: date) -> float:
    """X of a week: 1 for the history's oldest."""
    return (start - run.history_start).days / 7 + 1


def _signed(value: float) -> str:
    return f"{'−' if round(value, 2) < 0 else ''}{_plain(abs(value))}"


def _plain(value: float) -> str:
    return words.number(round(value, 2))
