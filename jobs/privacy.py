"""Jobs about people's own data."""

from storefront.core.web import settings
from storefront.privacy import erasure, exports, requests


def answer(request_id: int) -> None:
    """Make what was asked for, and mail its link."""
    exports.answer(request_id, settings())


def forget_old() -> None:
    """Delete requests whose links have ended, and addresses that no law wants kept any more."""
    requests.forget_old()
    erasure.forget_kept()
