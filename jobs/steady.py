"""RQ's worker, made to outlive the server of its queue."""

from typing import TYPE_CHECKING

from rq import Worker, worker_registration

if TYPE_CHECKING:
    from redis.client import Pipeline


class SteadyWorker(Worker):
    """Asks every second for a server that is away, and signs on again with one that came back empty."""

    exponential_backoff_factor = 1.0
    is_told_to_stop = False

    def heartbeat(self, timeout: int | None = None, pipeline: "Pipeline | None" = None) -> None:
        """Tell RQ that it lives, and where it works: a server that lost its data knows neither."""
        super().heartbeat(timeout, pipeline)
        worker_registration.register(self, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """Note it: RQ's last words to a server that is away fail, and are no reason to begin anew."""
        self.is_told_to_stop = True
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
