"""The demo provider: an own small payment service for demonstrations and tests. No money moves."""

from storefront.payments.demo_provider.app import DemoProvider

__all__ = ["DemoProvider"]
