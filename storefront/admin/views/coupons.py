"""Coupons: list, make, change, switch off."""

from functools import partial

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin import lists
from storefront.admin import offer_words as words
from storefront.admin.desk import blueprint, show_form
from storefront.admin.forms.offers import CouponForm, coupon_values
from storefront.core.db import db
from storefront.core.web import page, see_other, settings, staff, tell
from storefront.promotions import coupons as service
from storefront.promotions.queries import get_coupon, list_coupons


@blueprint.get("/coupons")
@staff("promotions.edit")
def coupons() -> Response:
    """One page of them, the newest first, narrowed by what stands in the URL."""
    chosen = lists.read_words(request.args)
    return page(
        "admin/coupons/index.html",
        fragment="results",
        found=list_coupons(db.session(), chosen.words, chosen.page),
        chosen=chosen,
        url=partial(url_for, "admin.coupons", **chosen.arguments()),
        words=words,
    )


@blueprint.get("/coupons/new")
@staff("promotions.edit")
def new_coupon() -> Response:
    """An empty form."""
    return _show(CouponForm(formdata=None), 0)


@blueprint.post("/coupons")
@staff("promotions.edit")
def create_coupon() -> Response:
    """Add a coupon."""
    return _save(0)


@blueprint.get("/coupons/<int:coupon_id>")
@staff("promotions.edit")
def coupon(coupon_id: int) -> Response:
    """A coupon in a form."""
    values = coupon_values(get_coupon(db.session(), coupon_id), settings().time_zone)
    return _show(CouponForm(formdata=None, data=values), coupon_id)


@blueprint.post("/coupons/<int:coupon_id>")
@staff("promotions.edit")
def change_coupon(coupon_id: int) -> Response:
    """Save a coupon; orders that have it stay as they are."""
    get_coupon(db.session(), coupon_id)
    return _save(coupon_id)


def _save(coupon_id: int) -> Response:
    form = CouponForm()
    if not form.validate():
        return _show(form, coupon_id, 422)
    data = form.coupon_data(settings().time_zone)
    try:
        if coupon_id:
            service.change_coupon(coupon_id, data)
        else:
            service.create_coupon(data)
    except service.TakenCoupon as error:
        form.code.errors = [tell(error)]
        return _show(form, coupon_id, 409)
    flash(_("%(name)s is saved.", name=data.code), "good")
    return see_other(url_for("admin.coupons"))


def _show(form: CouponForm, coupon_id: int, status: int = 200) -> Response:
    return show_form(
        form,
        title=str(form.code.data or _("Coupon")) if coupon_id else _("New coupon"),
        crumb=(_("Coupons"), url_for("admin.coupons")),
        action=url_for("admin.change_coupon", coupon_id=coupon_id) if coupon_id else url_for("admin.create_coupon"),
        status=status,
    )
