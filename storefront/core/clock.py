"""The one clock: aware UTC times. Tests replace `now` here, and everything follows."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment as an aware UTC time."""
    return datetime.now(UTC)
