"""Writers of the pictures that hang on products; each public step opens one transaction."""

from sqlalchemy.orm import Session

from storefront.catalog.models import Image
from storefront.catalog.queries import (
    get_product_by_id,
)
from storefront.core.db import transaction


def add_image(product_id: int, *, key: str, width: int, height: int, alt: str) -> int:
    """Hang a picture, whose files exist already, behind the others; returns its id."""
    with transaction() as session:
        product = get_product_by_id(session, product_id)
        position = max((image.position for image in product.images), default=-1) + 1
        image = Image(product_id=product.id, key=key, width=width, height=height, alt=alt, position=position)
        session.add(image)
        session.flush()
        return image.id


def describe_image(product_id: int, image_id: int, alt: str) -> None:
    """Say what a picture shows; a picture that is gone or another product's is left alone."""
    with transaction() as session:
        image = _find_image(session, product_id, image_id)
        if image is not None:
            image.alt = alt


def put_image_first(product_id: int, image_id: int) -> None:
    """Let a picture stand for its product; the others keep their order behind it."""
    with transaction() as session:
        if _find_image(session, product_id, image_id) is None:
            return
        images = get_product_by_id(session, product_id).images
        for position, image in enumerate(sorted(images, key=lambda image: image.id != image_id)):
            image.position = position


def remove_image(product_id: int, image_id: int) -> None:
    """Take a picture down; its files stay, another product may show them. Idempotent."""
    with transaction() as session:
        image = _find_image(session, product_id, image_id)
        if image is not None:
            session.delete(image)


def _find_image(session: Session, product_id: int, image_id: int) -> Image | None:
    image = session.get(Image, image_id)
    return image if image is not None and image.product_id == product_id else None
