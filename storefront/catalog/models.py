"""What the shop sells: categories, products, their variants (SKU) and pictures."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storefront.core import clock
from storefront.core.db import BigId, EnumText, Model, UtcDateTime
from storefront.tax.rules import TaxClass

IMAGE_WIDTHS = (320, 640, 960)


class ProductStatus(StrEnum):
    """`active` products are on the shelves; `archived` ones keep their history and can come back."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class Category(Model):
    """A shelf of the shop."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)


class Product(Model):
    """One thing with its variants. `price_minor` is the lowest active variant's; `sold` feeds the best sellers.

    `search_text` is the folded text that search looks into: name, SKUs, category.
    """

    __tablename__ = "product"
    __table_args__ = (
        Index(None, "category_id", "status", "sold"),
        Index(None, "status", "sold"),
        Index(None, "status", "price_minor"),
        Index(None, "status", "created_at"),
        CheckConstraint("price_minor >= 0", name="price"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    slug: Mapped[str] = mapped_column(String(160), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    description: Mapped[str] = mapped_column(Text, default="")
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"))
    status: Mapped[ProductStatus] = mapped_column(EnumText(ProductStatus, 10), default=ProductStatus.ACTIVE)
    price_minor: Mapped[int] = mapped_column(BigId, default=0)
    tax_class: Mapped[TaxClass] = mapped_column(EnumText(TaxClass, 20), default=TaxClass.STANDARD)
    sold: Mapped[int] = mapped_column(default=0)
    search_text: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    version: Mapped[int] = mapped_column(default=1)

    category: Mapped[Category] = relationship()
    variants: Mapped[list["Variant"]] = relationship(order_by="Variant.position, Variant.id", back_populates="product")
    images: Mapped[list["Image"]] = relationship(order_by="Image.position, Image.id")

    @property
    def is_active(self) -> bool:
        """Whether it can be bought at all."""
        return self.status == ProductStatus.ACTIVE

    @property
    def active_variants(self) -> list["Variant"]:
        """The variants a shopper may choose from."""
        return [variant for variant in self.variants if variant.is_active]

    @property
    def has_price_range(self) -> bool:
        """Whether its active variants differ in price, so that cards say "from"."""
        return len({variant.price_minor for variant in self.active_variants}) > 1

    @property
    def image(self) -> "Image | None":
        """The picture that stands for the product."""
        return self.images[0] if self.images else None

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it once and declares it so.


class Variant(Model):
    """What is really sold: one SKU with its price. `name` tells it from its sisters ("" when it has none)."""

    __tablename__ = "variant"
    __table_args__ = (
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("weight_grams >= 0", name="weight"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    sku: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    price_minor: Mapped[int] = mapped_column(BigId)
    weight_grams: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)

    product: Mapped[Product] = relationship(back_populates="variants")

    @property
    def can_be_bought(self) -> bool:
        """Whether it is on the shelves, stock apart."""
        return self.is_active and self.product.is_active


class Image(Model):
    """A picture by the hash of its content; its files lie under media/ in the widths it was made in."""

    __tablename__ = "image"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), index=True)
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variant.id"))
    position: Mapped[int] = mapped_column(default=0)
    alt: Mapped[str] = mapped_column(String(200), default="")
    key: Mapped[str] = mapped_column(String(64))
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()

    @property
    def widths(self) -> Sequence[int]:
        """The widths there are files of, in pixels, ascending; never wider than the original."""
        return tuple(width for width in IMAGE_WIDTHS if width <= self.width) or (self.width,)

    def url(self, width: int, extension: str) -> str:
        """Where the file of that width lies ("avif" or "webp"); it never changes, so it can be cached for ever."""
        return f"/media/{self.key[:2]}/{self.key}-{width}.{extension}"
