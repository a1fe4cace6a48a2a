"""The frame of the merchant's desk: its blueprint, its areas, and how errors are told there."""

from typing import Any, NamedTuple

from flask import Blueprint, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from storefront.core.errors import ShopError
from storefront.core.web import page, tell
from storefront.core.web.errors import answer_http_error, answer_shop_error, status_of
from storefront.core.web.forms import Form
from storefront.insight.queueing.promise import Promise
from storefront.insight.queueing.shown import current_promise
from storefront.payments.shield import get_shield

blueprint = Blueprint("admin", __name__, url_prefix="/admin")


class Area(NamedTuple):
    """One entry of the desk's navigation, shown to whoever has `permission`; `also` is a page that lies under it."""

    endpoint: str
    label: Any
    icon: str
    permission: str
    also: str = ""


AREAS = (
    Area("admin.home", _l("Today"), "clock", "catalog.view"),
    Area("admin.orders", _l("Orders"), "receipt", "orders.view"),
    Area("admin.return_requests", _l("Returns"), "undo", "orders.view"),
    Area("admin.products", _l("Products"), "tag", "catalog.view", also="admin.categories"),
    Area("admin.insight", _l("Insight"), "chart", "insight.view"),
    Area("admin.coupons", _l("Offers"), "leaf", "promotions.edit", also="admin.credit"),
    Area("admin.money", _l("Money"), "scales", "payments.view"),
    Area("admin.jobs", _l("Jobs"), "retry", "jobs.view"),
    Area("admin.people", _l("People"), "person", "people.view", also="admin.roles"),
    Area("admin.shipping", _l("Setup"), "gear", "settings.edit", also="admin.taxes"),
)


def actor() -> str:
    """Who acts, as services note it."""
    return f"user:{current_user.id}"


@blueprint.context_processor
def frame() -> dict[str, Any]:
    """What every page of the desk shows around its content: (label, address, icon, is_current) per area."""
    allowed = [area for area in AREAS if current_user.is_authenticated and current_user.can(area.permission)]
    areas = [(area.label, url_for(area.endpoint), area.icon, _is_current(area)) for area in allowed]
    return {"desk_areas": areas, "attack": get_shield().attack() if allowed else None, "slowed": _slowed()}


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
    """A refused step told inside the desk; who has no place at the desk gets the shop's own page."""
    if not _is_at_desk():
        return answer_shop_error(error)
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
    if area.endpoint == "admin.home":
        return request.path == url_for(area.endpoint)
    return request.path.startswith(tuple(url_for(endpoint) for endpoint in (area.endpoint, area.also) if endpoint))


blueprint.register_error_handler(ShopError, answer_error)
blueprint.register_error_handler(HTTPException, answer_http)
