"""The official library's request types, loaded by the first call that needs them: the library is large."""

from importlib import import_module

PLACES = {
    "SessionCreateParams": "stripe.params.checkout",
    "SessionListParams": "stripe.params.checkout",
    "SessionRetrieveParams": "stripe.params.checkout",
    "SessionExpireParams": "stripe.params.checkout",
    "PaymentIntentRetrieveParams": "stripe.params",
    "EventListParams": "stripe.params",
    "EventRetrieveParams": "stripe.params",
}


def schema(name: str) -> type:
    """The TypedDict that says which parameters a request takes."""
    found: type = getattr(import_module(PLACES[name]), name)
    return found
