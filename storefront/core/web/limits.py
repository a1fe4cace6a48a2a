"""Rate limits, counted in Redis and in memory when Redis is away."""

import hashlib
import hmac

from flask import Flask, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from storefront.config import Settings

limiter = Limiter(key_func=get_remote_address, in_memory_fallback_enabled=True, headers_enabled=True)


def init_limits(app: Flask, settings: Settings) -> None:
    """Bind the limiter to the cache server of the shop."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_cache_url.replace("unix://", "redis+unix://")
    app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_timeout": 0.25, "socket_connect_timeout": 0.25}
    app.config["RATELIMIT_KEY_PREFIX"] = "limit"
    app.config["RATELIMIT_SWALLOW_ERRORS"] = True
    limiter.init_app(app)


def form_value(name: str) -> str:
    """A key for a limit per what was typed into a field, whatever its case; Redis learns nobody's address by it."""
    typed = request.form.get(name, "").strip().lower()[:254]
    digest = hmac.new(str(current_app.secret_key).encode(), f"limit {name} {typed}".encode(), hashlib.sha256)
    return f"{name}:{digest.hexdigest()[:24]}"
