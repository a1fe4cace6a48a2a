"""Loaded before everything else: which servers the tests may use, and what they skip without them."""

import os

import pytest

# Databases that a test throws away need no disk: in memory the suite takes half the time.
if os.access("/dev/shm", os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/dev/shm")
REQUIRED = os.environ.get("REQUIRE_ALL") == "1"
# Nothing of the developer's own environment may leak into the shop under test.
for name in ("DATABASE_URL", "REDIS_URL", "REDIS_STOCK_URL", "REDIS_QUEUE_URL", "REDIS_CACHE_URL", "DATA_DIR"):
    os.environ.pop(name, None)


def need(condition: object, reason: str) -> None:
    """Skip the test for `reason` when its server is missing; where everything is required, fail."""
    if condition:
        return
    if REQUIRED:
        pytest.fail(f"required here: {reason}")
    pytest.skip(reason)


def pytest_configure(config: pytest.Config) -> None:
    config.option.reportchars = config.option.reportchars or "s"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of tests in one group one runs at a time; a runner that does not see the groups would let them collide."""
    grouped = [item for item in items if item.get_closest_marker("xdist_group")]
    if os.environ.get("PYTEST_XDIST_WORKER") and any("@" not in item.nodeid.rpartition("]")[2] for item in grouped):
        # What an error says is lost on its way to the other process.
        os.write(2, b"This pytest-xdist does not see the groups of this pytest.\n")
        raise pytest.UsageError
