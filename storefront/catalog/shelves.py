"""Reads for the home page: the shelves of the shop, each with a picture of what sells best on it."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storefront.catalog.models import Category, Image, Product, ProductStatus


def list_shelf_pictures(session: Session) -> list[tuple[Category, Image | None]]:
    """The categories with something active in them, each with the first picture of its best-selling product."""
    best = func.row_number().over(
        partition_by=Product.category_id, order_by=(Product.sold.desc(), Product.id, Image.position, Image.id)
    )
    ranked = (
        select(Product.category_id, Image.id.label("image_id"), best.label("place"))
        .outerjoin(Image, Image.product_id == Product.id)
        .where(Product.status == ProductStatus.ACTIVE)
        .subquery()
    )
    query = (
        select(Category, Image)
        .join(ranked, ranked.c.category_id == Category.id)
        .outerjoin(Image, Image.id == ranked.c.image_id)
        .where(ranked.c.place == 1)
        .order_by(Category.position, Category.name)
    )
    return [(category, image) for category, image in session.execute(query)]
