"""The way to the provider's page: everybody who is about to pay goes through here, and past the shield."""

import time
from typing import NamedTuple

from flask import flash, request, session, url_for
from werkzeug.wrappers import Response

from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.errors import Conflict, Unavailable
from storefront.core.web import see_other, settings, tell
from storefront.core.web.headers import content_security_policy
from storefront.core.web.visit import shopper_id, user_id
from storefront.payments.attempts import start_attempt
from storefront.payments.customers import ensure_customer
from storefront.payments.gateway import ProviderScript
from storefront.payments.gateways import get_gateway
from storefront.payments.shield import Assessment, Subjects, Verdict, get_shield

WAIT = "pay_after"
# A wait that was served is good for so long.
WAIT_KEPT_SECONDS = 600


class Payer(NamedTuple):
    """Whose order is to be paid."""

    order_id: int
    token: str
    email: str


def to_provider(payer: Payer, found: Assessment | None = None) -> Response:
    """Lead to the provider's page, or to the page that says what has to be done before. For answers to a POST.

    `found` is what the shield has just said of them.
    """
    db.session.rollback()
    who = visitor(payer.email)
    found = found or get_shield().assess(who)
    if found.verdict is Verdict.CHALLENGE and not get_shield().has_challenge(who):
        mail_proof(payer, who)
    is_through = found.verdict is Verdict.ALLOW or (found.verdict is Verdict.SLOW and _has_waited())
    if not is_through:
        return see_other(url_for("payments.check", token=payer.token))
    session.pop(WAIT, None)
    gateway = get_gateway()
    ensure_customer(user_id(), gateway)
    try:
        started = start_attempt(payer.order_id, gateway, settings().base_url)
    except (Conflict, Unavailable) as error:
        flash(tell(error), "warn")
        return see_other(url_for("orders.show", token=payer.token))
    get_shield().note_start(started.payment_id, who)
    return see_other(started.url)


def embedding_policy(script: ProviderScript) -> str:
    """The content security policy of the one page on which the provider's script runs: as narrow as it can be."""
    allowed = {"script-src": script.scripts, "frame-src": script.frames, "connect-src": script.calls}
    narrowed = [" ".join([name, *dict.fromkeys(["'self'", *origins])]) for name, origins in allowed.items()]
    return "; ".join([content_security_policy(""), *narrowed])


def visitor(email: str) -> Subjects:
    """Who is at the door."""
    return get_shield().subjects(request.remote_addr, email, shopper_id())


def mail_proof(payer: Payer, who: Subjects) -> bool:
    """Mail a code that shows that the address is theirs; False when enough of them were sent."""
    code = get_shield().open_challenge(who)
    if code is None:
        return False
    with transaction():
        key = f"proof-{payer.order_id}-{time.time_ns()}"
        outbox.stage("payments.send_proof", dedupe_key=key, order_id=payer.order_id, code=code)
    return True


def seconds_to_wait(found: Assessment) -> int:
    """How long somebody who is slowed down has to wait still; the first who asks begins the wait."""
    if WAIT not in session or time.time() > session[WAIT] + WAIT_KEPT_SECONDS:
        session[WAIT] = time.time() + found.wait_seconds
    return max(0, int(session[WAIT] - time.time() + 0.999))


def _has_waited() -> bool:
    return WAIT in session and session[WAIT] <= time.time() <= session[WAIT] + WAIT_KEPT_SECONDS
