"""Shipping: where the shop sends to, by which methods, and what that costs."""
