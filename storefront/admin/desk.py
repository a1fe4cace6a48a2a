"""The frame of the merchant's desk: its blueprint, its areas, and how errors are told there."""

from typing import Any, NamedTuple

from flask import Blueprint, current_app, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from storefront.core.errors import Forbidden, ShopError
from storefront.core.web import page, see_other, tell
from storefront.core.web.access import access_of, may_use
from storefront.core.web.errors import answer_http_error, answer_shop_error, status_of
from storefront.core.web.forms import Form
from storefront.insight.queueing.promise import Promise
from storefront.insight.queueing.shown import current_promise
from storefront.payments.shield import get_shield

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


class Area(NamedTuple):
    """One entry of the desk's navigation: it leads to the first of `pages` that somebody may open.

    Whoever may open `under` finds it there, and needs no entry for it.
    """

    label: Any
    icon: str
    pages: tuple[str, ...]
    under: str = ""


AREAS = (
    Area(_l("Today"), "clock", ("admin.home",)),
    Area(_l("Orders"), "receipt", ("admin.orders", "admin.new_order")),
    Area(_l("Returns"), "undo", ("admin.return_requests",)),
    Area(_l("Products"), "tag", ("admin.products", "admin.categories", "admin.drift")),
    Area(_l("Insight"), "chart", ("admin.insight", "admin.insight_payments", "admin.packing_plan")),
    Area(_l("Offers"), "leaf", ("admin.coupons", "admin.credit")),
    Area(_l("Money"), "scales", ("admin.money",)),
    Area(_l("Jobs"), "retry", ("admin.jobs",)),
    Area(_l("People"), "person", ("admin.people", "admin.roles", "admin.new_person")),
    Area(_l("Who did what"), "person", ("admin.audit_log",), under="admin.people"),
    Area(_l("Setup"), "gear", ("admin.shipping", "admin.taxes")),
)


def actor() -> str:
    """Who acts, as services note it."""
    return f"user:{current_user.id}"


@blueprint.context_processor
def frame() -> dict[str, Any]:
    """What every page of the desk shows around its content: (label, address, icon, is_current) per area."""
    areas = [(area.label, url_for(first), area.icon, _is_current(area)) for area, first in _own_areas()]
    return {"desk_areas": areas, "attack": get_shield().attack() if areas else None, "slowed": _slowed()}


def _own_areas() -> list[tuple[Area, str]]:
    """The areas that whoever asks may open, each with its first page."""
    own = []
    for area in AREAS:
        pages = [endpoint for endpoint in area.pages if _may_open(endpoint)]
        if pages and not (area.under and _may_open(area.under)):
            own.append((area, pages[0]))
    return own


def _may_open(endpoint: str) -> bool:
    access = access_of(current_app, endpoint)
    return access is not None and may_use(access)


def _slowed() -> Promise | None:
    """The promise that customers get, when it is later than usual because the desk has so much to pack."""
    if not current_user.is_authenticated or not current_user.can("orders.view"):
        return None
    promise = current_promise()
    return promise if promise.is_slowed else None


def show_form(
    form: Form,
    *,
    title: str,
    crumb: tuple[str, str],
    action: str,
    status: int = 200,
    save: str = "",
    removal: dict[str, Any] | None = None,
) -> Response:
    """A page that is one form, whose hints are the fields' descriptions; `save` is on its button, else "Save".

    `removal` says label, text and action of what takes the thing away.
    """
    return page(
        "admin/form.html",
        status=status,
        form=form,
        title=title,
        crumb=crumb,
        action=action,
        save=save,
        removal=removal,
        is_changed=status != 200,
    )


def answer_error(error: ShopError) -> Response:
    """A refused step told inside the desk; who has no place at the desk gets the shop's own page.

    Everybody who works here comes in by the home page: whoever may not see it goes on to what they may.
    """
    if not _is_at_desk():
        return answer_shop_error(error)
    if request.endpoint == "admin.home" and isinstance(error, Forbidden) and (own := _own_areas()):
        return see_other(url_for(own[0][1]))
    return _answer(status_of(error), tell(error))


def answer_http(error: HTTPException) -> Response:
    """The same for Flask's own errors; redirects pass through."""
    if error.code is None or error.code < 400 or not _is_at_desk():
        return answer_http_error(error)
    return _answer(error.code, "")


def _answer(status: int, message: str) -> Response:
    return page("admin/error.html", fragment="message", status=status, code=status, message=message)


def _is_at_desk() -> bool:
    return bool(current_user.is_authenticated and current_user.is_staff)


def _is_current(area: Area) -> bool:
    """The home page is the beginning of every path of the desk, so it is current only as itself."""
    if "admin.home" in area.pages:
        return request.path == url_for("admin.home")
    return request.path.startswith(tuple(url_for(endpoint) for endpoint in area.pages))


blueprint.register_error_handler(ShopError, answer_error)
blueprint.register_error_handler(HTTPException, answer_http)
