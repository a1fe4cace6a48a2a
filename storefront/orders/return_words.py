"""A customer's wish to send goods back, in words."""

from flask_babel import lazy_gettext as _l

from storefront.orders.models import RequestStatus, ReturnReason

REASONS = {
    ReturnReason.NOT_WANTED: _l("I do not want it after all"),
    ReturnReason.DAMAGED: _l("It came broken or does not work"),
    ReturnReason.WRONG: _l("It is not what I ordered"),
    ReturnReason.LATE: _l("It came too late"),
    ReturnReason.OTHER: _l("Something else"),
}
# What it is called, and the tone of its badge.
STATES = {
    RequestStatus.REQUESTED: (_l("Waits for our answer"), "warn"),
    RequestStatus.ACCEPTED: (_l("Please send it"), "good"),
    RequestStatus.REFUSED: (_l("Refused"), "danger"),
    RequestStatus.WITHDRAWN: (_l("Taken back by you"), "quiet"),
    RequestStatus.RECEIVED: (_l("Come back to us"), "good"),
}
