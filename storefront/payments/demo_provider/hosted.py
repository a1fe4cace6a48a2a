"""What each hosted page does with a form, and what it shows."""

import hmac
import json
import re
import sqlite3
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from storefront.payments.demo_provider import links, methods, payments, sessions, views
from storefront.payments.demo_provider.cards import APPROVED, GENERIC_DECLINE, Refusal, Verdict
from storefront.payments.demo_provider.desk import Desk
from storefront.payments.demo_provider.errors import no_such
from storefront.payments.demo_provider.methods import CARD, DEBITS, Means
from storefront.payments.demo_provider.orders import is_embedded
from storefront.payments.demo_provider.payments import Outcome

CHOICES = {"decline": Verdict(GENERIC_DECLINE), "authenticate": Verdict(needs_authentication=True)}
REFUSED_LATER = Refusal("insufficient_funds")
STATUS = {"expired": 410, "inactive": 410, "unknown": 404, "refused": 403}
# What a payment that is no longer open looks like to the shopper, by the state of its intent.
ENDED = {"succeeded": "paid", "requires_capture": "paid", "processing": "waiting", "requires_payment_method": "bounced"}


@dataclass(frozen=True)
class Reply:
    """The answer to one request: where to go, a template with what is in it, or data for the provider's script."""

    url: str | None = None
    template: str = ""
    status: int = 200
    context: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] | None = None


def pay(request: Request, desk: Desk, session_id: str) -> Reply:
    """The page of a session: pay by card or by bank, decline, or turn back."""
    session = desk.get("sessions", session_id)
    if request.method == "POST":
        outcome = payments.pay(desk, session_id, _means(request, session))
        return Reply(url=_next_url(request, session, outcome))
    if session["status"] != "open":
        return _ended(request, desk, session)
    decline = views.reason(sessions.find_intent(desk, session_id))
    debit = next((kind for kind in json.loads(session["params"])["payment_method_types"] if kind != CARD), None)
    context = views.of_session(session, request) | {"decline": decline, "debit": debit}
    return Reply(template="pay", context=context | {"action": _path(request, session_id)})


def element(request: Request, desk: Desk, secret: str) -> Reply:
    """The fields that stand on the shop's own page. What is sent from them is answered as data for the script."""
    session = desk.get("sessions", secret.partition("_secret_")[0])
    if not hmac.compare_digest(secret, sessions.client_secret(desk, session["id"])):
        raise no_such("checkout.session", secret)
    if request.method == "POST":
        outcome = payments.pay(desk, session["id"], _means(request, session))
        if outcome in (Outcome.COMPLETE, Outcome.AUTHENTICATE):
            return Reply(data={"url": _next_url(request, session, outcome)})
        return Reply(data={"reason": views.reason(sessions.find_intent(desk, session["id"])) or "expired"})
    if session["status"] != "open":
        return Reply(template="element_closed", context=views.of_session(session, request))
    action = f"{request.script_root}/element/{secret}"
    return Reply(template="element", context=views.of_session(session, request) | {"action": action})


def authentication(request: Request, desk: Desk, session_id: str) -> Reply:
    """The bank's question to the shopper of a session."""
    session, intent = desk.get("sessions", session_id), sessions.find_intent(desk, session_id)
    if request.method == "POST":
        outcome = Outcome.CLOSED if session["status"] == "expired" else _answer(request, desk, intent)
        return Reply(url=_next_url(request, session, outcome))
    if session["status"] != "open":
        return _ended(request, desk, session)
    back = _path(request, session_id)
    if intent is None or intent["status"] != "requires_action":
        return Reply(url=back)
    context = views.of_session(session, request) | {"back": back, "action": f"{back}/authentication"}
    return Reply(template="authentication", context=context)


