"""What the shop of these tests has: everything that an address can name."""

import io
from datetime import UTC

from PIL import Image

from storefront.accounts import proofs
from storefront.accounts.models import MailProof, Passkey, ProofKind, Role, SavedAddress, UserSession
from storefront.cart import service as carts
from storefront.cart.models import CartLine
from storefront.catalog import service as catalog
from storefront.catalog.images import store_upload
from storefront.catalog.models import Image as Picture
from storefront.catalog.models import Variant
from storefront.core import outbox
from storefront.core.db import db, transaction
from storefront.insight.reorder import service as reorder
from storefront.insight.reorder.service import NewLine, SupplierData
from storefront.orders import service as orders
from storefront.orders.models import Order, ReturnReason, ReturnRequest
from storefront.shipping.models import ShippingMethod
from storefront.stock import waiting
from storefront.stock.models import StockRequest
from storefront.tax.models import TaxRate
from storefront.tax.rules import TaxClass
from storefront.wishlist.models import Wish
from tests.fixtures import factories
from tests.fixtures.promoting import make_card, make_coupon
from tests.security.visitors import Town


def furnish(town: Town) -> None:
    """Goods, orders, offers, links; their ids and tokens become the town's facts."""
    with town.app.app_context():
        _make_goods(town)
        _make_purchase(town)
        _make_orders(town)
        _make_offers(town)
        _make_personal(town)
        db.session.remove()


def _make_goods(town: Town) -> None:
    product = factories.make_product(name="Lamp", variants=("Red", "Blue"), stock_level=500)
    sold_out = factories.make_product(name="Plate", stock_level=0)
    file = io.BytesIO()
    Image.new("RGB", (400, 400), "red").save(file, "PNG")
    stored = store_upload(file.getvalue(), town.app.config["SETTINGS"].data_dir / "media")
    catalog.add_image(product.id, key=stored.key, width=stored.width, height=stored.height, alt="Lamp")
    product = db.session.get_one(type(product), product.id)
    town.facts |= {
        "product_id": product.id,
        "variant_id": product.variants[0].id,
        "category_id": product.category_id,
        "image_id": db.session.scalars(db.select(Picture.id)).first(),
        "slug": product.slug,
        "shelf": product.category.slug,
        "sold_out_id": sold_out.variants[0].id,
        "folder": stored.key[:2],
        "name": f"{stored.key}-320.webp",
        "filename": "css/base.css",
        "unknown": "none",
        "kind": "daily",
        "key": "gross",
        "day": "2026-11-01",
    }


def _make_purchase(town: Town) -> None:
    supplier_id = reorder.add_supplier(SupplierData("Tin & Co"))
    line = NewLine(town.facts["variant_id"], "LAMP", "Lamp", 6)
    purchase_id = reorder.place_purchase("town", supplier_id, [line], "tests", None)
    reorder.send_purchase(purchase_id, {}, UTC)
    town.facts |= {"supplier_id": supplier_id, "purchase_id": purchase_id}


def _make_orders(town: Town) -> None:
    variant_id = town.facts["variant_id"]
    made = []
    for _ in range(2):
        variant = db.session.get_one(Variant, variant_id)
        made.append(factories.make_order(variant, user_id=town.people["buyer"]).id)
    with transaction() as session:
        orders.mark_paid(made[0], "tests")
        asked = ReturnRequest(order_id=made[1], reason=next(iter(ReturnReason)))
        session.add(asked)
        session.flush()
        town.facts["request_id"] = asked.id
    paid, pending = (db.session.get_one(Order, order_id) for order_id in made)
    town.facts |= {"token": pending.token, "number": pending.number, "paid": paid.token, "paid_number": paid.number}


def _make_offers(town: Town) -> None:
    coupon, card = make_coupon("WELCOME"), make_card(2000)
    with transaction() as session:
        session.add(TaxRate(country="GB", tax_class=TaxClass.STANDARD, name="VAT", rate_ppm=200_000))
    method = db.session.scalars(db.select(ShippingMethod)).first()
    assert method
    town.facts |= {
        "coupon_id": coupon.id,
        "account_id": card.id,
        "method_id": method.id,
        "zone_id": method.zone_id,
        "country": "GB",
        "provider": "demo",
    }


def _make_personal(town: Town) -> None:
    """What belongs to the buyer alone: a cart, a session, a link in a mail, a request."""
    secret = town.app.config["SETTINGS"].secret_key
    town.facts["cart"] = carts.add_line(None, town.facts["variant_id"], 1, town.people["buyer"])
    proofs.ask(ProofKind.RESET, "buyer@example.com", secret)
    waiting.ask(town.facts["sold_out_id"], "buyer@example.com", "en", town.people["buyer"])
    with transaction() as session:
        outbox.stage("tests.nothing", answer=1)
        key = {"digest": "d", "credential_id": "Y3JlZA", "public_key": "Y3JlZA", "handle": "Y3JlZA", "name": "Phone"}
        session.add(Passkey(user_id=town.people["buyer"], **key))
        place = {"name": "Ada", "line1": "Lamp", "city": "London", "postcode": "SW1Y 4JH", "country": "GB"}
        session.add(SavedAddress(user_id=town.people["buyer"], **place))
        prices = {"price_minor": 250, "told_minor": 250}
        session.add(Wish(user_id=town.people["buyer"], variant_id=town.facts["variant_id"], **prices))
    salt = db.session.scalars(db.select(MailProof.salt)).first()
    assert salt
    town.visitor("buyer")
    db.session.rollback()
    town.facts |= {
        "user_id": 999_999,  # Nobody of the staff: whoever is, looks at the other routes.
        "role_id": db.session.scalar(db.select(Role.id).where(Role.name == "packer")),
        "line_id": db.session.scalars(db.select(CartLine.id)).first(),
        "link": proofs.token_of(salt, secret),
        "request": db.session.scalars(db.select(StockRequest.token)).first(),
        "session_id": db.session.scalars(db.select(UserSession.id)).first(),
        "address_id": db.session.scalars(db.select(SavedAddress.id)).first(),
        "wish_id": db.session.scalars(db.select(Wish.id)).first(),
        "passkey_id": db.session.scalars(db.select(Passkey.id)).first(),
        "job_id": db.session.scalars(
            db.select(outbox.OutboxJob.id).where(outbox.OutboxJob.name == "tests.nothing")
        ).first(),
    }
