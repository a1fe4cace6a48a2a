"""What views use to answer, and what wires the web parts of the shop together."""

from storefront.core.web.access import allows_bytes, customer, factorless, public, signed, staff, tokenless
from storefront.core.web.errors import tell
from storefront.core.web.pages import local_path, page, see_other, settings, shared_page, wants_fragment

__all__ = [
    "allows_bytes",
    "customer",
    "factorless",
    "local_path",
    "page",
    "public",
    "see_other",
    "settings",
    "shared_page",
    "signed",
    "staff",
    "tell",
    "tokenless",
    "wants_fragment",
]
