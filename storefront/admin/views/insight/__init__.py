"""Insight: what was sold, to whom, and what follows from it. A module of views per page."""

from storefront.admin.views.insight import overview

__all__ = ["overview"]
