"""Metrics for Prometheus, for those who may read them."""

import hmac

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0

from storefront.core.db import db
from storefront.core.redis import connect
from storefront.core.web import public, settings
from storefront.monitoring.counts import get_counts
from storefront.monitoring.readings import Readings
from storefront.stock.holds import TIMEOUT_SECONDS, get_holds

blueprint = Blueprint("monitoring", __name__)


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """Everything there is to watch, as Prometheus reads it; 404 for everybody who may not."""
    if not _may_read():
        abort(404)
    queue = connect(settings().redis_queue_url, TIMEOUT_SECONDS)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Readings(get_counts(), db.session(), get_holds().gate, queue))
    answer = Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_1_0_0)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _may_read() -> bool:
    """Whoever sends METRICS_TOKEN; without one, this machine, as long as the shop is not served to the world."""
    token = settings().metrics_token
    if token:
        sent = request.headers.get("Authorization", "").encode("latin-1")
        return hmac.compare_digest(sent, f"Bearer {token}".encode())
    is_local = request.remote_addr in {"127.0.0.1", "::1"}
    return is_local and not settings().is_secure and "X-Forwarded-For" not in request.headers
