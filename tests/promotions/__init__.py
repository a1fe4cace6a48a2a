"""Tests of coupons, gift cards and store credit."""
