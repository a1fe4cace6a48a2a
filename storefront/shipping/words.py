"""What methods are called: those the shop comes with are translated, the owner's own are shown as they were typed."""

from flask_babel import gettext

from storefront.core.errors import N_

BUILT_IN = frozenset({N_("Standard delivery"), N_("Express delivery"), N_("International delivery")})


def method_words(name: str) -> str:
    """The method's name in the language of the page."""
    return str(gettext(name)) if name in BUILT_IN else name
