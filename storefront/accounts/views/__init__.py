"""What people see of their accounts: the door, the links in mails, and their own pages."""

from storefront.accounts.views import account, entering, links
from storefront.accounts.views.visit import blueprint

__all__ = ["account", "blueprint", "entering", "links"]
