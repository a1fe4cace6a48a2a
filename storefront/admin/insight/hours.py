"""When people buy: by hour of the shop's clock and by day of the week."""

from babel.dates import get_day_names
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from storefront.core.web.charts import Chart, Series, bar_chart
from storefront.core.web.language import current
from storefront.insight import queries, words
from storefront.insight.days import each_day
from storefront.insight.periods import Span


def draw_hours(session: Session, span: Span) -> Chart:
    """Orders by hour, as a mean per day."""
    hours = queries.orders_by_hour(session, span)
    values = [round(hours.get(hour, 0) / span.days, 2) for hour in range(24)]
    labels = [f"{hour}:00" for hour in range(24)]
    return bar_chart(_("Orders a day by hour"), _("Hour"), labels, [Series(_("Orders"), values)], show=words.number)


def draw_weekdays(session: Session, span: Span) -> Chart:
    """Orders by weekday, as a mean over its days in the span."""
    totals, days = queries.list_totals(session, span), list(each_day(span.first, span.last))
    values = [_mean([totals.get(day, {}).get("orders", 0) for day in days if day.weekday() == n]) for n in range(7)]
    names = get_day_names("abbreviated", locale=current())
    labels = [str(names[number]) for number in range(7)]
    return bar_chart(_("Orders a day by weekday"), _("Day"), labels, [Series(_("Orders"), values)], show=words.number)


def _mean(numbers: list[int]) -> float:
    return round(sum(numbers) / len(numbers), 1) if numbers else 0
