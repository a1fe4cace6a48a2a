"""Our forecast beside other methods on a retailer's real weeks, in one run; and its time and memory on a large shop.

Run: `python benchmarks/forecast.py FILE [--origins N]`, FILE being "Online Retail" (.csv or .csv.gz). AutoETS takes
part where statsforecast is installed. The shop does not need it, so give it an environment of its own:

    python -m venv /tmp/bench && /tmp/bench/bin/pip install -e . --group bench
    /tmp/bench/bin/python benchmarks/forecast.py FILE
"""

import argparse
import resource
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from storefront.insight.forecast.arrays import History
from storefront.insight.forecast.backtest import AUTO_ETS, OURS, backtest, last_origins
from storefront.insight.forecast.command import render
from storefront.insight.forecast.model import forecast

VARIANTS, WEEKS = 10_000, 104


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--origins", type=int, default=8)
    options = parser.parse_args()
    measure_size()
    history = History.of(read_weeks(options.file))
    origins = last_origins(history, options.origins)
    print(f"{len(history.units):,} variants, {history.weeks} weeks, {len(origins)} horizons of 4 weeks")
    scores = []
    for line in render(seen for seen in backtest(history, origins) if not scores.append(seen)):
        print(line, flush=True)
    seconds = {score.method: score.seconds for score in scores}
    if AUTO_ETS in seconds:
        print(f"AutoETS took {seconds[AUTO_ETS] / seconds[OURS]:,.0f} times as long as ours")


def read_weeks(path: Path) -> Any:
    """Pieces by variant and Monday week, as the shop's import reads the file; only whole weeks."""
    from storefront.importing.online_retail.plan import make_plan

    units: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    days = set()
    for order in make_plan(path).orders.values():
        day = order.placed_at.date()
        days.add(day)
        for sold in order.goods if not order.is_cancelled else ():
            units[sold.line.code][day - timedelta(days=day.weekday())] += sold.line.quantity
    first, end = min(days) - timedelta(days=min(days).weekday()), max(days) - timedelta(days=max(days).weekday())
    weeks = [first + timedelta(days=7 * number) for number in range((end - first).days // 7)]
    return np.array([[units[sku].get(week, 0) for week in weeks] for sku in sorted(units)], dtype=float)


def measure_size() -> None:
    """A made-up shop of 10,000 variants and two years, on as many cores as numpy takes (it takes one)."""
    random = np.random.default_rng(1)
    level = random.lognormal(0, 1.5, VARIANTS)[:, None]
    history = History.of(random.poisson(level * random.gamma(1, 1, (VARIANTS, WEEKS))).astype(float))
    begun = time.process_time()
    forecast(history, 4)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{VARIANTS:,} variants x {WEEKS} weeks: {time.process_time() - begun:.2f} s, {memory:.0f} MB at most")


if __name__ == "__main__":
    main()
