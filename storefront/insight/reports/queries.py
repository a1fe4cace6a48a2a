"""Reads of recipients and letters."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.insight.models import ReportMail, ReportRecipient


def list_recipients(session: Session) -> list[ReportRecipient]:
    """Everybody who ever got letters, by address; who stopped them too."""
    return list(session.scalars(select(ReportRecipient).order_by(ReportRecipient.email, ReportRecipient.kind)))


def list_letters(session: Session, limit: int = 30) -> list[ReportMail]:
    """The newest letters."""
    return list(session.scalars(select(ReportMail).order_by(ReportMail.id.desc()).limit(limit)))


def count_failed(session: Session) -> int:
    """How many letters failed and were not sent since."""
    is_failed = ReportMail.error.is_not(None) & ReportMail.sent_at.is_(None)
    return session.scalar(select(func.count()).where(is_failed)) or 0


def find_recipient(session: Session, token: str) -> ReportRecipient | None:
    """Who gets letters under that token, unless they were stopped."""
    is_it = (ReportRecipient.token == token) & ReportRecipient.stopped_at.is_(None)
    return session.scalar(select(ReportRecipient).where(is_it))
