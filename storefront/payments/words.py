"""A provider's words about disputes, and the names of gateways, for people."""

from flask_babel import lazy_gettext as _l

from storefront.payments.models import CREDIT
from storefront.payments.offline import METHODS

# https://docs.stripe.com/api/disputes/object
REASONS = {
    "bank_cannot_process": _l("the bank cannot process it"),
    "check_returned": _l("the cheque was returned"),
    "credit_not_processed": _l("a promised refund did not come"),
    "customer_initiated": _l("the customer asked their bank"),
    "debit_not_authorized": _l("the debit was not allowed"),
    "duplicate": _l("charged twice"),
    "fraudulent": _l("the owner of the card does not know of it"),
    "incorrect_account_details": _l("wrong account"),
    "insufficient_funds": _l("not enough money on the account"),
    "noncompliant": _l("against the card network's rules"),
    "product_not_received": _l("the goods did not arrive"),
    "product_unacceptable": _l("the goods were not as described"),
    "subscription_canceled": _l("a subscription was cancelled"),
    "unrecognized": _l("the customer does not recognise it"),
}
STATUSES = {
    "needs_response": _l("waits for your answer"),
    "under_review": _l("being looked at"),
    "won": _l("won"),
    "lost": _l("lost"),
    "warning_needs_response": _l("inquiry: waits for your answer"),
    "warning_under_review": _l("inquiry: being looked at"),
    "warning_closed": _l("inquiry closed"),
    "prevented": _l("prevented"),
}
GATEWAYS = {"stripe": "Stripe", "demo": _l("Demo payment"), CREDIT: _l("Gift card or credit")} | {
    code: method.label for code, method in METHODS.items()
}


def reason_words(reason: str) -> str:
    """Why a payment is disputed."""
    return str(REASONS.get(reason, reason.replace("_", " ")))


def status_words(status: str) -> str:
    """How far a dispute has come."""
    return str(STATUSES.get(status, status.replace("_", " ")))


def gateway_words(name: str) -> str:
    """What people call a way to pay."""
    return str(GATEWAYS.get(name, name))
