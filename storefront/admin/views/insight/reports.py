"""Letters about sales: who gets them, how they look, and whether they went out."""

from flask import abort, flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from storefront.admin.desk import blueprint
from storefront.admin.forms.reports import KINDS, RecipientForm
from storefront.admin.insight.frame import insight_page, read_date
from storefront.admin.insight.letters import body_of, styles_of
from storefront.core.db import db
from storefront.core.mail import Mail
from storefront.core.web import see_other, settings, staff
from storefront.core.web.language import current
from storefront.insight import queries as figures
from storefront.insight import words
from storefront.insight.days import DAY, Books
from storefront.insight.models import ReportKind
from storefront.insight.reports import queries, service
from storefront.insight.reports.mails import write_mail
from storefront.insight.reports.periods import span_of

# Its way to stop leads to a page that knows nobody.
NOBODYS = "preview"


@blueprint.get("/insight/reports")
@staff("insight.view")
def insight_reports() -> Response:
    """Recipients, the letters as they would be today, and the last ones sent."""
    return _show(RecipientForm(formdata=None, locale=current()))


@blueprint.post("/insight/reports/recipients")
@staff("insight.edit")
def add_recipient() -> Response:
    """Send a letter to one more address."""
    form = RecipientForm()
    if not form.validate():
        return _show(form, 422)
    service.subscribe(form.email.data or "", ReportKind(form.kind.data), form.locale.data)
    flash(_("%(email)s gets this letter from now on.", email=form.email.data), "good")
    return see_other(url_for("admin.insight_reports"))


@blueprint.post("/insight/reports/recipients/<token>/removal")
@staff("insight.edit")
def drop_recipient(token: str) -> Response:
    """Send no more of these letters to an address."""
    service.stop(token)
    flash(_("No more of these letters go there."), "good")
    return see_other(url_for("admin.insight_reports"))


@blueprint.get("/insight/reports/<kind>")
@staff("insight.view")
def insight_letter(kind: str) -> Response:
    """A letter as it would be sent on `?date=`; without it, today or after the last day with sales."""
    mail = _letter(kind)
    return insight_page(
        "admin/insight/letter.html",
        kind=kind,
        label=KINDS[ReportKind(kind)],
        mail=mail,
        body=body_of(mail.html) if mail else "",
        date=request.args.get("date", ""),
        words=words,
    )


@blueprint.get("/insight/reports/<kind>.css")
@staff("insight.view")
def insight_letter_styles(kind: str) -> Response:
    """The styles of that letter."""
    mail = _letter(kind)
    response = Response(styles_of(mail.html) if mail else "", mimetype="text/css")
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _letter(kind: str) -> Mail | None:
    if kind not in set(ReportKind):
        abort(404)
    session, chosen = db.session(), ReportKind(kind)
    today = Books.of(settings()).today()
    day = read_date(request.args.get("date", ""))
    if day is None:
        last = figures.last_day(session)
        day = today if last is None or last + 7 * DAY > today else last + DAY
    span = span_of(chosen, day)
    return write_mail(session, chosen, span, settings(), to="desk@localhost", locale=current(), token=NOBODYS)


def _show(form: RecipientForm, status: int = 200) -> Response:
    session = db.session()
    return insight_page(
        "admin/insight/reports.html",
        status=status,
        form=form,
        kinds=KINDS,
        recipients=queries.list_recipients(session),
        letters=queries.list_letters(session),
        failed=queries.count_failed(session),
        words=words,
    )
