"""What people see of their accounts: the door, the links in mails, and their own pages."""

from storefront.accounts.views import account, addresses, confirming, entering, factor, links, passkeys
from storefront.accounts.views.visit import blueprint

__all__ = ["account", "addresses", "blueprint", "confirming", "entering", "factor", "links", "passkeys"]
