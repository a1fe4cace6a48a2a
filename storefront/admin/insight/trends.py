"""How products go, as small lines."""

from storefront.core.web.charts import spark_path
from storefront.insight.goods import Sold
from storefront.insight.periods import Span

# A line as small as a word has no room for more.
STEPS = 30


def trend(sold: Sold, span: Span) -> str:
    """Net sales over the span as a small line, some days together where it is long."""
    together = max(1, -(-span.days // STEPS))
    sums = [0] * -(-span.days // together)
    for day, minor in sold.days.items():
        sums[(day - span.first).days // together] += minor
    return spark_path(sums)
