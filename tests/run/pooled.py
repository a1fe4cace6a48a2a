"""A pool of workers, or one of its workers, with jobs that tests can watch: run with `pool`, or `worker` and a pid."""

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from storefront.config import load_settings
from storefront.core.redis import connect

BEGUN = "tests:begun"
ENDED = "tests:ended"


def sleep(number: int, seconds: float) -> None:
    """A job that leaves word of its beginning and of its end."""
    redis = connect(load_settings().redis_queue_url)
    redis.rpush(BEGUN, number)
    time.sleep(seconds)
    redis.rpush(ENDED, number)


def be_worker() -> None:
    """A worker that knows the job above."""
    import jobs
    from storefront.run.child import main

    jobs.HANDLERS["tests.sleep"] = "tests.run.pooled:sleep"
    main([sys.argv[2], "worker"])


def be_pool() -> None:
    """A pool of one to three such workers, quickly at ease."""
    from storefront.insight.queueing import scaling
    from storefront.run.pool import run_pool

    scaling.CALM_SECONDS = 1.0
    scaler = scaling.Scaler(scaling.Bounds(1, 3), target_seconds=0.5)
    command = [sys.executable, __file__, "worker", str(os.getpid())]
    run_pool(load_settings(), scaler, lambda text: print(text, flush=True), command)


if __name__ == "__main__":
    be_pool() if sys.argv[1] == "pool" else be_worker()
