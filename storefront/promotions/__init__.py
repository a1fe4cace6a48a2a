"""Promotions: coupons, gift cards and store credit."""
