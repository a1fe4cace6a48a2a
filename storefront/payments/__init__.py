"""Payments: the gateway, attempts, the provider's inbox."""
