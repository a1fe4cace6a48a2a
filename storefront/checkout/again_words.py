"""What became of an order that was put into the cart again, in words."""

from flask_babel import gettext as _
from flask_babel import ngettext

from storefront.checkout.again import Again, Changed
from storefront.core.web.filters import money


def again_words(again: Again, currency: str) -> list[tuple[str, str]]:
    """(tone, text) of each message, what went well first."""
    found = []
    if again.pieces:
        text = ngettext("%(num)s piece is in your cart again.", "%(num)s pieces are in your cart again.", again.pieces)
        found.append(("good", text))
    if again.gone:
        found.append(("warn", _("Not for sale any more: %(names)s.", names=", ".join(again.gone))))
    if again.sold_out:
        found.append(("warn", _("Sold out at the moment: %(names)s.", names=", ".join(again.sold_out))))
    if again.fewer:
        names = ", ".join(_("%(name)s (%(now)s of %(before)s)", **one._asdict()) for one in again.fewer)
        found.append(("warn", _("There are fewer than you had: %(names)s.", names=names)))
    if again.repriced:
        names = ", ".join(_reprice(one, currency) for one in again.repriced)
        found.append(("", _("Costs something else now: %(names)s.", names=names)))
    return found


def _reprice(one: Changed, currency: str) -> str:
    now, before = money(one.now, currency), money(one.before, currency)
    return str(_("%(name)s (%(now)s instead of %(before)s)", name=one.name, now=now, before=before))
