"""The merchant's desk: one blueprint, a module of views per area. No rule lives here."""

from storefront.admin.desk import blueprint
from storefront.admin.views import categories, home, jobs, orders, pictures, products, stock

__all__ = ["blueprint", "categories", "home", "jobs", "orders", "pictures", "products", "stock"]
