"""The table of the audit log, and the end of its chain."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storefront.core.db import BigId, Model, UtcDateTime

# The only row of the table that ends the chain.
HEAD = 1


class AuditRow(Model):
    """Something that was done. `id` counts from 1 without a gap; `changes` is JSON, as it went into the digest.

    `actor` is "user:5", "" for a stranger, "command" or "job"; `origin` tells one session from another and opens none.
    The chain covers `address_digest`, so that `address` can be forgotten; rows of old have none, and keep theirs.
    """

    __tablename__ = "audit_row"
    __table_args__ = (Index(None, "actor", "id"), Index(None, "action", "id"), Index(None, "subject", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(45))
    address_salt: Mapped[str] = mapped_column(String(32), default="")
    address_digest: Mapped[str] = mapped_column(String(64), default="")
    origin: Mapped[str] = mapped_column(String(12))
    action: Mapped[str] = mapped_column(String(80))
    subject: Mapped[str] = mapped_column(String(120))
    changes: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))


class AuditHead(Model):
    """Where the chain ends: how many rows there are, and the digest of the last. Locked by whoever adds one."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(BigId)
    digest: Mapped[str] = mapped_column(String(64))
