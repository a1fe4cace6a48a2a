"""What the pages show: amounts, lines and the language of whoever pays."""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request

from storefront.core.money import format_minor
from storefront.payments.stripe_api.sessions import LOCALES
from storefront.payments.stripe_api.units import from_provider

LANGUAGES = {"zh": "zh-Hans", "zh-TW": "zh-Hant", "zh-HK": "zh-Hant-HK"}


def of_session(session: sqlite3.Row, request: Request) -> dict[str, Any]:
    """A checkout session, in the language that the shop asked for or else the browser does."""
    params = json.loads(session["params"])
    locale = params.get("locale") or "auto"
    language = preferred(request) if locale == "auto" else LANGUAGES.get(locale, locale)
    return {
        "language": language,
        "order_number": params.get("client_reference_id"),
        "cancel_url": params.get("cancel_url"),
        **_bill(params, session, language),
    }


def of_link(link: sqlite3.Row, request: Request) -> dict[str, Any]:
    """A payment link, in the language of whoever follows it: no shop has named one."""
    language = preferred(request)
    return {"language": language, "order_number": None, **_bill(json.loads(link["params"]), link, language)}


def of_intent(intent: sqlite3.Row, request: Request) -> dict[str, Any]:
    """A payment intent of the shop's own form."""
    language = preferred(request)
    amount = money(intent["currency"], language)(intent["amount"])
    return {"language": language, "order_number": None, "amount": amount}


def preferred(request: Request) -> str:
    """The language of a page that belongs to no payment, and for which no shop has named one."""
    wanted, *_rest = [*request.accept_languages.values(), "en"]
    language = wanted.partition("-")[0].lower()
    return LANGUAGES.get(language, language if language in LOCALES.split() else "en")


def reason(intent: sqlite3.Row | None) -> str | None:
    """Why the last try failed, if it did."""
    if intent is None or intent["failure"] is None:
        return None
    failure = json.loads(intent["failure"])
    why: str = failure.get("decline_code") or failure["code"]
    return why


def money(currency: str, language: str) -> Callable[[int], str]:
    """Writes amounts of the provider's unit as people of a language do."""
    code = currency.upper()
    return lambda amount: format_minor(from_provider(amount, code), code, language.replace("-", "_"))


def _bill(params: dict[str, Any], row: sqlite3.Row, language: str) -> dict[str, Any]:
    written = money(row["currency"], language)
    lines = [
        {
            "name": line["price_data"]["product_data"]["name"],
            "quantity": line["quantity"],
            "amount": written(line["price_data"]["unit_amount"] * line["quantity"]),
        }
        for line in params["line_items"]
    ]
    return {"amount": written(row["amount_total"]), "lines": lines}
