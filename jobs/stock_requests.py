"""Jobs about those who wait for stock; the clock loads `jobs.stock`, and needs none of this."""

from storefront.core.db import db
from storefront.core.web import settings
from storefront.stock import mails, waiting


def tell_waiting() -> None:
    """Find what is back, and stage one mail for each whose turn it is."""
    waiting.tell_waiting(db.session())


def send_back(request_id: int) -> None:
    """Tell one of them, once."""
    mails.send_back(request_id, settings())


def forget_old() -> None:
    """Delete who was told 30 days ago or has waited for 180."""
    waiting.forget_old()
