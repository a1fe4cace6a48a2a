"""What somebody keeps in mind."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.catalog.models import Variant
from storefront.core import clock
from storefront.core.db import BigId, Model, UtcDateTime

MAX_WISHES = 200


class Wish(Model):
    """One variant on somebody's wishlist. `price_minor` is what it cost when they put it there.

    With `is_told` they want to hear when it is back or cheaper; `told_minor` is the price that they know of, so that
    each drop is told once.
    """

    __tablename__ = "wish"
    __table_args__ = (UniqueConstraint("user_id", "variant_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variant.id"), index=True)
    price_minor: Mapped[int] = mapped_column(BigId)
    told_minor: Mapped[int] = mapped_column(BigId)
    is_told: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    variant: Mapped[Variant] = relationship()
