"""Which gateway this shop pays with: Stripe when it has a key, else the demo provider that comes with the shop."""

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app
from flask_babel import force_locale

from storefront.config import Settings
from storefront.payments.credit import CreditGateway
from storefront.payments.gateway import Gateway, ProviderScript
from storefront.payments.models import CREDIT
from storefront.payments.offline import METHODS, OfflineGateway
from storefront.payments.shield import init_shield
from storefront.payments.stripe_gateway import StripeGateway, stripe_script

if TYPE_CHECKING:
    from storefront.payments.demo_provider import DemoProvider
    from storefront.payments.demo_provider.rendering import Render

MOUNT = "/demo-pay"
EXTENSION = "storefront_gateway"
PROVIDER = "storefront_demo_provider"


def init_gateway(app: Flask, settings: Settings) -> Gateway:
    """Make the gateway of this process and its shield, and hang them on the app; `get_gateway()` finds it."""
    init_shield(app, settings)
    ways: dict[str, Any] = {
        "is_held": settings.capture == "manual",
        "is_embedded": settings.payment_page == "embedded",
    }
    if settings.pays_with_demo:
        provider = _make_provider(app, settings)
        app.extensions[PROVIDER] = provider
        key, secret = demo_keys(settings)
        gateway: Gateway = StripeGateway(
            key,
            [secret],
            name="demo",
            form_origin=settings.base_url,
            http_client=provider.http_client,
            script=demo_script(settings),
            **ways,
        )
    else:
        gateway = StripeGateway(
            settings.stripe_secret_key,
            settings.stripe_webhook_secrets,
            calls_per_second=settings.stripe_calls_per_second,
            script=stripe_script(settings.stripe_publishable_key),
            **ways,
        )
    app.extensions[EXTENSION] = gateway
    return gateway


def get_gateway() -> Gateway:
    """The gateway of the running shop."""
    gateway: Gateway = current_app.extensions[EXTENSION]
    return gateway


def gateway_of(name: str) -> Gateway:
    """The gateway that an attempt was made with; one of another provider than today's is answered by today's."""
    if name == CREDIT:
        own: Any = CreditGateway()
    elif name in METHODS:
        own = OfflineGateway(name)
    else:
        return get_gateway()
    return cast(Gateway, own)


def demo_mounts(app: Flask) -> dict[str, Any]:
    """Where the demo provider's pages hang in the shop's address space; nothing when Stripe is in charge."""
    provider: DemoProvider | None = app.extensions.get(PROVIDER)
    return {MOUNT: provider} if provider else {}


def start_demo_deliveries(app: Flask) -> None:
    """Let this process deliver the demo provider's messages; for the web server, once it serves."""
    provider: DemoProvider | None = app.extensions.get(PROVIDER)
    if provider is not None:
        provider.start_deliveries()


def demo_keys(settings: Settings) -> tuple[str, str]:
    """API key and signing secret of the demo provider, derived from the shop's own secret."""
    derived = hmac.new(settings.secret_key.encode(), b"demo provider", hashlib.sha256).hexdigest()
    return f"sk_test_{derived[:32]}", f"whsec_{derived[32:]}"


def demo_script(settings: Settings) -> ProviderScript:
    """What the demo provider's own fields need on a page: nothing from anywhere else."""
    url = f"{settings.base_url}{MOUNT}/script.js"
    return ProviderScript(url=url, public_key="pk_test_demo", scripts=("'self'",), frames=("'self'",), calls=())


def _make_provider(app: Flask, settings: Settings) -> "DemoProvider":
    from storefront.payments.demo_provider import DemoProvider

    key, secret = demo_keys(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return DemoProvider(
        settings.data_dir / "demo-provider.sqlite3",
        f"{settings.base_url}{MOUNT}",
        f"{settings.local_url}/webhooks/demo",
        secret,
        key,
        shop_name=settings.shop_name,
        render=_renderer(app),
    )


def _renderer(app: Flask) -> "Render":
    """Renders the provider's pages with the shop's templates, in the language the shop asked for."""

    def render(template: str, /, **context: Any) -> str:
        with app.app_context(), force_locale(str(context["language"]).replace("-", "_")):
            return app.jinja_env.get_template(template).render(context)

    return render
