"""The language of a page: what the shopper chose, else what the browser prefers, else the shop's first."""

from flask import Flask, current_app, g, has_request_context, request
from flask_babel import Babel, get_locale

from storefront.config import Settings

COOKIE = "lang"
NATIVE_NAMES = {"en": "English", "zh_Hans": "简体中文"}


def init_language(app: Flask, settings: Settings, translations: str) -> None:
    """Set up gettext; `translations` is the folder of the catalogues."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = translations
    app.config["BABEL_DEFAULT_TIMEZONE"] = settings.time_zone.key
    app.config["BABEL_DEFAULT_LOCALE"] = settings.languages[0]
    Babel(app, locale_selector=choose)


def cookie_name(settings: Settings) -> str:
    """The cookie of the chosen language; under https no other host of the domain can set it."""
    return f"__Host-{COOKIE}" if settings.is_secure else COOKIE


def choose() -> str:
    """The locale of this request ("zh_Hans"); the shop's first language outside of one."""
    settings: Settings = current_app.config["SETTINGS"]
    if not has_request_context():
        return settings.languages[0]
    chosen = request.cookies.get(cookie_name(settings))
    if chosen in settings.languages:
        return str(chosen)
    g.depends_on_language = True
    return _preferred(settings.languages)


def current() -> str:
    """The locale of what is being rendered."""
    return str(get_locale() or "en")


def tag(locale: str | None = None) -> str:
    """The locale as HTML and HTTP write it: "zh-Hans"."""
    return (locale or current()).replace("_", "-")


def choices() -> list[tuple[str, str]]:
    """The shop's languages as (locale, own name)."""
    settings: Settings = current_app.config["SETTINGS"]
    return [(locale, NATIVE_NAMES.get(locale, locale)) for locale in settings.languages]


def _preferred(languages: tuple[str, ...]) -> str:
    """Chinese of any region is served by the Chinese we have; the rest goes by its first two letters."""
    for wanted, _quality in request.accept_languages:
        primary = wanted.replace("-", "_").partition("_")[0].lower()
        for language in languages:
            if language.partition("_")[0] == primary:
                return language
    return languages[0]
