"""Insight: what was sold, to whom, and what follows from it. A module of views per page."""

from storefront.admin.views.insight import (
    capacity,
    customers,
    figures,
    forecast,
    funnel,
    overview,
    payments,
    products,
    purchases,
    reorder,
    reports,
    sales,
    stock,
    suppliers,
)

__all__ = [
    "customers",
    "figures",
    "forecast",
    "funnel",
    "overview",
    "payments",
    "products",
    "purchases",
    "reorder",
    "reports",
    "sales",
    "stock",
    "suppliers",
]
__all__ = ["capacity", "customers", "figures", "forecast", "overview", "payments", "products", "sales", "stock"]
