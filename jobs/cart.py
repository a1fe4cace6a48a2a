"""Jobs about carts."""

from storefront.cart.service import forget_old_guests


def forget_old() -> None:
    """Delete guests' carts that nobody has touched for two months."""
    forget_old_guests()
