"""The merchant's desk: one blueprint, a module of views per area. No rule lives here."""

from storefront.admin.desk import blueprint
from storefront.admin.views import (
    categories,
    coupons,
    credit,
    drift,
    home,
    insight,
    jobs,
    money,
    new_orders,
    orders,
    pictures,
    products,
    refunds,
    returns,
    shipping,
    stock,
    taxes,
)

__all__ = [
    "blueprint",
    "categories",
    "coupons",
    "credit",
    "drift",
    "home",
    "insight",
    "jobs",
    "money",
    "new_orders",
    "orders",
    "pictures",
    "products",
    "refunds",
    "returns",
    "shipping",
    "stock",
    "taxes",
]