def question(request: Request, desk: Desk, secret: str) -> Reply:
    """The bank's question to somebody who pays in the shop's own form; the secret is what the shop gave them."""
    query = "SELECT * FROM intents WHERE secret = ? AND session_id IS NULL"
    intent = desk.db.execute(query, (secret,)).fetchone()
    if intent is None:
        raise no_such("payment_intent", "")
    if request.method == "POST":
        _answer(request, desk, intent)
        intent = desk.get("intents", intent["id"])
    back = _return_url(intent)
    if request.method == "POST" and back:
        return Reply(url=back)
    context = views.of_intent(intent, request)
    if intent["status"] == "requires_action":
        action = f"{request.script_root}/authentication/{secret}"
        return Reply(template="authentication", context=context | {"back": None, "action": action})
    return closed(ENDED.get(intent["status"], "expired"), context | {"back": back})


def link(request: Request, desk: Desk, link_id: str) -> Reply:
    """The page of a payment link. Looking opens nothing, because programs look at links that people send."""
    row = desk.get("links", link_id)
    session_id = links.visit(desk, link_id) if request.method == "POST" else None
    if session_id:
        return Reply(url=_path(request, session_id))
    context = views.of_link(row, request)
    if not row["is_active"]:
        message = json.loads(row["params"]).get("inactive_message")
        return closed("inactive", context | {"back": None, "message": message})
    return Reply(template="link", context=context | {"action": f"{request.script_root}/link/{link_id}"})


def closed(state: str, context: dict[str, Any]) -> Reply:
    """The page of what cannot be paid now, and why."""
    nothing = {"message": None, "amount": None}
    return Reply(template="closed", status=STATUS.get(state, 200), context=nothing | context | {"state": state})


def _ended(request: Request, desk: Desk, session: sqlite3.Row) -> Reply:
    intent = sessions.find_intent(desk, session["id"])
    state = ENDED.get(intent["status"], "expired") if intent and session["status"] == "complete" else "expired"
    context = views.of_session(session, request)
    back = _success_url(session) if state in ("paid", "waiting") else context["cancel_url"]
    if state == "paid" and back is None:
        state = "received"
    return closed(state, context | {"back": back, "message": _thanks(desk, session)})


def _means(request: Request, session: sqlite3.Row) -> Means:
    """What is tried. The buttons for a decline and for authentication do the same whatever the card is."""
    choice = request.form.get("choice", "")
    if choice in ("debit", "debit_refused"):
        # Where a page offers no debit, this one is of no kind, and refused.
        kind = DEBITS.get(session["currency"], "")
        return methods.of_bank(kind, REFUSED_LATER if choice == "debit_refused" else None)
    number = re.sub(r"[\s-]", "", request.form.get("card_number", "")) or APPROVED
    return methods.of_card(number, CHOICES.get(choice))


def _answer(request: Request, desk: Desk, intent: sqlite3.Row | None) -> Outcome:
    return payments.authenticate(desk, intent, is_approved=request.form.get("choice") == "approve")


def _next_url(request: Request, session: sqlite3.Row, outcome: Outcome) -> str:
    page = _path(request, session["id"])
    done = _success_url(session) or page
    # Whoever pays on the shop's own page goes back there to try again.
    again = done if is_embedded(json.loads(session["params"])) else page
    return {Outcome.COMPLETE: done, Outcome.AUTHENTICATE: f"{page}/authentication"}.get(outcome, again)


def _path(request: Request, session_id: str) -> str:
    return f"{request.script_root}/pay/{session_id}"


def _success_url(session: sqlite3.Row) -> str | None:
    """Where a shopper returns to who has paid, with the session's id where the shop wants it."""
    params = json.loads(session["params"])
    url: str | None = params.get("success_url") or params.get("return_url")
    return url and url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _return_url(intent: sqlite3.Row) -> str | None:
    url: str | None = json.loads(intent["params"]).get("return_url")
    is_done = intent["status"] in ("succeeded", "requires_capture")
    told = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["secret"],
        "redirect_status": "succeeded" if is_done else "failed",
    }
    return url and f"{url}{'&' if '?' in url else '?'}{urlencode(told)}"


def _thanks(desk: Desk, session: sqlite3.Row) -> str | None:
    """What a link says to somebody who has paid."""
    if session["link_id"] is None:
        return None
    given = json.loads(desk.get("links", session["link_id"])["params"]).get("after_completion", {})
    message: str | None = given.get("hosted_confirmation", {}).get("custom_message")
    return message
