"""People: users who can sign in, the roles that bundle permissions, and customers as the shop knows buyers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime


class Permission(StrEnum):
    """What a member of staff may do; every staff route names one."""

    CATALOG_VIEW = "catalog.view"
    CATALOG_EDIT = "catalog.edit"
    STOCK_EDIT = "stock.edit"
    ORDERS_VIEW = "orders.view"
    ORDERS_EDIT = "orders.edit"
    ORDERS_REFUND = "orders.refund"
    PAYMENTS_VIEW = "payments.view"
    PROMOTIONS_EDIT = "promotions.edit"
    SETTINGS_EDIT = "settings.edit"
    JOBS_VIEW = "jobs.view"
    JOBS_EDIT = "jobs.edit"
    INSIGHT_VIEW = "insight.view"
    INSIGHT_EDIT = "insight.edit"
    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"
    AUDIT_VIEW = "audit.view"


ROLES: dict[str, frozenset[Permission]] = {
    "owner": frozenset(Permission),
    "manager": frozenset(Permission)
    - {Permission.JOBS_EDIT, Permission.SETTINGS_EDIT, Permission.PEOPLE_EDIT, Permission.AUDIT_VIEW},
    "packer": frozenset({Permission.CATALOG_VIEW, Permission.ORDERS_VIEW, Permission.ORDERS_EDIT}),
    "analyst": frozenset(
        {Permission.CATALOG_VIEW, Permission.ORDERS_VIEW, Permission.PAYMENTS_VIEW, Permission.INSIGHT_VIEW}
    ),
}


class Role(Model):
    """A named bundle of permissions."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    permissions: Mapped[list["RolePermission"]] = relationship(
        cascade="all, delete-orphan", lazy="selectin", order_by="RolePermission.permission"
    )


class RolePermission(Model):
    """One permission of one role."""

    __tablename__ = "role_permission"

    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), primary_key=True)
    permission: Mapped[Permission] = mapped_column(EnumText(Permission, 40), primary_key=True)


class User(Model):
    """Someone who can sign in. `email` is lower case. `session_epoch` + 1 ends every session of this user.

    `verified_at` is when they showed that the address is theirs. The second factor is in use from `factor_confirmed_at`
    on; `factor_step` is the half minute of the last code that was used (accounts.factors).
    """

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    locale: Mapped[str] = mapped_column(String(12), default="en")
    session_epoch: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    factor_salt: Mapped[str | None] = mapped_column(String(43))
    factor_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    factor_step: Mapped[int] = mapped_column(BigId, default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    roles: Mapped[list[Role]] = relationship(secondary="user_role", lazy="selectin")

    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """What flask-login keeps in the session: the id, and the epoch it belongs to."""
        return f"{self.id}.{self.session_epoch}"

    @property
    def is_staff(self) -> bool:
        """Whether any role opens the merchant's desk."""
        return bool(self.roles)

    def can(self, permission: str) -> bool:
        """Whether one of the roles carries `permission`."""
        return any(permission == granted.permission for role in self.roles for granted in role.permissions)


class UserRole(Model):
    """Which user has which role."""

    __tablename__ = "user_role"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), primary_key=True)


class RecoveryCode(Model):
    """A code on paper that stands for the second factor once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class UserSession(Model):
    """One browser that somebody is signed in with. The cookie has the key, and the table only its digest."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    device: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now, index=True)


class Passkey(Model):
    """A key that a device of somebody's keeps; we have its public half. Found by the digest of its (long) id.

    `handle` is whom the device keeps it for: random, and the same for all passkeys of a user. `sign_count` goes up with
    each use on devices that count, and stays 0 on those that do not.
    """

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    credential_id: Mapped[str] = mapped_column(String(1400))
    public_key: Mapped[str] = mapped_column(String(2000))
    handle: Mapped[str] = mapped_column(String(43))
    sign_count: Mapped[int] = mapped_column(BigId, default=0)
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SavedAddress(Model):
    """One entry of somebody's address book. A removed one is kept for a day, so that it can be put back.

    `default_of` is its owner while it is the one that is offered first: its UNIQUE allows one such.
    """

    __tablename__ = "saved_address"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    default_of: Mapped[int | None] = mapped_column(BigId, unique=True)
    label: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(120))
    phone: Mapped[str] = mapped_column(String(40), default="")
    line1: Mapped[str] = mapped_column(String(160))
    line2: Mapped[str] = mapped_column(String(160), default="")
    city: Mapped[str] = mapped_column(String(120))
    region: Mapped[str] = mapped_column(String(120), default="")
    postcode: Mapped[str] = mapped_column(String(20))
    country: Mapped[str] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    @property
    def parts(self) -> dict[str, str]:
        """What of it stands on a parcel."""
        names = ("name", "phone", "line1", "line2", "city", "region", "postcode", "country")
        return {name: getattr(self, name) for name in names}


class ProofKind(StrEnum):
    """What a link in a mail is for."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    RESET = "reset"
    CHANGE_EMAIL = "change_email"
    INVITE = "invite"


class MailProof(Model):
    """A link that was mailed to show that an address is somebody's; good once, until `expires_at`.

    Its token is not kept: it follows from `salt` and the shop's secret, and is found by `digest`. `facts` wait with it:
    name, password's hash and language of an account to be. An account is made only when its link is followed.
    """

    __tablename__ = "mail_proof"
    __table_args__ = (Index(None, "email", "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[ProofKind] = mapped_column(EnumText(ProofKind, 20))
    email: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    salt: Mapped[str] = mapped_column(String(43))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    locale: Mapped[str] = mapped_column(String(12), default="en")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Customer(Model):
    """A buyer, whether or not they have an account: found again by e-mail, or by the number another system knew."""

    __tablename__ = "customer"
    __table_args__ = (UniqueConstraint("email"), UniqueConstraint("external_ref"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254))
    external_ref: Mapped[str | None] = mapped_column(String(60))
    country: Mapped[str | None] = mapped_column(String(2))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
