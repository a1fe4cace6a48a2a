"""What is on sale, put there by the services that the desk uses."""

from flask import Flask
from sqlalchemy import select

from storefront.catalog import service as catalog
from storefront.catalog.models import Variant
from storefront.catalog.service import ProductData, VariantData
from storefront.config import Settings
from storefront.core.db import db
from storefront.stock import service as stock

PRICE_MINOR = 1250


def make_shop(settings: Settings) -> Flask:
    """The shop's core on a database with the newest tables."""
    import logging

    from flask_migrate import Migrate, upgrade

    from storefront import make_core
    from storefront.accounts.service import ensure_roles
    from storefront.core.assets import asset_folder
    from storefront.tables import import_models

    import_models()
    app = make_core(settings)
    Migrate(app, db, directory=str(asset_folder("migrations")))
    with app.app_context():
        logging.getLogger("alembic").setLevel(logging.WARNING)
        upgrade()
        ensure_roles()
    return app


def stock_shelves(lines: int, pieces: int) -> list[int]:
    """So many variants with so many pieces each; returns their ids."""
    category = catalog.create_category("Sale")
    rows = [VariantData(sku=f"SALE-{n}", name=f"No. {n}", price_minor=PRICE_MINOR) for n in range(1, lines + 1)]
    product = catalog.create_product(ProductData(code="SALE", name="Sale", category_id=category, variants=rows))
    ids = list(db.session.scalars(select(Variant.id).where(Variant.product_id == product).order_by(Variant.id)))
    db.session.rollback()
    for variant_id in ids:
        stock.receive(variant_id, pieces, "torture", "Opening stock")
    return ids
