"""An online shop that one person starts with one command: `make_app()` wires its pages, in order, and nothing else."""

from flask import Flask
from flask_compress import Compress
from flask_login import LoginManager
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from storefront import make_core
from storefront.config import Settings, load_settings
from storefront.core.db import db
from storefront.core.web.access import init_access, public
from storefront.core.web.addresses import Id
from storefront.core.web.audit import init_audit, init_watch
from storefront.core.web.cache import SharedPages
from storefront.core.web.errors import init_errors
from storefront.core.web.headers import init_headers
from storefront.core.web.language import cookie_name
from storefront.core.web.limits import init_limits
from storefront.core.web.signing import init_signing

MEBIBYTE = 1024 * 1024
FOREVER_SECONDS = 31_536_000


def make_app(settings: Settings | None = None) -> Flask:
    """The shop as a WSGI application; `settings` come from the environment when not given."""
    settings = settings or load_settings()
    app = make_core(settings)
    app.url_map.converters["int"] = Id
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        SEND_FILE_MAX_AGE_DEFAULT=FOREVER_SECONDS,
        COMPRESS_ALGORITHM=["br", "gzip"],
        COMPRESS_BR_LEVEL=5,
        SESSION_COOKIE_NAME="__Host-shop" if settings.is_secure else "shop",
        SESSION_COOKIE_SECURE=settings.is_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A page that anyone may cache must never carry somebody's session cookie.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=12 * MEBIBYTE,
        MAX_FORM_MEMORY_SIZE=MEBIBYTE,
    )
    _init_extensions(app, settings)
    _register_blueprints(app)
    _mount(app)
    if settings.trusted_proxies:
        # Only as many as there are: whoever comes directly could call themselves whatever they like.
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies
        )
    return app


def _init_extensions(app: Flask, settings: Settings) -> None:
    from storefront.accounts.challenges import init_challenges
    from storefront.accounts.queries import find_user_by_session
    from storefront.accounts.views.factor import ask_again
    from storefront.core.web.visit import session_key
    from storefront.insight.funnel import init_funnel
    from storefront.insight.queueing.shown import init_promise
    from storefront.monitoring.counts import init_counts
    from storefront.payments.gateways import init_gateway
    from storefront.stock.holds import init_holds

    init_signing(app)
    init_holds(app, settings.redis_stock_url)
    init_counts(app)
    init_funnel(app)
    init_promise(app)
    init_challenges(app, settings)
    gateway = init_gateway(app, settings)
    login = LoginManager(app)
    login.user_loader(lambda session_id: find_user_by_session(db.session(), session_id, session_key()))
    init_headers(app, settings, gateway.form_origin)
    init_limits(app, settings)
    init_audit(app)
    init_access(app, ask_again)
    init_watch(app)
    Compress(app)
    init_errors(app)
    public(app.view_functions["static"])


def _register_blueprints(app: Flask) -> None:
    from storefront.accounts.views import blueprint as accounts
    from storefront.admin.views import blueprint as admin
    from storefront.cart.views import blueprint as cart
    from storefront.catalog.views import blueprint as catalog
    from storefront.checkout.card_views import blueprint as cards
    from storefront.checkout.views import blueprint as checkout
    from storefront.insight.views import blueprint as insight
    from storefront.monitoring.views import blueprint as monitoring
    from storefront.orders.views import blueprint as orders
    from storefront.pages.views import blueprint as pages
    from storefront.payments.views import blueprint as payments
    from storefront.stock.views import blueprint as stock
    from storefront.wishlist.views import blueprint as wishlist

    shop = (
        pages,
        catalog,
        stock,
        cart,
        checkout,
        cards,
        orders,
        payments,
        accounts,
        wishlist,
        admin,
        insight,
        monitoring,
    )
    for blueprint in shop:
        app.register_blueprint(blueprint)
    _register_privacy(app)


def _register_privacy(app: Flask) -> None:
    from storefront.privacy.views import blueprint

    app.register_blueprint(blueprint)


def _mount(app: Flask) -> None:
    """The demo provider's pages live beside the shop's; what is the same for everybody is answered before Flask."""
    from storefront.payments.gateways import demo_mounts

    shop = SharedPages(app.wsgi_app, cookie_name(app.config["SETTINGS"]))
    app.wsgi_app = DispatcherMiddleware(shop, demo_mounts(app))  # type: ignore[method-assign]
