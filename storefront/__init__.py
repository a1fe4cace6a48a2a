"""An online shop that one person starts with one command.

Nothing is imported here: the supervisor, Valkey's starter and the clock are of this package too, and need no web.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from storefront.config import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The shop as a WSGI application; `settings` come from the environment when not given."""
    from storefront.app import make_app

    return make_app(settings)


def make_core(settings: "Settings") -> "Flask":
    """What web, worker and command line share: settings, database, languages, templates. No routes."""
    from flask import Flask

    from storefront.core.assets import asset_folder
    from storefront.core.db import init_db
    from storefront.core.log import init_log
    from storefront.core.web.filters import init_filters
    from storefront.core.web.language import init_language

    init_log(settings.log_format)
    app = Flask("storefront", template_folder=str(asset_folder("templates")), static_folder=str(asset_folder("static")))
    app.secret_key = settings.secret_key
    app.config["SETTINGS"] = settings
    app.testing = settings.testing
    app.debug = settings.debug
    init_db(app, settings.database_url)
    init_language(app, settings, str(asset_folder("translations")))
    init_filters(app, settings)
    return app
