"""Jobs that measure how long work waits."""

from storefront.insight.queueing import packing, rollup


def count_hours() -> None:
    """Count the jobs of the hours that are over, and measure how long a parcel takes."""
    rollup.count_hours()
    packing.measure_packing()
