"""How much the desk and the workers can do, what would be if, and what the merchant says about packing."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.forms.packing import PackingForm, day_names, plan_values
from storefront.admin.insight import capacity as shown
from storefront.admin.insight.frame import insight_page
from storefront.core.db import db
from storefront.core.web import see_other, staff
from storefront.insight.queueing.plan import read_plan, write_plan
from storefront.insight.queueing.shown import forget_promise


@blueprint.get("/insight/capacity")
@staff("insight.view")
def capacity() -> Response:
    """Packers and workers by hour of the week; `?packers=`, `?workers=` and `?target=` say what would be if."""
    session, wishes = db.session(), shown.read_wishes(request.args)
    known = shown.measured(session)
    return insight_page(
        "admin/insight/capacity/show.html",
        fragment="capacity",
        wishes=wishes,
        packing=shown.packing(session, known, wishes),
        jobs=shown.workers(session, known, wishes),
        shown=shown,
    )


@blueprint.get("/insight/capacity/plan")
@staff("insight.edit")
def packing_plan() -> Response:
    """Who packs when, in a form."""
    return _show(PackingForm(formdata=None, data=plan_values(read_plan(db.session()))))


@blueprint.post("/insight/capacity/plan")
@staff("insight.edit")
def change_packing_plan() -> Response:
    """Keep it, and promise accordingly at once."""
    form = PackingForm()
    if not form.validate():
        return _show(form, 422)
    write_plan(form.plan())
    forget_promise()
    flash(_("The hours are kept. What customers are promised follows them."), "good")
    return see_other(url_for("admin.capacity"))


def _show(form: PackingForm, status: int = 200) -> Response:
    return insight_page("admin/insight/capacity/plan.html", status=status, form=form, day_names=day_names())
