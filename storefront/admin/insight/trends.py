"""How products go, as small lines."""

from storefront.core.web.charts import spark_path
from storefront.insight.days import each_day
from storefront.insight.goods import Sold
from storefront.insight.periods import Span

# A line as small as a word has no room for more.
STEPS = 30


def trend(sold: Sold, span: Span) -> str:
    """Net sales over the span as a small line, some days together where it is long."""
    together = max(1, -(-span.days // STEPS))
    sums: dict[int, int] = {}
    for day in each_day(span.first, span.last):
        place = (day - span.first).days // together
        sums[place] = sums.get(place, 0) + sold.days.get(day, 0)
    return spark_path(list(sums.values()))
