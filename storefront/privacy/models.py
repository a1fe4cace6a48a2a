"""What people ask for about their own data: a copy of it, or that it is forgotten."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import Mapped, deferred, mapped_column

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime

# What MariaDB calls a BLOB ends at 64 KiB.
LARGE = LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


class RequestKind(StrEnum):
    """A copy of everything, or the end of it."""

    EXPORT = "export"
    ERASURE = "erasure"


class PrivacyRequest(Model):
    """One request; its mailed link is good once, until `expires_at`, and for an export once `content` is there.

    The link's token is not kept: it follows from `salt` and the shop's secret, and is found by `digest`.
    """

    __tablename__ = "privacy_request"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RequestKind] = mapped_column(EnumText(RequestKind, 10))
    salt: Mapped[str] = mapped_column(String(43))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    content: Mapped[bytes | None] = deferred(mapped_column(LARGE))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
