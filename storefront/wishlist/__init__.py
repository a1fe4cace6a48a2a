"""Wishlists: what people keep in mind, and mails when it is back or cheaper."""
