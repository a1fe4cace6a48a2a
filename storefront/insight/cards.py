"""Cards and charts of the whole shop's figures."""

from collections.abc import Iterable
from datetime import date

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from storefront.core.web.charts import Chart, Series, line_chart, spark_path
from storefront.insight import queries, words
from storefront.insight.days import each_day, week_of
from storefront.insight.definitions import FIGURES, Figure
from storefront.insight.periods import Span
from storefront.insight.words import Card

# Longer spans are drawn by week: a line of a year's days is a hedge.
DAYS_DRAWN = 62


def make_cards(session: Session, span: Span, keys: Iterable[str]) -> list[Card]:
    """The figures of a span beside those of the span before and of the year before."""
    now, before, year = (queries.sum_totals(session, each) for each in (span, span.before, span.year_before))
    begun = queries.first_day(session)
    has_year = span.before != span.year_before and begun is not None and begun <= span.year_before.last
    days = queries.list_totals(session, span)
    return [
        Card(
            figure,
            figure.of(now),
            figure.of(before),
            figure.of(year) if has_year else None,
            spark_path(_buckets(figure, days, span)[1]) if not figure.is_of_buyers else "",
        )
        for figure in (FIGURES[key] for key in keys)
    ]


def draw_figure(session: Session, span: Span, figure: Figure) -> Chart:
    """A figure by day (by week beyond two months) beside the span before."""
    starts, values = _buckets(figure, queries.list_totals(session, span), span)
    _earlier, before = _buckets(figure, queries.list_totals(session, span.before), span.before)
    head = _("Day") if span.days <= DAYS_DRAWN else _("Week from")
    rows = [Series(words.days(span), values), Series(words.days(span.before), before[: len(values)], "dashed")]
    labels = [words.short_day(start) for start in starts]
    return line_chart(str(figure.label), head, labels, rows, show=words.axis(figure))


def _buckets(figure: Figure, days: dict[date, dict[str, int]], span: Span) -> tuple[list[date], list[int]]:
    """The first day of each bucket with the figure's value; days without anything are nought."""
    nothing = dict.fromkeys(queries.TOTALS, 0)
    if span.days <= DAYS_DRAWN:
        starts = list(each_day(span.first, span.last))
        return starts, [figure.of(days.get(day, nothing)) for day in starts]
    weeks: dict[date, list[dict[str, int]]] = {}
    for day in each_day(week_of(span.first), span.last):
        weeks.setdefault(max(week_of(day), span.first), []).extend([days[day]] if day in days else [])
    return list(weeks), [figure.of(queries.add_up(found)) for found in weeks.values()]
