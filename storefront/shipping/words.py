"""What zones and methods are called: those the shop comes with are translated, the owner's are shown as typed."""

from flask_babel import gettext

from storefront.core.errors import N_

BUILT_IN = frozenset(
    {
        N_("By e-mail"),
        N_("Standard delivery"),
        N_("Express delivery"),
        N_("International delivery"),
        N_("Own country"),
        N_("Rest of the world"),
    }
)


def method_words(name: str) -> str:
    """The name of a method or zone in the language of the page."""
    return str(gettext(name)) if name in BUILT_IN else name
