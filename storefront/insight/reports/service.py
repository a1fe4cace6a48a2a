"""The only writer of recipients and letters. A letter is one row per kind, time and address, and is sent once."""

import secrets
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import select, update

from storefront.accounts.service import normalise_email
from storefront.config import Settings
from storefront.core import clock, outbox
from storefront.core.db import db, insert_once, joined, retry_deadlocks, transaction
from storefront.core.mail import MailNotSent, send
from storefront.insight.models import ReportKind, ReportMail, ReportRecipient
from storefront.insight.periods import Span
from storefront.insight.reports.mails import write_mail
from storefront.insight.reports.periods import span_of

RETRY_SECONDS = 300
MAX_ERROR = 300


@retry_deadlocks
def subscribe(email: str, kind: ReportKind, locale: str) -> None:
    """Send that kind of letter to an address from now on, also when it was stopped before; opens a transaction."""
    address = normalise_email(email)
    with transaction() as session:
        row = {"email": address, "kind": kind, "locale": locale, "token": secrets.token_urlsafe(32)}
        session.execute(insert_once(session, ReportRecipient).values(**row, created_at=clock.now()))
        is_it = (ReportRecipient.email == address) & (ReportRecipient.kind == kind)
        session.execute(update(ReportRecipient).where(is_it).values(locale=locale, stopped_at=None))


@retry_deadlocks
def stop(token: str) -> None:
    """Send no more of these letters to whoever has that token; opens a transaction, idempotent."""
    with transaction() as session:
        is_it = (ReportRecipient.token == token) & ReportRecipient.stopped_at.is_(None)
        session.execute(update(ReportRecipient).where(is_it).values(stopped_at=clock.now()))


@retry_deadlocks
def prepare(kind: ReportKind, day: date, to: Iterable[str] = ()) -> list[int]:
    """The letters due on that day, to these addresses or to all recipients, as ids; each exists once.

    Opens a transaction, idempotent per kind, time and address.
    """
    span = span_of(kind, day)
    with transaction() as session:
        is_open = (ReportRecipient.kind == kind) & ReportRecipient.stopped_at.is_(None)
        wanted = sorted({normalise_email(one) for one in to}) or list(
            session.scalars(select(ReportRecipient.email).where(is_open).order_by(ReportRecipient.email))
        )
        return [_letter(kind, span, email) for email in wanted]


def stage(kind: ReportKind, day: date) -> int:
    """Stage a job for each letter that is due and was not sent; opens transactions, idempotent."""
    ids = prepare(kind, day)
    with transaction() as session:
        for mail_id in ids:
            if session.get_one(ReportMail, mail_id).sent_at is None:
                _stage(mail_id)
    return len(ids)


def send_letter(mail_id: int, settings: Settings) -> bool:
    """Send a letter once; False when it was sent before, was stopped, or there is nothing to write about.

    Opens transactions. Raises MailNotSent, which is noted with the letter.
    """
    session = db.session()
    letter = session.get_one(ReportMail, mail_id)
    is_it = (ReportRecipient.email == letter.email) & (ReportRecipient.kind == letter.kind)
    recipient = session.scalar(select(ReportRecipient).where(is_it))
    if letter.sent_at is not None or (recipient is not None and recipient.stopped_at is not None):
        session.rollback()
        return False
    locale = recipient.locale if recipient else settings.languages[0]
    span, token = Span(letter.first_day, letter.last_day), recipient.token if recipient else ""
    mail = write_mail(session, letter.kind, span, settings, to=letter.email, locale=locale, token=token)
    session.rollback()
    try:
        if mail is not None:
            send(mail, settings)
    except MailNotSent as error:
        _note(mail_id, str(error))
        raise
    _note(mail_id, None)
    return mail is not None


def retry_later(mail_id: int) -> None:
    """Stage another try of a letter that failed at the command line; opens a transaction."""
    with transaction():
        _stage(mail_id, RETRY_SECONDS)


def _stage(mail_id: int, delay_seconds: float = 0) -> None:
    """Once for each letter; with its time, because SQLite gives the id of a deleted one to the next."""
    letter = joined().get_one(ReportMail, mail_id)
    key = f"report-{mail_id}-{letter.created_at:%Y%m%d%H%M%S%f}"
    outbox.stage("insight.send_report", dedupe_key=key, delay_seconds=delay_seconds, mail_id=mail_id)


def _letter(kind: ReportKind, span: Span, email: str) -> int:
    session = joined()
    row = {"kind": kind, "first_day": span.first, "last_day": span.last, "email": email, "tries": 0}
    session.execute(insert_once(session, ReportMail).values(**row, created_at=clock.now()))
    is_it = (ReportMail.kind == kind) & (ReportMail.first_day == span.first) & (ReportMail.email == email)
    return session.scalars(select(ReportMail.id).where(is_it)).one()


@retry_deadlocks
def _note(mail_id: int, error: str | None) -> None:
    with transaction() as session:
        values: dict[str, Any] = {"tries": ReportMail.tries + 1, "error": error and error[:MAX_ERROR]}
        if error is None:
            values["sent_at"] = clock.now()
        session.execute(update(ReportMail).where(ReportMail.id == mail_id).values(values))
