"""Jobs: what the job server does, what waits in the outbox, what failed, and trying again."""

from flask import flash, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.queries import count_failed, list_failed_ids
from storefront.admin.queue import QueueAway, look
from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.core.web import page, see_other, staff, tell


@blueprint.get("/jobs")
@staff("jobs.view")
def jobs() -> Response:
    """How the jobs stand; htmx asks for the block `state` again every few seconds."""
    session, state, away = db.session(), None, ""
    try:
        state = look()
    except QueueAway as error:
        away = tell(error)
    return page(
        "admin/jobs/index.html",
        fragment="state",
        queue=state,
        away=away,
        counts=outbox.count_by_status(session),
        failed=outbox.list_failed(session),
        total=count_failed(session),
    )


@blueprint.post("/jobs/<int:job_id>/tries")
@staff("jobs.edit")
def retry_job(job_id: int) -> Response:
    """Try one failed job again at once."""
    with transaction():
        is_staged = outbox.retry(job_id)
    if is_staged:
        flash(_("The job is tried again now."), "good")
    else:
        flash(_("This job is done already, so there is nothing to try again."), "warn")
    number = request.args.get("order")
    if number:  # It was tried from the order's page.
        return see_other(url_for("admin.order", number=number, history="all", _anchor="history"))
    return see_other(url_for("admin.jobs"))


@blueprint.post("/jobs/tries")
@staff("jobs.edit")
def retry_all_jobs() -> Response:
    """Try every failed job again at once."""
    with transaction() as session:
        count = sum(outbox.retry(job_id) for job_id in list_failed_ids(session))
    flash(ngettext("%(num)s job is tried again now.", "%(num)s jobs are tried again now.", count), "good")
    return see_other(url_for("admin.jobs"))
