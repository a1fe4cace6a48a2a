"""Zones of countries, the methods that go there, and their prices by weight."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core.db import BigId, EnumText, Model


class MethodKind(StrEnum):
    """How a method is priced: the same for every parcel, by its weight; or the customer comes for it."""

    FLAT = "flat"
    WEIGHT = "weight"
    PICKUP = "pickup"


class ShippingZone(Model):
    """Countries that the same methods go to. The one zone with `is_rest` has all that no other zone names."""

    __tablename__ = "shipping_zone"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    is_rest: Mapped[bool] = mapped_column(default=False)
    countries: Mapped[list["ZoneCountry"]] = relationship(cascade="all, delete-orphan", order_by="ZoneCountry.country")
    methods: Mapped[list["ShippingMethod"]] = relationship(
        cascade="all, delete-orphan",
        order_by="ShippingMethod.position, ShippingMethod.id",
        back_populates="zone",
    )


class ZoneCountry(Model):
    """A country (ISO 3166-1 alpha-2) and the one zone it lies in."""

    __tablename__ = "zone_country"

    country: Mapped[str] = mapped_column(String(2), primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("shipping_zone.id"), index=True)


class ShippingMethod(Model):
    """One way to send to a zone. Days are working days; prices and the value it is free from are minor units.

    `code` is what orders and forms know it by; `note` says where and when a parcel is fetched, or what is special.
    """

    __tablename__ = "shipping_method"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("free_from_minor IS NULL OR free_from_minor >= 0", name="free_from"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    zone_id: Mapped[int] = mapped_column(ForeignKey("shipping_zone.id"), index=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(String(300), default="")
    kind: Mapped[MethodKind] = mapped_column(EnumText(MethodKind, 10), default=MethodKind.FLAT)
    price_minor: Mapped[int] = mapped_column(BigId, default=0)
    free_from_minor: Mapped[int | None] = mapped_column(BigId)
    first_day: Mapped[int] = mapped_column(default=0)
    last_day: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    zone: Mapped[ShippingZone] = relationship(back_populates="methods")
    bands: Mapped[list["WeightBand"]] = relationship(cascade="all, delete-orphan", order_by="WeightBand.up_to_grams")


class WeightBand(Model):
    """The price of a parcel that weighs no more than `up_to_grams`, and more than the band before allows."""

    __tablename__ = "weight_band"
    __table_args__ = (
        UniqueConstraint("method_id", "up_to_grams"),
        CheckConstraint("up_to_grams > 0 AND price_minor >= 0", name="sizes"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    method_id: Mapped[int] = mapped_column(ForeignKey("shipping_method.id"))
    up_to_grams: Mapped[int] = mapped_column()
    price_minor: Mapped[int] = mapped_column(BigId)
