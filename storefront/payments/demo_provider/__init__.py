"""The demo provider: an own small payment service for demonstrations and tests. No money moves."""

from storefront.payments.demo_provider.app import DemoProvider
from storefront.payments.demo_provider.faults import Fault, Faults

__all__ = ["DemoProvider", "Fault", "Faults"]
