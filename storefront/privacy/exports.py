"""A copy of everything the shop knows of a person: JSON in a zip, one list of rows for each table."""

import io
import json
import zipfile
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.core.mail import send
from storefront.privacy import mails
from storefront.privacy.columns import TABLES
from storefront.privacy.models import PrivacyRequest, RequestKind
from storefront.privacy.person import Person, find_person, rows_of

ABOUT = """Everything this shop knows of you, one list of rows for each of its tables, in data.json.

Amounts are in the smallest unit of their currency (pence, cents). Times are in UTC. Left out is what opens something
and says nothing about you: passwords (which we keep as a hash only), and the secret parts of links.
"""


def make_copy(session: Session, person: Person) -> bytes:
    """The zip."""
    rows = {name: rows_of(session, person, name) for name in TABLES}
    data = {"made_at": clock.now(), "tables": {name: found for name, found in rows.items() if found}}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", ABOUT)
        archive.writestr("data.json", json.dumps(data, default=_plain, ensure_ascii=False, indent=2))
    return file.getvalue()


def answer(request_id: int, settings: Settings) -> None:
    """What the job of a request does: make the copy it asks for, and mail the link. Raises MailNotSent."""
    session = db.session()
    request = session.get(PrivacyRequest, request_id)
    if request is None or request.used_at is not None:
        session.rollback()
        return
    user = session.get_one(User, request.user_id)
    content = None
    if request.kind is RequestKind.EXPORT:
        content = make_copy(session, find_person(session, user.email))
    mail = mails.link(request, user, settings)
    session.rollback()
    if content is not None:
        with transaction() as writing:
            is_open = (PrivacyRequest.id == request_id) & PrivacyRequest.used_at.is_(None)
            writing.execute(update(PrivacyRequest).where(is_open).values(content=content))
    send(mail, settings)


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
