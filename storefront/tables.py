"""Every module with tables, so that migrations and tests see the whole database."""

from importlib import import_module

DOMAINS = (
    "accounts",
    "catalog",
    "tax",
    "shipping",
    "promotions",
    "stock",
    "cart",
    "orders",
    "payments",
    "insight",
    "wishlist",
    "privacy",
)
INSIGHT = ("insight.forecast.models", "insight.queueing.models", "insight.reorder.models")
MODELS = ("core.audit.models", "core.outbox", *(f"{domain}.models" for domain in DOMAINS), *INSIGHT)


def import_models() -> None:
    """Load all tables into the metadata."""
    for name in MODELS:
        import_module(f"storefront.{name}")
