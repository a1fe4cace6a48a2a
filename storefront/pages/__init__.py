"""Small pages and endpoints that belong to no domain."""
