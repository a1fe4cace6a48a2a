"""Where a letter's link leads whoever wants no more of them."""

from flask import Blueprint, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.core.db import db
from storefront.core.web import page, public, see_other, signed
from storefront.insight.reports import service
from storefront.insight.reports.queries import find_recipient

blueprint = Blueprint("insight", __name__)


@blueprint.get("/reports/<token>")
@public
def stop_letters(token: str) -> Response:
    """The page with the button; a link that is known no more has nothing to stop, and looks the same."""
    found = find_recipient(db.session(), token)
    if found:
        text = _("%(email)s gets letters about the sales of this shop.", email=found.email)
    else:
        text = _(
            "Nobody gets these letters under this link any more. "
            "Whoever looks after the shop can enter the address again."
        )
    action = url_for("insight.letters_stopped", token=token)
    return page("pages/stop_mails.html", title=_("Letters about sales"), text=text, is_over=not found, action=action)


@blueprint.post("/reports/<token>/removal")
@signed
def letters_stopped(token: str) -> Response:
    """Send no more. A mail program's own button posts here as well (RFC 8058): the token is all it has to show."""
    service.stop(token)
    return see_other(url_for("insight.stop_letters", token=token))
