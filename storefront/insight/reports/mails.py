"""A letter as a mail, in the recipient's language."""

from flask import render_template
from flask_babel import force_locale
from sqlalchemy.orm import Session

from storefront.config import Settings
from storefront.core.mail import Mail
from storefront.insight import words
from storefront.insight.models import ReportKind
from storefront.insight.periods import Span
from storefront.insight.reports.content import Report, make_report
from storefront.insight.reports.periods import name_of


def write_mail(
    session: Session, kind: ReportKind, span: Span, settings: Settings, *, to: str, locale: str, token: str = ""
) -> Mail | None:
    """The mail about that time; None when there is nothing to write about. Without a token there is no way to stop."""
    with force_locale(locale):
        report = make_report(session, kind, span, settings.base_url)
        if report.is_empty:
            return None
        stop_url = f"{settings.base_url}/reports/{token}" if token else ""
        context = {**vars(report), "report": report, "words": words, "stop_url": stop_url}
        context["url"] = f"{settings.base_url}/admin/insight{_page(report)}"
        return Mail(
            key=f"report-{kind}-{name_of(kind, span)}-{token[:12] or 'once'}",
            to=to,
            subject=report.title,
            text=render_template("email/report.txt", **context),
            html=render_template("email/report.html", **context),
            locale=locale,
            attachments=report.files,
            stop_url=f"{stop_url}/removal" if token else "",
        )


def _page(report: Report) -> str:
    until = report.span.last.isoformat()
    if report.kind is ReportKind.LOW_STOCK:
        return f"/stock?until={until}"
    return f"?days={1 if report.kind is ReportKind.DAILY else 28}&until={until}"
