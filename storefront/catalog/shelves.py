"""Reads for the home page: the shelves of the shop, each with a picture of what sells best on it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.catalog.models import Category, Image, Product, ProductStatus
from storefront.catalog.queries import list_shelves


def list_shelf_pictures(session: Session) -> list[tuple[Category, Image | None]]:
    """The categories with something active in them, each with the picture of its best-selling product that has one."""
    best = (
        select(Image.id)
        .join(Product, Product.id == Image.product_id)
        .where(Product.category_id == Category.id, Product.status == ProductStatus.ACTIVE)
        .order_by(Product.sold.desc(), Product.id, Image.position, Image.id)
        .limit(1)
        .correlate(Category)
        .scalar_subquery()
    )
    found = session.execute(select(Category.id, Image).join(Image, Image.id == best))
    pictures = {category_id: image for category_id, image in found}  # noqa: C416 - a row is no pair to dict().
    return [(category, pictures.get(category.id)) for category in list_shelves(session)]
