"""Writes the demo into an empty shop: logins, pictures, and in one transaction all that is sold and was sold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, time
from pathlib import Path

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from storefront.accounts.models import User
from storefront.accounts.service import EmailTaken, create_user, ensure_roles
from storefront.catalog.images import ImageFile, store_drawing
from storefront.catalog.models import Image, Product
from storefront.catalog.tiles import draw_tile
from storefront.config import Settings
from storefront.core import clock
from storefront.core.db import db, transaction
from storefront.demo import DEMO_LOGINS
from storefront.demo.people import person
from storefront.demo.sales import ACTOR, UNPACKED_DAYS, Owner, Till, write_sales
from storefront.demo.shop import DemoShop, read_shop
from storefront.importing.bulk import insert_rows
from storefront.importing.goods import Booking, Goods, NewProduct, add_goods
from storefront.promotions.coupons import CouponData, TakenCoupon, create_coupon
from storefront.promotions.models import CouponKind
from storefront.tax.rules import TaxClass
from storefront.tax.service import set_rates

# Encoders and filters run outside Python's lock, so two threads keep two cores busy.
THREADS = 2
CUSTOMER = "ada@example.com"
# https://www.gov.uk/vat-rates
BRITISH_VAT = {TaxClass.STANDARD: 200_000, TaxClass.REDUCED: 50_000, TaxClass.ZERO: 0}


def seed() -> bool:
    """See `storefront.demo.seed_demo`."""
    if _has_goods(db.session()):
        return False
    settings: Settings = current_app.config["SETTINGS"]
    shop = with_stock_to_pack(read_shop())
    write_logins()
    pictures = draw_pictures(shop.products, settings.data_dir / "media")
    with transaction() as session:
        # Whoever was first while the pictures were drawn has filled the shop.
        if _has_goods(session):
            return False
        now = clock.now()
        goods = add_goods(session, shop.products, dict(shop.categories), Booking(ACTOR, "Opening stock", now))
        _hang_pictures(session, shop.products, pictures, goods)
        midnight = datetime.combine(now.astimezone(settings.time_zone).date(), time(), settings.time_zone)
        write_sales(session, Till(shop, goods, midnight, settings.currency, _owner(session), session))
    write_offers()
    return True


def write_offers() -> None:
    """The tax of a British shop, and a coupon to try; idempotent."""
    set_rates("GB", "VAT", BRITISH_VAT, is_included=True)
    with suppress(TakenCoupon):
        create_coupon(CouponData(code="WELCOME10", kind=CouponKind.PERCENT, percent=10, is_once_per_customer=True))


def with_stock_to_pack(shop: DemoShop) -> DemoShop:
    """The shop with so much more on its shelves that after the unpacked orders as much is left as it says."""
    unpacked: Counter[str] = Counter()
    for order in shop.orders:
        if order.days_ago <= UNPACKED_DAYS:
            for place, quantity in order.lines:
                unpacked[shop.variants[place][1].sku] += quantity
    return replace(shop, products=tuple(_stocked(product, unpacked) for product in shop.products))


def _stocked(product: NewProduct, extra: Mapping[str, int]) -> NewProduct:
    variants = tuple(replace(variant, stock=variant.stock + extra[variant.sku]) for variant in product.variants)
    return replace(product, variants=variants)


def draw_pictures(products: Sequence[NewProduct], media: Path) -> dict[str, ImageFile]:
    """Draw and store a picture of each product; by product code."""
    with ThreadPoolExecutor(THREADS) as threads:
        files = threads.map(lambda product: _draw(product, media), products)
        return {product.code: file for product, file in zip(products, files, strict=True)}


def _draw(product: NewProduct, media: Path) -> ImageFile:
    return store_drawing(draw_tile(product.code, product.name, product.category), media)


def write_logins() -> None:
    """Make the demo logins where they are missing."""
    ensure_roles()
    for role, email, password in DEMO_LOGINS:
        name = person(1, "GB").name if email == CUSTOMER else f"Demo {role}"
        try:
            create_user(email, password, name, roles=[] if email == CUSTOMER else [role.lower()])
        except EmailTaken:
            # An earlier seed was interrupted after this login; it is the same one.
            continue


def _has_goods(session: Session) -> bool:
    return session.scalar(select(Product.id).limit(1)) is not None


def _hang_pictures(
    session: Session, products: Sequence[NewProduct], pictures: Mapping[str, ImageFile], goods: Goods
) -> None:
    rows = (
        {
            "product_id": goods.product_ids[product.code],
            "position": 0,
            "alt": product.name,
            "key": pictures[product.code].key,
            "width": pictures[product.code].width,
            "height": pictures[product.code].height,
        }
        for product in products
    )
    insert_rows(session, Image, rows)


def _owner(session: Session) -> Owner:
    user_id = session.scalars(select(User.id).where(User.email == CUSTOMER)).one()
    return Owner(user_id, replace(person(1, "GB"), email=CUSTOMER))
